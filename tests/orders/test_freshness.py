"""Where Excel decides: an old workbook, one that says too little, and one that says more than we have."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from approvals.clock import at
from approvals.models import Alert
from approvals.refusals import Refused
from inventory.models import ExcelSync, Item, Order
from inventory.orders.closing import fulfil_order
from inventory.orders.freshness import is_stale
from tests import factories as make
from tests.excel.test_watched_folder import drop
from tests.excel.workbooks_made import envelope_of, kept, line_of, stated, sync
from tests.orders import selling

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)  # in New York
NINE = NOON - timedelta(hours=3)


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[None]:
    with at(NOON):
        yield


@pytest.fixture(autouse=True)
def shelf(tmp_path: Path, settings: Any) -> Path:
    """Where workbooks for MAIN are dropped."""
    folder = tmp_path / "workbooks"
    excel = {**settings.STORAGES["excel"], "OPTIONS": {"location": str(folder)}}
    settings.STORAGES = {**settings.STORAGES, "excel": excel}
    return folder / "MAIN"


@pytest.fixture
def home() -> Any:
    home = make.zone()
    make.ballast(home)
    return home


@pytest.fixture
def tag(home) -> Item:
    return kept(100, home=home, cost=1, code="TBALTAG")


def syncs() -> int:
    return ExcelSync.objects.count()


def refused_order(home: Any, what: Item, amount: int) -> Any:
    """The sentences with which so many are refused."""
    with pytest.raises(Refused) as refused:
        selling.place(home, (what, amount))
    return selling.sentences(refused)


# -- stale ----------------------------------------------------------------------------------------------------


def test_beside_a_fresh_workbook_no_newer_one_is_looked_for(home, tag, shelf):
    sync([(tag, 100)], home=home, as_of=NINE)
    drop(shelf, stated((tag, 99)))
    assert selling.place(home, (tag, 5)).order.warnings == []
    assert syncs() == 1


def test_an_item_that_excel_does_not_decide_asks_for_no_workbook(home, tag, shelf):
    what = make.stock(10, home=home)
    drop(shelf, stated((tag, 99)))
    assert selling.place(home, (what, 5)).order.warnings == []
    assert len(refused_order(home, what, 6)) == 1
    assert syncs() == 0


@pytest.mark.parametrize(
    ("hours", "stale"), [(0, False), (3.9, False), (4, False), (4.01, True), (5, True), (25, True), (48, True)]
)
def test_stale_means_more_than_four_hours_also_after_a_day(hours, stale):
    """After 25 hours a span's `.seconds` say one hour."""
    assert is_stale(NOON - timedelta(hours=hours)) == stale


def test_the_hours_are_a_setting(settings):
    settings.EXCEL_STALE_AFTER_HOURS = 2
    assert is_stale(NINE)


@pytest.mark.parametrize(("hours", "age"), [(5, "5 h"), (25, "25 h"), (49, "2 days")])
def test_by_an_old_workbook_one_sells_with_a_warning_that_stays_with_the_order(home, tag, hours, age):
    sync([(tag, 100)], home=home, as_of=NOON - timedelta(hours=hours))
    order = selling.place(home, (tag, 5), order_id="A").order
    (warning,) = Order.objects.get(pk=order.pk).warnings
    assert f"{age} ago (more than 4 h), and no newer one could be taken." in warning
    selling.place(home, (tag, 5), (tag, 1), order_id="A")
    assert len(Order.objects.get(pk=order.pk).warnings) == 1


def test_a_newer_workbook_that_lies_there_is_taken_first(home, tag, shelf):
    sync([(tag, 100)], home=home, as_of=NOON - timedelta(hours=25))
    drop(shelf, stated((tag, 97)))
    assert selling.place(home, (tag, 5)).order.warnings == []
    assert (syncs(), selling.stock_of(tag, home)) == (2, (97, 5, 92))


def test_where_no_workbook_was_ever_compared_the_order_says_so(home, tag):
    ExcelSync.objects.create(location=home.location, source="answer", as_of=NOON)
    (warning,) = selling.place(home, (tag, 5)).order.warnings
    assert warning == "No workbook of MAIN was ever compared, so its stock may differ. Upload one."


