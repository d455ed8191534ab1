"""kill -9 in the middle of a decision, a posting or an upload: all of it or nothing, and once.

The way from the decision to NetSuite is killed at in tests/netsuite/test_failpoints.py.
"""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.management import call_command

from approvals.models import AuditEntry, Event, ProposedAction, RunStep, WorkflowRun
from approvals.ticking import tick
from inventory.models import Adjustment, CountLine, CountSheet, Movement, Upload
from netsuite.models import Push
from tests import factories as make
from tests.forking import ForkServer
from tests.inventory.spreadsheets import comma_separated

pytestmark = [pytest.mark.kill, pytest.mark.slow]
Status = ProposedAction.Status


@pytest.fixture
def die(transactional_db: None, fork_server: ForkServer, settings: LazySettings) -> Iterator[Callable[..., None]]:
    """Run a command in a process of its own that is killed at a place."""
    fork_server.settings = {"MEDIA_ROOT": str(settings.MEDIA_ROOT)}

    def run(place: str, count: int, *command: str) -> None:
        ended = fork_server.run(command, death=(place, count))
        assert ended.code == -signal.SIGKILL, f"{place} was never reached: {ended.printed}"

    yield run
    fork_server.finish()


def assert_posted_once(sheet: Any, what: Any, home: Any) -> None:
    assert make.on_hand(what, home) == 184
    assert Movement.objects.filter(item=what, kind=Movement.Kind.COUNT).count() == 1
    assert Adjustment.objects.count() == Push.objects.count() == 1
    assert Event.objects.filter(name="inventory.adjusted").count() == 1
    assert make.run_of(sheet).status == WorkflowRun.Status.COMPLETED
    call_command("verify_ledger")


# Each is a place inside the posting, between its first and its last row.
MIDST_OF_POSTING = [
    ("netsuite.queue:enqueue", 0),
    ("netsuite.queue:enqueue", 1),
    ("inventory.stock.ledger:post_adjustment", 0),
    ("inventory.stock.ledger:post_adjustment", 1),
    ("inventory.variance.posting:_record", 0),
    ("inventory.variance.posting:_record", 1),
    ("approvals.engine:_attempt", 2),
    ("approvals.engine:_attempt", 3),
]


@pytest.mark.parametrize(("place", "count"), [("approvals.engine:advance", 0), *MIDST_OF_POSTING])
def test_a_decision_whose_process_is_killed_is_posted_once_by_the_next_tick(die, place, count):
    sheet, what, home = make.disputed_count()
    person = make.approver("ada")
    envelope = make.envelope_of(sheet)
    audited = AuditEntry.objects.count()

    die(place, count, "approve_action", str(envelope.pk), "--by", "ada")

    [line] = envelope.lines.all()
    assert (line.status, line.decided_by) == (Status.APPROVED, person), "the decision had committed"
    assert AuditEntry.objects.count() == audited + 1
    assert make.on_hand(what, home) == 142
    assert not Movement.objects.filter(kind=Movement.Kind.COUNT).exists()
    assert not Adjustment.objects.exists()
    assert not Push.objects.exists()

    assert tick().runs_advanced == 1
    assert_posted_once(sheet, what, home)
    assert tick().runs_advanced == 0
    assert_posted_once(sheet, what, home)


@pytest.mark.parametrize(("place", "count"), [("approvals.operations:_flip", 1), ("approvals.audit:append", 1)])
def test_killed_before_the_decision_is_whole_nothing_was_decided(die, place, count):
    sheet, what, home = make.disputed_count()
    ada = make.approver("ada")
    envelope = make.envelope_of(sheet)
    die(place, count, "approve_action", str(envelope.pk), "--by", "ada")
    [line] = envelope.lines.all()
    assert (line.status, line.decided_by, line.reason_note) == (Status.PENDING, None, "")
    tick()
    assert make.on_hand(what, home) == 142
    make.approve(make.envelope_of(sheet), ada)
    assert_posted_once(sheet, what, home)


def test_a_tick_that_is_killed_while_it_finishes_the_work_is_finished_by_the_next(die):
    sheet, what, home = make.disputed_count()
    make.approver("ada")
    die("approvals.engine:advance", 0, "approve_action", str(make.envelope_of(sheet).pk), "--by", "ada")
    die("inventory.stock.ledger:post_adjustment", 1, "tick")
    assert make.on_hand(what, home) == 142
    assert RunStep.objects.get(run=sheet.run_id, name="d1_update_balances").status != RunStep.Status.DONE
    tick()
    assert_posted_once(sheet, what, home)


@pytest.fixture
def walk(tmp_path: Path) -> tuple[Any, Any, Path]:
    """A zone with 142 of an item, and the file of a walk that found 184."""
    home = make.zone("A")
    make.ballast(home)
    what = make.stock(142, home=home, cost=35, code="00012")
    path = tmp_path / "walk.csv"
    path.write_bytes(comma_separated(("Item code", "Counted"), ("00012", 184)))
    return home, what, path


BETWEEN_PREVIEW_AND_CONFIRMATION = [
    ("inventory.counting.uploads.confirming:submit_count", 0),
    ("inventory.counting.submission:_claim_upload", 1),
    ("inventory.counting.submission:_claim_sheet", 1),
    ("approvals.engine:start", 1),
]


@pytest.mark.parametrize(("place", "count"), BETWEEN_PREVIEW_AND_CONFIRMATION)
def test_an_upload_killed_before_it_is_confirmed_counts_nothing_and_can_be_repeated(die, walk, place, count):
    home, what, path = walk
    command = ("import_count", str(path), "--zone", "A")
    die(place, count, *command)
    assert Upload.objects.get().status == Upload.Status.PREVIEWED
    for nothing in (CountSheet, CountLine, WorkflowRun, RunStep, ProposedAction):
        assert not nothing.objects.exists()
    tick()
    assert not WorkflowRun.objects.exists()

    call_command(*command)
    assert Upload.objects.filter(status=Upload.Status.CONFIRMED).count() == 1
    assert make.line_of(CountSheet.objects.get(), what).counted == 184


@pytest.mark.parametrize(("place", "count"), [("approvals.engine:advance", 0), ("approvals.engine:_attempt", 2)])
def test_an_upload_killed_after_it_was_confirmed_is_staged_once_by_the_next_tick(die, walk, place, count):
    home, what, path = walk
    die(place, count, "import_count", str(path), "--zone", "A")
    sheet = CountSheet.objects.get()
    assert sheet.status == CountSheet.Status.COUNTED
    assert not ProposedAction.objects.exists()
    tick()
    tick()
    assert make.line_of(sheet, what).counted == 184
    assert make.envelope_of(sheet).lines.count() == 1
    assert make.run_of(sheet).status == WorkflowRun.Status.WAITING
