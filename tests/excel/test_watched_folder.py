"""Workbooks that are dropped, looked at again, or brought by a command; and the answer of a person."""

import io
import json
import os
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import override_settings

from approvals.clock import now
from approvals.models import Alert
from inventory.excel.again import look_again
from inventory.excel.answers import sync_answer
from inventory.excel.folder import look_into_folders, sync_newest
from inventory.excel.morning import morning_sync
from inventory.excel.submission import SyncRefused
from inventory.models import ExcelSync, Item, Movement, StockQuestion, SyncLine, Upload, Zone
from tests import factories
from tests.excel.workbooks_made import ago, kept, line_of, on_hand, outcome_of, stated, sync

pytestmark = pytest.mark.django_db
Outcome = SyncLine.Classification


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    shelves = {**settings.STORAGES["excel"], "OPTIONS": {"location": str(tmp_path)}}
    settings.STORAGES = {**settings.STORAGES, "excel": shelves}
    return tmp_path


def drop(folder: Path, content: bytes, *, name: str = "stock.xlsx", minutes_ago: float = 1) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_bytes(content)
    saved = (now() - timedelta(minutes=minutes_ago)).timestamp()
    os.utime(file, (saved, saved))
    return file


def shelf_of(home: Zone, *quantities: int) -> list[Item]:
    factories.ballast(home)
    return [kept(quantity, home=home, cost=1) for quantity in quantities]


def test_a_dropped_workbook_is_synced_once_and_never_touched(folder: Path) -> None:
    home = factories.zone()
    (what,) = shelf_of(home, 100)
    content = stated((what, 95))
    file = drop(folder / "MAIN", content)
    assert [found.source for found in look_into_folders()] == [ExcelSync.Source.FOLDER]
    assert look_into_folders() == []
    assert on_hand(what, home) == 95
    assert file.read_bytes() == content


def test_a_workbook_that_is_still_being_copied_is_left_alone(folder: Path) -> None:
    home = factories.zone()
    (what,) = shelf_of(home, 100)
    drop(folder / "MAIN", stated((what, 95)), minutes_ago=0)
    assert look_into_folders() == []
    assert not Upload.objects.exists()


def test_a_dropped_workbook_that_looks_wrong_waits_for_a_person(folder: Path) -> None:
    home = factories.zone()
    first, *_ = shelf_of(home, 10, 10, 10, 10)
    drop(folder / "MAIN", stated((first, 10)))
    assert look_into_folders() == []
    assert Upload.objects.get().status == Upload.Status.PREVIEWED
    assert "3 of 4 items that Excel keeps here are not in this workbook" in Alert.objects.get().message


def test_a_refused_workbook_says_why_and_the_next_one_clears_it(folder: Path) -> None:
    home = factories.zone()
    (what,) = shelf_of(home, 10)
    drop(folder / "MAIN", b"this is no workbook\x00\x01", minutes_ago=3)
    look_into_folders()
    alert = Alert.objects.get(key=f"watched-folder-{home.location_id}")
    assert "was refused" in alert.message
    drop(folder / "MAIN", stated((what, 10)), minutes_ago=1)
    assert len(look_into_folders()) == 1
    alert.refresh_from_db()
    assert alert.resolved_at is not None


def test_the_morning_asks_for_the_workbook_that_is_missing(folder: Path) -> None:
    home = factories.zone()
    (what,) = shelf_of(home, 10)
    assert "no workbook of today" in morning_sync(now())
    asked = Alert.objects.get(key=f"no-workbook-{home.location_id}")
    sync([(what, 10)], home=home)
    asked.refresh_from_db()
    assert asked.resolved_at is not None
    assert "no workbook" not in morning_sync(now())


def test_looking_again_changes_nothing_that_was_settled(folder: Path) -> None:
    home, by = factories.zone(), factories.user("", "approver")
    small, large = shelf_of(home, 100, 1000)
    sync([(small, 95), (large, 950)], home=home, as_of=ago(hours=1))
    factories.move(small, -5, home=home, at=ago(minutes=5))
    movements = Movement.objects.count()
    found = look_again(location=home.location, by=by)
    assert (outcome_of(found, small), outcome_of(found, large)) == (Outcome.MATCH, Outcome.REVIEW)
    assert Movement.objects.count() == movements
    asked = SyncLine.objects.filter(item=large, proposed_action__status="pending")
    assert asked.get().sync == found, "the same question stands once"