def test_a_workbook_that_cannot_be_taken_leaves_the_warning_and_an_alert(home, tag, shelf):
    sync([(tag, 100)], home=home, as_of=NOON - timedelta(hours=5))
    drop(shelf, b"this is no workbook\x00\x01")
    (warning,) = selling.place(home, (tag, 5)).order.warnings
    assert "no newer one could be taken" in warning
    assert "was refused" in Alert.objects.get(key=f"watched-folder-{home.location_id}").message


def test_a_folder_that_cannot_be_read_stops_no_order(home, tag, shelf):
    sync([(tag, 100)], home=home, as_of=NOON - timedelta(hours=5))
    shelf.parent.mkdir()
    shelf.write_text("a file where the folder should be")
    unread, old = selling.place(home, (tag, 5)).order.warnings
    assert unread.startswith("The folder for workbooks of MAIN could not be read")
    assert "5 h ago" in old
    assert unread in refused_order(home, tag, 101)


def test_a_repeat_looks_for_no_workbook(home, tag, shelf):
    sync([(tag, 100)], home=home, as_of=NINE)
    selling.place(home, (tag, 5), order_id="A")
    drop(shelf, stated((tag, 99)))
    with at(NOON + timedelta(days=2)):
        assert selling.place(home, (tag, 5), order_id="A").order.warnings == []
    assert syncs() == 1


# -- Excel has more -------------------------------------------------------------------------------------------


def test_too_little_looks_for_a_newer_workbook_and_decides_again(home, tag, shelf):
    sync([(tag, 100)], home=home, as_of=NINE)
    drop(shelf, stated((tag, 105)))
    selling.place(home, (tag, 104))
    assert (syncs(), selling.stock_of(tag, home)) == (2, (105, 104, 1))


def test_excel_has_more_is_said_with_what_waits(home, tag, shelf):
    """Refused all the same: what a person has not decided is not sold."""
    sync([(tag, 100)], home=home, as_of=NINE)
    drop(shelf, stated((tag, 150)), minutes_ago=30)
    assert refused_order(home, tag, 120) == [
        "Item TBALTAG at MAIN: 120 wanted, 100 available (100 on hand, 0 promised to orders). Order at most 100.",
        "Item TBALTAG: Excel says 150 as of 11:30; the difference waits for a decision.",
    ]


def test_once_it_is_approved_the_order_goes_through(home, tag):
    found = sync([(tag, 150)], home=home, as_of=NINE)
    assert len(refused_order(home, tag, 120)) == 2
    make.approve(envelope_of(found), make.approver())
    selling.place(home, (tag, 120))
    assert selling.stock_of(tag, home) == (150, 120, 30)


def test_the_latest_statement_counts_and_a_rejected_one_says_so(home, tag):
    sync([(tag, 199)], home=home, as_of=NINE - timedelta(days=1))
    found = sync([(tag, 150)], home=home, as_of=NINE)
    sync([(tag, None), (kept(10, home=home), 10)], home=home, as_of=NOON)
    make.reject(envelope_of(found), make.approver())
    assert line_of(found, tag).decision == "rejected"
    assert refused_order(home, tag, 120)[1:] == [
        "Item TBALTAG: Excel says 150 as of 09:00; the difference was looked at and rejected."
    ]


def test_a_workbook_saved_before_todays_sales_does_not_have_more(home, tag):
    """Excel says 100 as of 09:00, but 60 of them left since: there are 40, and nothing waits."""
    sync([(tag, 100)], home=home, as_of=NINE)
    fulfil_order(order=selling.place(home, (tag, 60)).order, by=None)
    assert len(refused_order(home, tag, 50)) == 1


def test_sales_that_excel_was_not_told_of_are_not_more_either(home, tag):
    with at(NINE - timedelta(hours=1)):
        fulfil_order(order=selling.place(home, (tag, 20)).order, by=None)
    found = sync([(tag, 100)], home=home, as_of=NINE)
    assert line_of(found, tag).unentered == 20
    assert len(refused_order(home, tag, 90)) == 1
