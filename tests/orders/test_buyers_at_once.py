"""Many buyers of the last units, on connections of their own, while the ledger is written beside them."""

from collections.abc import Callable
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from approvals import audit
from approvals.clock import now
from approvals.models import Event
from approvals.refusals import Refused
from inventory.excel.committing import commit_workbook
from inventory.models import ExcelSync, Movement, OrderLine
from inventory.orders.closing import Changed, cancel_order, fulfil_order
from inventory.orders.placing import Placed
from inventory.stock.ledger import NewMovement, record_movements
from inventory.stock.opening import OpeningStock, open_stock
from inventory.stock.reservations import Portion, release, reserve
from tests import factories as make
from tests.excel.test_watched_folder import drop
from tests.excel.workbooks_made import bring, kept, stated
from tests.orders import selling
from tests.racing import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
Side = Callable[[], Any]


def moving(what: Any, home: Any, *deltas: int) -> Side:
    """Goods in and out at once, which come to nothing together."""
    kind = Movement.Kind.RECEIPT
    moved = [NewMovement(what.pk, Decimal(delta), kind, now()) for delta in deltas]
    return lambda: record_movements(moved, location=home.location, source="test", zone=home)


def opening(home: Any) -> Side:
    new = make.item()
    lines = [OpeningStock(new.pk, Decimal(7))]
    return lambda: open_stock(lines, location=home.location, zone=home, occurred_at=now(), reference="r", source="test")


def counting(home: Any) -> Side:
    """A count of another item that posts within the guardrail: an adjustment."""
    make.ballast(home)
    what = make.stock(1000, home=home, cost=1)
    by = make.user()
    return lambda: make.count(home, [(what, 1010)], by=by)


@pytest.mark.postgres
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_30_buyers_of_the_last_10_while_stock_lands():
    for _ in range(3):
        home = make.zone()
        what, other = make.stock(10, home=home), make.stock(50, home=home)
        selling.by_excel(home, other)
        buyers = [
            (lambda mixed=mixed: selling.place(home, *((other, 1), (what, 1)) if mixed else ((what, 1), (other, 1))))  # noqa: B023
            for mixed in [True, False] * 15
        ]
        landing = [moving(what, home, 5, -5), moving(other, home, 3), opening(home), counting(home)]
        ends = at_once(*buyers, *landing)
        sold, refused = ends[:30], [end for end in ends[:30] if isinstance(end, Exception)]
        assert not [end for end in ends[30:] if isinstance(end, Exception)], ends[30:]
        assert len([end for end in sold if isinstance(end, Placed)]) == 10, sold
        for refusal in refused:
            assert isinstance(refusal, Refused), repr(refusal)
            assert refusal.problems[0].startswith(f"Item {what.item_code} at MAIN: 1 wanted, 0 available (")
        assert selling.stock_of(what, home) == (10, 10, 0)
        assert selling.stock_of(other, home) == (53, 10, 43)
        assert OrderLine.objects.filter(item=what).count() == 10
        selling.assert_books_agree()
    assert audit.first_bad_entry() is None


@pytest.mark.postgres
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_30_buyers_of_the_last_10_while_a_sync_lands(tmp_path, settings):
    """Excel decides; one workbook is being committed, and everybody who comes too late finds another in the folder."""
    excel = {**settings.STORAGES["excel"], "OPTIONS": {"location": str(tmp_path)}}
    settings.STORAGES = {**settings.STORAGES, "excel": excel}
    home, by = make.zone(), make.user()
    make.ballast(home)
    what, other = kept(10, home=home, cost=1), kept(1000, home=home, cost=1)
    upload = bring(stated((what, 10), (other, 1005)), home=home, by=by)
    drop(tmp_path / "MAIN", stated((what, 10), (other, 1009)), minutes_ago=0.5)
    ends = at_once(
        *[lambda: selling.place(home, (what, 1))] * 30, lambda: commit_workbook(upload=upload, by=by, auto_fix=False)
    )
    assert isinstance(ends[30], ExcelSync), ends[30]
    assert len([end for end in ends if isinstance(end, Placed)]) == 10, ends
    refused = [end for end in ends[:30] if not isinstance(end, Placed)]
    assert all(isinstance(end, Refused) and "1 wanted, 0 available" in end.problems[0] for end in refused), refused
    assert selling.stock_of(what, home) == (10, 10, 0)
    assert selling.stock_of(other, home)[0] in (1005, 1009)
    selling.assert_books_agree()
    assert audit.first_bad_entry() is None


