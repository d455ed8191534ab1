"""Messages get lost, come twice and overtake one another: in the end the stock is what it would have been in order."""

from random import Random
from typing import Any

import pytest

from inventory.models import Authority, Balance, Movement, WmsUpdate
from tests import factories as make
from tests.orders.selling import assert_books_agree
from tests.wms.sending import Wms, fed_stock, in_messages, state_hash, stream
from tests.wms.streams import assert_every_update_counted_once, disturbed

pytestmark = pytest.mark.django_db


def warehouse(name: str, number: int) -> tuple[Any, Wms, list[Any]]:
    home = make.zone(location=name)
    items = [fed_stock(50, home=home, code=f"{name}-{n:03d}") for n in range(number)]
    return home, Wms(home, name.lower()), items


def run(name: str, items: int, length: int, seed: int | None, size: int) -> dict[str, str]:
    """Item -> on hand at the end of the same day, in order or disturbed by this seed."""
    home, wms, stocked = warehouse(name, items)
    draw = Random("quantities")
    quantities = [draw.randrange(200) for _ in range(length + 1)]
    updates = stream(stocked, wms, length, quantities.__getitem__)
    messages = in_messages(updates, size) if seed is None else disturbed(updates, Random(seed), size)
    for message in messages:
        assert wms.send(*message).status_code == 200
    assert_every_update_counted_once(wms.client, length)
    rows = Balance.objects.filter(location=home.location).order_by("item__item_code")
    return {
        code.partition("-")[2]: f"{on_hand:f}"
        for code, on_hand in rows.values_list("item__item_code", "quantity_on_hand")
    }


@pytest.mark.parametrize("seed", [1, 2])
def test_any_order_ends_like_the_right_one(seed):
    calm = run("CALM", 12, 400, None, 50)
    wild = run("WILD", 12, 400, seed, 50)
    assert wild == calm
    assert_books_agree()


def test_the_stream_sent_once_more_changes_nothing():
    home, wms, items = warehouse("MAIN", 10)
    updates = stream(items, wms, 200, lambda n: n % 37)
    wms.send(*updates)
    before = state_hash(home), Movement.objects.count(), WmsUpdate.objects.count()
    assert set(wms.told(*updates)) == {"duplicate"}
    assert (state_hash(home), Movement.objects.count(), WmsUpdate.objects.count()) == before


def test_what_was_only_compared_leaves_the_ledger_alone_in_any_order():
    home, wms, items = warehouse("MAIN", 10)
    Balance.objects.update(authority=Authority.COUNT)
    before = state_hash(home)
    for message in disturbed(stream(items, wms, 100, lambda n: n), Random(3), 20):
        assert set(wms.told(*message)) <= {"compared", "superseded", "duplicate"}
    assert state_hash(home) == before
