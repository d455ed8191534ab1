"""Where Excel decides: an old workbook, one that says too little, and one that says more than we have."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from approvals.clock import at, now
from approvals.refusals import Refused
from inventory.models import ExcelSync, Item, Movement, Order, SyncLine
from inventory.orders import freshness
from inventory.orders.closing import fulfil_order
from inventory.orders.freshness import is_stale
from inventory.stock.ledger import NewMovement, record_movements
from tests import factories as make
from tests.orders import selling

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)  # in New York
NINE = NOON - timedelta(hours=3)
Answer = Callable[..., ExcelSync | None]


@pytest.fixture(autouse=True)
def at_noon():
    with at(NOON):
        yield


@pytest.fixture
def home() -> Any:
    return make.zone()


@pytest.fixture
def tag(home) -> Item:
    made = make.stock(10, home=home, code="TBALTAG")
    selling.by_excel(home, made)
    return made


@pytest.fixture
def workbooks(monkeypatch) -> Any:
    """Where newer workbooks are asked for: `answers` are given one after the other, `asked` counts."""

    class Workbooks:
        asked = 0
        answers: list[Answer] = []

        def __call__(self, **given: Any) -> ExcelSync | None:
            self.asked += 1
            return self.answers.pop(0)(**given) if self.answers else None

    folder = Workbooks()
    folder.answers = []
    monkeypatch.setattr(freshness, "sync_newest", folder)
    return folder


def synced(home: Any, as_of: datetime, source: str = "upload") -> ExcelSync:
    return ExcelSync.objects.create(location=home.location, source=source, as_of=as_of)


def states(sync: ExcelSync, what: Item, counted: Any, classification: str = "review", **more: Any) -> SyncLine:
    return SyncLine.objects.create(
        sync=sync, item=what, item_code=what.item_code, counted=counted, classification=classification, **more
    )


def a_newer_one(home: Any, what: Item, more: int) -> Answer:
    """A workbook that lay there: its difference is on the ledger by now."""

    def taken(**_: Any) -> ExcelSync:
        moved = NewMovement(what.pk, Decimal(more), Movement.Kind.RECEIPT, now())
        record_movements([moved], location=home.location, source="test")
        return synced(home, now(), "folder")

    return taken


def refusing(**_: Any) -> None:
    raise Refused("The workbook has no column of codes. Name one.")


def test_a_fresh_workbook_is_not_asked_for_again(home, tag, workbooks):
    synced(home, NINE)
    assert selling.place(home, (tag, 5)).order.warnings == []
    assert workbooks.asked == 0


def test_an_item_that_excel_does_not_decide_asks_for_no_workbook(home, workbooks):
    what = make.stock(10, home=home)
    assert selling.place(home, (what, 5)).order.warnings == []
    with pytest.raises(Refused):
        selling.place(home, (what, 6))
    assert workbooks.asked == 0


@pytest.mark.parametrize(
    ("hours", "stale"),
    [(0, False), (3.9, False), (4, False), (4.01, True), (5, True), (25, True), (26, True), (48, True)],
)
def test_stale_means_more_than_four_hours_also_after_a_day(hours, stale):
    """After 25 hours a span's `.seconds` say one hour."""
    assert is_stale(NOON - timedelta(hours=hours)) == stale


def test_the_hours_are_a_setting(settings):
    settings.EXCEL_STALE_AFTER_HOURS = 2
    assert is_stale(NINE)


@pytest.mark.parametrize(("hours", "age"), [(5, "5 h"), (25, "25 h"), (49, "2 days")])
def test_by_an_old_workbook_one_sells_with_a_warning_that_stays_with_the_order(home, tag, workbooks, hours, age):
    synced(home, NOON - timedelta(hours=hours))
    order = selling.place(home, (tag, 5), order_id="A").order
    assert workbooks.asked == 1
    (warning,) = Order.objects.get(pk=order.pk).warnings
    assert f"{age} ago (more than 4 h), and there is no newer one" in warning
    selling.place(home, (tag, 5), (tag, 1), order_id="A")
    assert len(Order.objects.get(pk=order.pk).warnings) == 1