def test_buyers_fulfil_and_cancel_at_once():
    """What the ledger says holds on both databases, whoever is first."""
    home = make.zone()
    what = make.stock(10, home=home)
    open_orders = [selling.place(home, (what, 2)).order for _ in range(4)]
    ends = at_once(
        *[lambda: selling.place(home, (what, 1))] * 6,
        *[lambda order=order: fulfil_order(order=order, by=None) for order in open_orders[:2]],
        *[lambda order=order: cancel_order(order=order, by=None) for order in open_orders[2:]],
        moving(what, home, 4, -4),
    )
    assert not [end for end in ends if isinstance(end, Exception) and not isinstance(end, Refused)], ends
    on_hand, _, available = selling.stock_of(what, home)
    sold = len([end for end in ends if isinstance(end, Placed)])
    assert (on_hand, available) == (6, 6 - sold)
    assert sold >= 2
    selling.assert_books_agree()


def test_one_order_sent_many_times_at_once_is_one_order():
    home = make.zone()
    what = make.stock(10, home=home)
    ends = at_once(*[lambda: selling.place(home, (what, 3), order_id="ONE")] * 5)
    assert [isinstance(end, Placed) for end in ends] == [True] * 5, ends
    assert sorted(end.is_new for end in ends) == [False] * 4 + [True]
    assert selling.stock_of(what, home) == (10, 3, 7)


def test_a_double_click_on_fulfil_ships_once():
    home = make.zone()
    what = make.stock(10, home=home)
    order = selling.place(home, (what, 3)).order
    ends = at_once(*[lambda: fulfil_order(order=order, by=None)] * 4)
    assert [isinstance(end, Changed) for end in ends] == [True] * 4, ends
    assert selling.stock_of(what, home) == (7, 0, 7)
    assert Movement.objects.filter(kind="shipment").count() == 1
    assert Event.objects.filter(name="order.fulfilled").count() == 1


def test_fulfil_against_cancel_has_one_winner():
    home = make.zone()
    what = make.stock(10, home=home)
    order = selling.place(home, (what, 3)).order
    ends = at_once(lambda: fulfil_order(order=order, by=None), lambda: cancel_order(order=order, by=None))
    assert len([end for end in ends if isinstance(end, Changed)]) == 1, ends
    assert len([end for end in ends if isinstance(end, Refused)]) == 1, ends
    order.refresh_from_db()
    assert selling.stock_of(what, home)[0] == (7 if order.status == "fulfilled" else 10)
    selling.assert_books_agree()


def test_read_then_subtract_does_not_oversell():
    """Two who have both read that the last unit is there: only one of them gets it."""
    home = make.zone()
    what = make.stock(1, home=home)
    both_have_read = Barrier(2)

    def buy() -> None:
        available = selling.stock_of(what, home)[2]
        both_have_read.wait(timeout=60)
        assert available == 1
        reserve([Portion(what.pk, available)], location=home.location)

    ends = at_once(buy, buy)
    assert sorted(type(end).__name__ for end in ends) == ["NoneType", "Short"], ends
    assert selling.stock_of(what, home) == (1, 1, 0)
    release([Portion(what.pk, Decimal(1))], location=home.location)
    assert selling.stock_of(what, home) == (1, 0, 1)
