"""What a WMS said while it had no say is put on the ledger once it has: each word once, with its event and incident."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from approvals.clock import now
from approvals.models import Event
from inventory.management.ledger_checks import wms_updates
from inventory.models import Authority, Balance, Movement, OversellIncident, WmsUpdate
from inventory.wms.applying_standings import apply_standings
from inventory.wms.intake import hold_intake
from tests import factories as make
from tests.orders.selling import assert_books_agree, place
from tests.wms.sending import Wms, by_wms, fed_stock

pytestmark = pytest.mark.django_db


@pytest.fixture
def home() -> Any:
    return make.zone()


@pytest.fixture
def wms(home) -> Wms:
    return Wms(home)


def apply_all(wms: Wms, *items: Any) -> int:
    with transaction.atomic():
        hold_intake(wms.client)
        return apply_standings(client=wms.client, item_ids=[what.pk for what in items], at=now())


def test_the_newest_word_is_applied_once_with_movement_event_and_state(home, wms):
    what = make.stock(100, home=home)
    assert wms.told(wms.update(1, what, 70), wms.update(2, what, 88)) == ["compared", "compared"]
    by_wms(home, what)
    assert apply_all(wms, what) == 1
    assert make.on_hand(what, home) == 88
    movement = Movement.objects.get(kind="feed")
    assert (movement.delta, movement.wms_update.sequence, movement.wms_update.state) == (-12, 2, "applied")
    assert WmsUpdate.objects.get(sequence=1).state == "compared"
    event = Event.objects.get(name="inventory.adjusted")
    assert (event.subject, event.payload["sequence"]) == (f"sku:{what.item_code}", 2)
    assert apply_all(wms, what) == 0
    assert Movement.objects.filter(kind="feed").count() == 1
    assert wms_updates().problem is None
    assert_books_agree()


def test_goods_that_moved_since_are_netted_and_a_shortfall_is_told(home, wms):
    what = make.stock(100, home=home)
    wms.send(wms.update(1, what, 20, received_at=(now() - timedelta(hours=1)).isoformat()))
    make.move(what, -15, home=home, at=now() - timedelta(minutes=5))
    place(home, (what, 10))
    by_wms(home, what)
    apply_all(wms, what)
    assert make.on_hand(what, home) == 5
    assert OversellIncident.objects.get(item=what, closed_at=None).shortfall == 5


def test_what_agrees_becomes_unchanged_and_may_be_applied_later(home, wms):
    what = make.stock(100, home=home)
    wms.send(wms.update(1, what, 100))
    by_wms(home, what)
    assert apply_all(wms, what) == 0
    assert WmsUpdate.objects.get().state == "unchanged"
    assert not Movement.objects.filter(kind="feed").exists()
    make.move(what, 7, home=home, kind=Movement.Kind.OPENING)  # the record was corrected meanwhile
    assert apply_all(wms, what) == 1
    assert make.on_hand(what, home) == 100
    assert WmsUpdate.objects.get().state == "applied"
    assert wms_updates().problem is None


def test_without_the_authority_and_below_zero_nothing_moves(home, wms):
    others, short = make.stock(100, home=home), make.stock(100, home=home)
    hour_ago = (now() - timedelta(hours=1)).isoformat()
    wms.send(wms.update(1, others, 50), wms.update(2, short, 10, received_at=hour_ago))
    make.move(short, -40, home=home, at=now() - timedelta(minutes=5))
    by_wms(home, short)
    assert apply_all(wms, others, short) == 0
    assert set(WmsUpdate.objects.values_list("state", flat=True)) == {"compared"}
    assert Balance.objects.get(item=others).authority == Authority.COUNT


def test_many_items_take_as_many_statements_as_few(home, wms):
    def statements(number: int, first: int) -> int:
        items = [make.stock(100, home=home) for _ in range(number)]
        wms.send(*[wms.update(first + n, what, 90) for n, what in enumerate(items)])
        by_wms(home, *items)
        with CaptureQueriesContext(connection) as seen:
            assert apply_all(wms, *items) == number
        return len(seen)

    statements(1, 1)
    assert statements(40, 100) == statements(4, 1000)


def test_a_word_applied_before_is_not_applied_again(home, wms):
    what = fed_stock(100, home=home)
    wms.send(wms.update(1, what, 90))
    make.move(what, 5, home=home)
    assert apply_all(wms, what) == 0
    assert_books_agree()
