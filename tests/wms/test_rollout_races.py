"""A wave is switched while messages and orders keep coming: nobody waits for ever, and the newest word stands."""

from functools import partial

import pytest

from approvals.refusals import Refused
from inventory.models import Authority, Balance, Movement, WmsRollout, WmsUpdate
from inventory.wms.rollout import group, start_rollout
from inventory.wms.rollout_switch import switch_back, switch_live
from tests import factories as make
from tests.orders.selling import assert_books_agree, place
from tests.racing import at_once
from tests.wms.sending import Wms
from tests.wms.test_races import sender

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_switch_among_messages_and_orders():
    home, boss = make.zone(), make.approver()
    wms, items = Wms(home), [make.stock(500, home=home, cost="0.01") for _ in range(12)]
    chosen = group(wms.client, "all")
    wave = start_rollout(name="W", client=wms.client, balances=chosen, chosen="all", by=boss, reason="Test")

    def to_and_fro() -> None:
        for _ in range(2):
            switch_live(rollout=wave, by=boss, reason="Forward", despite_gates=True)
            switch_back(rollout=wave, by=boss, reason="Back")
        switch_live(rollout=wave, by=boss, reason="Forward", despite_gates=True)

    parts = [[wms.update(100 * side + n, what, 200 + side) for n, what in enumerate(items)] for side in range(1, 5)]
    orders = [partial(place, home, *((what, 3) for what in half)) for half in (items[:6], items[6:][::-1])]
    ends = at_once(*(sender(wms, part) for part in parts), *orders, to_and_fro)
    assert not [end for end in ends if isinstance(end, BaseException)], ends
    rows = Balance.objects.filter(location=home.location)
    assert {(row.authority, row.quantity_on_hand, row.quantity_reserved) for row in rows} == {(Authority.WMS, 204, 3)}
    applied = WmsUpdate.objects.filter(state="applied").count()
    assert Movement.objects.filter(kind="feed").count() == applied
    assert_books_agree()


def test_two_who_switch_at_once_switch_once():
    home, boss = make.zone(), make.approver()
    wms, what = Wms(home), make.stock(5, home=home)
    chosen = group(wms.client, "all")
    wave = start_rollout(name="W", client=wms.client, balances=chosen, chosen="all", by=boss, reason="Test")
    wms.told(wms.update(1, what, 9))
    ends = at_once(*[partial(switch_live, rollout=wave, by=boss, reason="Go", despite_gates=True)] * 3)
    assert sum(isinstance(end, Refused) for end in ends) == 2
    assert WmsRollout.objects.get().steps.filter(after="live").count() == 1
    assert make.on_hand(what, home) == 9