def test_a_newer_workbook_that_lies_there_is_taken_first(home, tag, workbooks):
    synced(home, NOON - timedelta(hours=25))
    workbooks.answers = [a_newer_one(home, tag, 0)]
    assert selling.place(home, (tag, 5)).order.warnings == []
    assert workbooks.asked == 1


def test_where_no_workbook_was_ever_compared_the_order_says_so(home, tag, workbooks):
    synced(home, NOON, "answer")
    (warning,) = selling.place(home, (tag, 5)).order.warnings
    assert warning == "No workbook of MAIN was ever compared, so its stock may differ. Upload one."


def test_too_little_asks_for_a_newer_workbook_and_decides_again(home, tag, workbooks):
    synced(home, NINE)
    workbooks.answers = [a_newer_one(home, tag, 5)]
    selling.place(home, (tag, 12))
    assert workbooks.asked == 1
    assert selling.stock_of(tag, home) == (15, 12, 3)


def test_a_workbook_that_cannot_be_taken_is_told_with_the_refusal_and_with_the_order(home, tag, workbooks):
    synced(home, NOON - timedelta(hours=5))
    workbooks.answers = [refusing, refusing]
    told = "The newest workbook of MAIN could not be taken: The workbook has no column of codes. Name one."
    assert selling.place(home, (tag, 5)).order.warnings[0] == told
    with pytest.raises(Refused) as refused:
        selling.place(home, (tag, 6))
    assert told in selling.sentences(refused)


def test_excel_has_more_is_said_with_what_waits(home, tag, workbooks):
    """Refused all the same: what a person has not decided is not sold."""
    states(synced(home, NINE), tag, 20)
    with pytest.raises(Refused) as refused:
        selling.place(home, (tag, 12))
    assert selling.sentences(refused) == [
        "Item TBALTAG at MAIN: 12 wanted, 10 available (10 on hand, 0 promised to orders). Order at most 10.",
        "Item TBALTAG: Excel says 20 as of 09:00; the difference waits for a decision.",
    ]
    assert workbooks.asked == 1


def test_the_latest_statement_counts_and_a_rejected_one_says_so(home, tag, workbooks):
    states(synced(home, NINE), tag, 15, "alert", decision="rejected")
    states(synced(home, NINE - timedelta(days=1)), tag, 99)
    states(synced(home, NOON), tag, None, "not_stated")
    with pytest.raises(Refused) as refused:
        selling.place(home, (tag, 12))
    assert selling.sentences(refused)[1] == (
        "Item TBALTAG: Excel says 15 as of 09:00; the difference was looked at and rejected."
    )


def test_a_workbook_saved_before_todays_sales_does_not_have_more(home, tag, workbooks):
    """Excel says 10 as of 09:00, but 6 of them left since: there are 4, and nothing waits."""
    states(synced(home, NINE), tag, 10, "match")
    fulfil_order(order=selling.place(home, (tag, 6)).order, by=None)
    with pytest.raises(Refused) as refused:
        selling.place(home, (tag, 5))
    assert len(selling.sentences(refused)) == 1


def test_sales_that_excel_was_not_told_of_are_not_more_either(home, tag, workbooks):
    states(synced(home, NINE), tag, 12, "match", unentered=2)
    with pytest.raises(Refused) as refused:
        selling.place(home, (tag, 11))
    assert len(selling.sentences(refused)) == 1


def test_a_repeat_asks_for_no_workbook(home, tag, workbooks):
    synced(home, NINE)
    selling.place(home, (tag, 5), order_id="A")
    with at(NOON + timedelta(days=2)):
        assert selling.place(home, (tag, 5), order_id="A").order.warnings == []
    assert workbooks.asked == 0
