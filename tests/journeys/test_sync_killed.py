"""kill -9 in the middle of a sync: nothing of it or all of it, and what it posts is posted once."""

from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from approvals.models import ProposedAction, WorkflowRun
from approvals.ticking import tick
from inventory.models import Adjustment, ExcelSync, Item, Movement, SyncLine, Upload, Zone
from netsuite.models import Push
from tests import factories as make
from tests.excel.workbooks_made import kept, on_hand, stated
from tests.journeys.test_killed import die

pytestmark = [pytest.mark.kill, pytest.mark.slow]
__all__ = ["die"]


@pytest.fixture
def workbook(tmp_path: Path, transactional_db: None) -> tuple[Zone, Item, Item, Path]:
    """One row is adjusted, one goes to a person, one is a new item."""
    home = make.zone("A")
    make.ballast(home)
    small, large = kept(100, home=home, cost=1, code="SMALL"), kept(1000, home=home, cost=1, code="LARGE")
    path = tmp_path / "stock.xlsx"
    path.write_bytes(stated((small, 95), (large, 950), ("FRESH", 30)))
    return home, small, large, path


def assert_synced_once(home: Zone, small: Item, large: Item) -> None:
    sync = ExcelSync.objects.get()
    assert sync.run is not None
    assert sync.run.status == WorkflowRun.Status.WAITING
    assert (on_hand(small, home), on_hand(large, home)) == (95, 1000)
    assert on_hand(Item.objects.get(item_code="FRESH"), home) == 30
    assert sync.lines.count() == 3
    assert Movement.objects.filter(kind=Movement.Kind.SYNC).count() == 1
    assert Adjustment.objects.count() == Push.objects.count() == 1
    assert ProposedAction.objects.filter(action_type="excel_adjustment").count() == 1
    call_command("verify_ledger")


BEFORE_IT_IS_COMMITTED = [
    ("inventory.excel.submission:claim_upload", 1),
    ("approvals.engine:start", 0),
    ("approvals.engine:start", 1),
]


@pytest.mark.parametrize(("place", "count"), BEFORE_IT_IS_COMMITTED)
def test_killed_before_it_is_committed_nothing_was_synced_and_it_can_be_repeated(
    die: Any, workbook: tuple[Zone, Item, Item, Path], place: str, count: int
) -> None:
    home, small, large, path = workbook
    die(place, count, "sync_excel", str(path))
    assert Upload.objects.get().status == Upload.Status.PREVIEWED
    assert not ExcelSync.objects.exists()
    assert not SyncLine.objects.exists()
    call_command("sync_excel", str(path))
    assert_synced_once(home, small, large)


IN_THE_MIDST = [
    ("approvals.engine:advance", 0),
    ("inventory.excel.storing:_create_items", 1),
    ("inventory.excel.storing:open_stock", 1),
    ("inventory.variance.gate:propose_lines", 1),
    ("netsuite.queue:enqueue", 1),
    ("inventory.stock.ledger:post_adjustment", 1),
    ("inventory.variance.posting:_record", 1),
]


@pytest.mark.parametrize(("place", "count"), IN_THE_MIDST)
def test_killed_in_its_midst_it_is_finished_once_by_the_next_tick(
    die: Any, workbook: tuple[Zone, Item, Item, Path], place: str, count: int
) -> None:
    home, small, large, path = workbook
    die(place, count, "sync_excel", str(path))
    assert on_hand(small, home) == 100
    tick()
    assert_synced_once(home, small, large)
    tick()
    assert_synced_once(home, small, large)
