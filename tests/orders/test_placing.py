"""Placing orders: stock is promised once, all of it or none, and every reason is told at once."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from approvals import audit
from approvals.models import AuditEntry, Event
from approvals.refusals import Refused
from inventory.models import ExcelUpdate, Item, Movement, Order, OrderLine
from inventory.orders.closing import cancel_order, fulfil_order
from inventory.orders.lines import Conflicting, WantedLine
from inventory.orders.placing import place_order
from tests import factories as make
from tests.orders import selling

pytestmark = pytest.mark.django_db


@pytest.fixture
def home() -> Any:
    return make.zone()


@pytest.fixture
def crate(home) -> Item:
    return make.stock(10, home=home, code="0012", unit="case")


def test_an_order_promises_its_stock_and_leaves_it_where_it_is(home, crate):
    by = make.user("dora")
    placed = selling.place(home, (crate, 4), customer="Westside", by=by)
    assert placed.is_new
    assert (placed.order.status, placed.order.placed_by) == ("open", by)
    assert selling.stock_of(crate, home) == (10, 4, 6)
    event = Event.objects.get(name="order.placed")
    assert event.payload["lines"] == [{"line_id": "1", "item_code": "0012", "quantity": "4"}]
    entry = AuditEntry.objects.get(verb="order.placed")
    assert (entry.actor, entry.entity_ref) == (by, f"order:{placed.order.pk}")
    assert audit.first_bad_entry() is None
    selling.assert_books_agree()


def test_the_same_order_again_changes_nothing_and_answers_the_first(home, crate):
    first = selling.place(home, (crate, 4), order_id="A")
    again = selling.place(home, (crate, "4.000"), order_id=" A ")
    assert (again.order, again.is_new, again.added) == (first.order, False, 0)
    assert selling.stock_of(crate, home) == (10, 4, 6)
    assert Event.objects.filter(name="order.placed").count() == 1


def test_a_repeat_is_answered_when_the_order_is_over_and_its_item_is_not_sold_any_more(home, crate):
    first = selling.place(home, (crate, 4), order_id="A")
    fulfil_order(order=first.order, by=None)
    crate.is_active = False
    crate.save()
    again = selling.place(home, (crate, 4), order_id="A")
    assert (again.order.status, again.added) == ("fulfilled", 0)


def test_a_known_line_with_another_quantity_or_item_is_a_conflict_naming_both(home, crate):
    other = make.stock(10, home=home, code="0013")
    selling.place(home, (crate, 4), (other, 1), order_id="A")
    with pytest.raises(Conflicting) as refused:
        selling.place(home, (crate, 5), (crate, 1), order_id="A")
    assert [problem.split(" Send")[0] for problem in selling.sentences(refused)] == [
        "Line 1 of order A is 4 of 0012 already, and 5 of 0012 is said now.",
        "Line 2 of order A is 1 of 0013 already, and 1 of 0012 is said now.",
    ]
    assert selling.stock_of(crate, home) == (10, 4, 6)


def test_another_location_or_customer_is_a_conflict(home, crate):
    selling.place(home, (crate, 4), order_id="A", customer="Westside")
    with pytest.raises(Conflicting) as refused:
        selling.place(make.zone(location="EAST"), (crate, 4), order_id="A", customer="Eastside")
    assert selling.sentences(refused) == [
        "Order A is for MAIN, and EAST is said now.",
        "Order A is for “Westside”, and “Eastside” is said now.",
    ]


def test_new_lines_join_an_open_order_and_no_other(home, crate):
    order = selling.place(home, (crate, 4), order_id="A").order
    joined = selling.place(home, (crate, 4), (crate, 2), order_id="A")
    assert (joined.is_new, joined.added) == (False, 1)
    assert selling.stock_of(crate, home) == (10, 6, 4)
    cancel_order(order=order, by=None)
    with pytest.raises(Conflicting, match="Order A is cancelled: it takes no new lines"):
        selling.place(home, (crate, 4), (crate, 2), (crate, 1), order_id="A")
    selling.assert_books_agree()


def test_every_problem_is_told_at_once_and_nothing_is_promised(home, crate):
    old = make.stock(10, home=home, code="OLD", is_active=False)
    given = [
        *selling.lines((crate, 11), ("NOPE", 1), (old, 1), (crate, "0.5"), (crate, 0), (crate, -1), (crate, "1.0001")),
        WantedLine("1", "0012", Decimal(1)),
    ]
    with pytest.raises(Refused) as refused:
        place_order(order_id="A/B", location=home.location, lines=given, by=None)
    told = "\n".join(selling.sentences(refused))
    for said in (
        "Order id “A/B” has a slash",
        "Line 1 is there 2 times.",
        "Line 2: item code “NOPE” is not in the catalogue.",
        "Line 3: item OLD is inactive",
        "Line 4: 0.5 of 0012 is not whole, but case comes in whole units.",
        "Line 5: 0 of 0012 is not a quantity.",
        "Line 6: -1 of 0012 is not a quantity.",
        "Line 7: 1.0001 of 0012: use at most three decimals",
        "Item 0012 at MAIN: 12 wanted, 10 available (10 on hand, 0 promised to orders). Order at most 10.",
    ):
        assert said in told
    assert not Order.objects.exists()
    assert selling.stock_of(crate, home) == (10, 0, 10)


def test_fractions_are_sold_of_what_comes_in_fractions(home):
    flour = make.stock("12.5", home=home, allows_fractions=True, unit="lb")
    selling.place(home, (flour, "12.125"))
    assert selling.stock_of(flour, home)[2] == Decimal("0.375")


def test_one_short_item_refuses_the_whole_order_with_what_is_wanted_available_and_promised(home, crate):
    other = make.stock(10, home=home)
    nowhere = make.item("NEW")
    selling.place(home, (crate, 7))
    with pytest.raises(Refused) as refused:
        selling.place(home, (other, 1), (crate, 2), (crate, 2), (nowhere, 1), order_id="B")
    assert selling.sentences(refused) == [
        "Item 0012 at MAIN: 4 wanted, 3 available (10 on hand, 7 promised to orders). Order at most 3.",
        "Item NEW at MAIN: 1 wanted, 0 available (0 on hand, 0 promised to orders). Order it when goods have come.",
    ]
    assert selling.stock_of(other, home) == (10, 0, 10)
    assert not Order.objects.filter(order_id="B").exists()
    selling.assert_books_agree()


def test_goods_leave_when_fulfilled_and_only_once(home, crate):
    order = selling.place(home, (crate, 4)).order
    by = make.user("dora")
    changed = fulfil_order(order=order, by=by)
    assert (changed.order.status, changed.lines) == ("fulfilled", 1)
    assert changed.order.closed_at
    assert selling.stock_of(crate, home) == (6, 0, 6)
    movement = Movement.objects.get(kind="shipment")
    assert (movement.delta, movement.source, movement.reference) == (-4, "order", order.order_id)
    assert movement.recorded_by == by
    assert fulfil_order(order=order, by=by).lines == 0
    assert Movement.objects.filter(kind="shipment").count() == 1
    assert Event.objects.filter(name="order.fulfilled").count() == 1
    selling.assert_books_agree()


def test_fulfilled_so_far_is_cumulative(home, crate):
    order = selling.place(home, (crate, 8)).order
    for so_far, left in ((3, 1), (3, 0), (8, 1), (8, 0)):
        assert fulfil_order(order=order, lines={"1": Decimal(so_far)}, by=None).lines == left
    assert [m.delta for m in Movement.objects.filter(kind="shipment").order_by("pk")] == [-3, -5]
    assert selling.stock_of(crate, home) == (2, 0, 2)


def test_what_cannot_be_fulfilled_is_told_line_by_line(home, crate):
    order = selling.place(home, (crate, 4), (crate, 4), (crate, 2), order_id="A").order
    fulfil_order(order=order, lines={"1": Decimal(2)}, by=None)
    cancel_order(order=order, lines=["2"], by=None)
    wanted = {"1": Decimal(1), "2": Decimal(3), "3": Decimal("0.5"), "9": Decimal(1)}
    with pytest.raises(Refused) as refused:
        fulfil_order(order=order, lines=wanted, by=None)
    assert [problem.split(". ")[0] for problem in selling.sentences(refused)] == [
        "Line 1: 2 of 0012 have left already, so 1 in all is too few",
        "Line 2: 3 of 0012 is more than the order's 0 (4 ordered, 4 cancelled)",
        "Line 3: 0.5 of 0012 is not whole, but case comes in whole units.",
        "Order A has no line 9",
    ]
    assert selling.stock_of(crate, home) == (8, 4, 4)


def test_goods_that_a_count_did_not_find_are_not_shipped(home, crate):
    order = selling.place(home, (crate, 8)).order
    make.move(crate, -5, home=home)
    with pytest.raises(Refused, match="8 are to leave, but only 5 are on hand"):
        fulfil_order(order=order, by=None)
    assert selling.stock_of(crate, home) == (5, 8, -3)
    fulfil_order(order=order, lines={"1": Decimal(5)}, by=None)
    assert selling.stock_of(crate, home) == (0, 3, -3)
    selling.assert_books_agree()


def test_cancelling_lets_go_what_has_not_left(home, crate):
    order = selling.place(home, (crate, 4), (crate, 4)).order
    fulfil_order(order=order, lines={"1": Decimal(3)}, by=None)
    assert cancel_order(order=order, lines=["1"], by=None).lines == 1
    assert selling.stock_of(crate, home) == (7, 4, 3)
    assert cancel_order(order=order, lines=["1"], by=None).lines == 0
    changed = cancel_order(order=order, by=None)
    assert (changed.order.status, changed.lines) == ("fulfilled", 1)
    assert selling.stock_of(crate, home) == (7, 0, 7)
    assert Event.objects.filter(name="order.cancelled").count() == 2
    selling.assert_books_agree()


def test_cancelled_is_not_fulfilled_and_fulfilled_is_not_cancelled(home, crate):
    cancelled, fulfilled = (selling.place(home, (crate, 2)).order for _ in range(2))
    assert cancel_order(order=cancelled, by=None).order.status == "cancelled"
    assert cancel_order(order=cancelled, by=None).lines == 0
    fulfil_order(order=fulfilled, by=None)
    with pytest.raises(Conflicting, match="is cancelled: nothing of it can be fulfilled"):
        fulfil_order(order=cancelled, by=None)
    with pytest.raises(Conflicting, match="is fulfilled: nothing of it waits"):
        cancel_order(order=fulfilled, by=None)
    with pytest.raises(Refused, match="Line 1: all 2 of 0012 have left already"):
        cancel_order(order=fulfilled, lines=["1"], by=None)
    with pytest.raises(Refused, match="has no line 9"):
        cancel_order(order=cancelled, lines=["9"], by=None)


def test_what_leaves_is_to_be_entered_in_excel_where_excel_decides(home, crate):
    counted = make.stock(10, home=home)
    selling.by_excel(home, crate)
    order = selling.place(home, (crate, 5), (counted, 5)).order
    fulfil_order(order=order, lines={"1": Decimal(2), "2": Decimal(5)}, by=None)
    fulfil_order(order=order, by=None)
    updates = ExcelUpdate.objects.order_by("pk")
    assert [(u.item, u.sold, u.status, u.order_line.line_id) for u in updates] == [
        (crate, 2, "pending", "1"),
        (crate, 3, "pending", "1"),
    ]
    assert Event.objects.filter(name="order.fulfilled").order_by("pk").first().payload["to_enter_in_excel"] == 1


def test_a_hundred_lines_take_as_many_statements_as_two(home):
    items = [make.stock(10, home=home) for _ in range(100)]
    selling.by_excel(home, *items)

    def statements(some: list[Item]) -> list[int]:
        with CaptureQueriesContext(connection) as placing:
            order = selling.place(home, *((what, 1) for what in some)).order
        with CaptureQueriesContext(connection) as fulfilling:
            fulfil_order(
                order=order, lines={line.line_id: Decimal(1) for line in order.lines.all()[: len(some) - 1]}, by=None
            )
        with CaptureQueriesContext(connection) as cancelling:
            cancel_order(order=order, by=None)
        return [len(part) for part in (placing, fulfilling, cancelling)]

    selling.place(home, (items[0], 1))
    assert statements(items[:2]) == statements(items)
    assert OrderLine.objects.count() == 103
    selling.assert_books_agree()