def test_one_item_is_looked_at_again_without_missing_the_others(folder: Path) -> None:
    home, by = factories.zone(), factories.user("", "approver")
    one, other = shelf_of(home, 100, 1000)
    sync([(one, 100), (other, 1000)], home=home, as_of=ago(hours=1))
    found = look_again(location=home.location, by=by, item=one)
    assert list(found.lines.values_list("item", "classification")) == [(one.pk, Outcome.MATCH)]


def test_looking_again_before_any_workbook_says_what_to_do(folder: Path) -> None:
    home = factories.zone()
    with pytest.raises(SyncRefused, match="Upload one first"):
        look_again(location=home.location, by=factories.user("", "approver"))


def test_a_newer_workbook_in_the_folder_is_taken_first(folder: Path) -> None:
    home, by = factories.zone(), factories.user("", "approver")
    (what,) = shelf_of(home, 100)
    sync([(what, 100)], home=home, as_of=ago(hours=5))
    drop(folder / "MAIN", stated((what, 98)))
    found = look_again(location=home.location, by=by)
    assert found.source == ExcelSync.Source.FOLDER
    assert on_hand(what, home) == 98


def test_what_a_person_found_goes_through_the_same_tiers(folder: Path) -> None:
    home, by = factories.zone(), factories.user("", "counter")
    near, far = shelf_of(home, 100, 1000)
    for what, found, outcome in ((near, 97, Outcome.AUTO_ADJUST), (far, 500, Outcome.ALERT)):
        question = StockQuestion.objects.create(
            item=what, location=home.location, why="Test", due_at=now(), found=Decimal(found), status="answered",
            answered_by=by, answered_at=now(),
        )  # fmt: skip
        assert outcome_of(sync_answer(question, by), what) == outcome
    assert (on_hand(near, home), on_hand(far, home)) == (97, 1000)


def run_command(*arguments: Any) -> tuple[dict[str, Any], int]:
    out, code = io.StringIO(), 0
    try:
        call_command("sync_excel", *map(str, arguments), "--json", stdout=out)
    except SystemExit as end:
        code = int(end.code or 0)
    return json.loads(out.getvalue()), code


def test_the_command_rehearses_then_syncs(tmp_path: Path) -> None:
    home = factories.zone()
    (what,) = shelf_of(home, 100)
    file = drop(tmp_path, stated((what, 95)))
    rehearsed, code = run_command(file, "--dry-run")
    assert (rehearsed["outcomes"], code) == ({"auto_adjust": 1}, 0)
    assert not Upload.objects.exists()
    done, code = run_command(file, "--as-of", ago(minutes=2).isoformat())
    assert (done["outcomes"], done["rows_in"], code) == ({"auto_adjust": 1}, 1, 0)
    assert on_hand(what, home) == 95
    again, code = run_command(file)
    assert (again["sync_id"], code) == (None, 2)
    assert "synced already" in again["errors"][0]


def test_the_as_of_time_is_the_workbooks_own_unless_said(tmp_path: Path) -> None:
    home = factories.zone()
    (what,) = shelf_of(home, 100)
    report, _ = run_command(drop(tmp_path, stated((what, 100))), "--dry-run")
    assert abs(now().timestamp() - datetime.fromisoformat(report["as_of"]).timestamp()) < 60
    future, code = run_command(tmp_path / "stock.xlsx", "--as-of", (now() + timedelta(days=1)).isoformat())
    assert code == 2
    assert "has not come yet" in future["errors"][0]


@override_settings(EXCEL_AUTO_FIX=True)
def test_the_folder_may_auto_fix_by_setting(folder: Path) -> None:
    home = factories.zone()
    (what,) = shelf_of(home, 1000)
    drop(folder / "MAIN", stated((what, 950)))
    (found,) = look_into_folders()
    assert line_of(found, what).is_flagged
    assert on_hand(what, home) == 950


def test_sync_newest_of_one_location_leaves_the_others(folder: Path) -> None:
    home, other = factories.zone(), factories.zone(location="EAST")
    (what,) = shelf_of(home, 100)
    drop(folder / "MAIN", stated((what, 100)))
    assert sync_newest(location=other.location, by=None) is None
    assert sync_newest(location=home.location, by=None) is not None
