"""Several sides at once: the same messages, other messages for the same items, and orders for the last unit."""

import json
from functools import partial
from typing import Any

import pytest
from django.test import Client

from approvals.refusals import Refused
from inventory.models import Balance, Movement, OversellIncident, WmsMessage, WmsUpdate
from tests import factories as make
from tests.orders.selling import assert_books_agree, place
from tests.racing import at_once
from tests.wms.sending import Wms, fed_stock, signed

pytestmark = pytest.mark.django_db(transaction=True)
SIDES = 4


def sender(wms: Wms, updates: list[Any], message_id: str = "") -> Any:
    """A side with a browser of its own; returns the results or the status."""
    body = json.dumps({"schema_version": "1", "updates": updates}).encode()
    headers = {"X-WMS-Client": wms.client.wms_id, **signed(body, wms.secret, message_id=message_id)}

    def side() -> Any:
        answer = Client().post("/api/inventory/sync", body, content_type="application/json", headers=headers)
        assert answer.status_code == 200, answer.content
        return answer.json()["results"]

    return side


def test_one_message_sent_many_times_at_once_is_one():
    home = make.zone()
    wms, what = Wms(home), fed_stock(100, home=home)
    wms.send(wms.update(0, what, 100))
    ends = at_once(*[sender(wms, [wms.update(1, what, 90)], "msg_one")] * SIDES)
    assert all(end == ends[0] for end in ends)
    assert ends[0][0]["result"] == "applied"
    assert (WmsMessage.objects.count(), Movement.objects.filter(kind="feed").count()) == (2, 1)


def test_the_first_message_of_a_client_sent_many_times_at_once_is_one():
    home = make.zone()
    wms, what = Wms(home), fed_stock(100, home=home)
    ends = at_once(*[sender(wms, [wms.update(1, what, 90)], "msg_one")] * SIDES)
    assert all(end == ends[0] for end in ends)
    assert WmsMessage.objects.count() == 1


def test_one_update_in_many_messages_at_once_is_applied_once():
    home = make.zone()
    wms, what = Wms(home), fed_stock(100, home=home)
    wms.send(wms.update(0, what, 100))
    update = wms.update(1, what, 90)
    ends = at_once(*[sender(wms, [update]) for _ in range(SIDES)])
    assert sorted(end[0]["result"] for end in ends) == ["applied"] + ["duplicate"] * (SIDES - 1)
    assert WmsUpdate.objects.count() == 2
    assert_books_agree()


def test_the_newest_wins_whichever_message_comes_first():
    home = make.zone()
    wms, items = Wms(home), [fed_stock(100, home=home) for _ in range(20)]
    parts = [[wms.update(100 * side + n, what, side) for n, what in enumerate(items)] for side in range(1, SIDES + 1)]
    at_once(*[sender(wms, part[::-1] if n % 2 else part) for n, part in enumerate(parts)])
    assert set(Balance.objects.values_list("quantity_on_hand", flat=True)) == {SIDES}
    assert_books_agree()


def test_buyers_of_the_last_unit_while_a_snapshot_lands():
    """Either the order came first and the shortfall is told of, or the snapshot did and nobody is promised it."""
    for turn in range(4):
        home = make.zone(location=f"L{turn}")
        wms, what = Wms(home), fed_stock(1, home=home)
        snapshot = sender(wms, [wms.update(1, what, 0)])
        ends = at_once(*[partial(place, home, (what, 1))] * 3, snapshot)
        sold = [end for end in ends[:3] if not isinstance(end, Exception)]
        assert all(isinstance(end, Refused) for end in ends[:3] if isinstance(end, Exception)), ends
        assert ends[3][0]["result"] == "applied"
        balance = Balance.objects.get(item=what, location=home.location)
        assert (balance.quantity_on_hand, balance.quantity_reserved) == (0, len(sold))
        assert len(sold) <= 1
        assert OversellIncident.objects.filter(item=what, closed_at=None).count() == len(sold)
    assert_books_agree()


def test_updates_and_orders_for_the_same_items_lose_nothing():
    home = make.zone()
    wms, items = Wms(home), [fed_stock(100, home=home) for _ in range(10)]
    feeds = [sender(wms, [wms.update(10 * n + k, what, 100 + n) for k, what in enumerate(items)]) for n in range(1, 4)]
    orders = [lambda: place(home, *[(what, 1) for what in reversed(items)]) for _ in range(3)]
    ends = at_once(*feeds, *orders)
    assert not [end for end in ends if isinstance(end, Exception)]
    rows = Balance.objects.values_list("quantity_on_hand", "quantity_reserved")
    assert set(rows) == {(103, 3)}
    assert_books_agree()
