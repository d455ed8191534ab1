"""Warehouses with the same items, one stream of updates for each, in order or disturbed, and what must hold after it.

Usable inside a test and, through `manage.py shell`, in a process on another database.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from approvals.clock import now
from approvals.models import Event
from inventory.models import Authority, Balance, Item, Location, Movement, WmsClient, WmsGap, WmsMessage, WmsUpdate
from inventory.stock.ledger import NewMovement, record_movements
from inventory.wms.simulator.sending import Sender
from inventory.wms.simulator.signing import key_of
from tests import factories as make
from tests.orders.selling import assert_books_agree
from tests.wms.sending import Wms, in_messages, state_hash

LENGTH, ITEMS = 5_000, 100
CODES = [f"{n:03d}" for n in range(ITEMS)]
CALM = "calm"
BEGUN = timedelta(hours=6)


def quantities() -> list[int]:
    """By sequence."""
    draw = Random("quantities")
    return [draw.randrange(200) for _ in range(LENGTH + 1)]


def newest() -> dict[str, Decimal]:
    """Item -> what the last update of it says."""
    said = quantities()
    return {CODES[n % ITEMS]: Decimal(said[n]) for n in range(1, LENGTH + 1)}


def updates_of(wms_id: str, begun: datetime) -> list[dict[str, Any]]:
    said = quantities()
    return [
        {
            "wms_id": wms_id, "sequence": n, "sku": CODES[n % ITEMS], "quantity": said[n], "status": "available",
            "received_at": (begun + timedelta(seconds=n)).isoformat(),
        }
        for n in range(1, LENGTH + 1)
    ]  # fmt: skip


Messages = dict[str, list[dict[str, Any]]]


def messages_of(wms_id: str, size: int, begun: datetime) -> Messages:
    """By message id. `calm` sends in order; the others end in the number of their seed."""
    updates = updates_of(wms_id, begun)
    parts = in_messages(updates, size)
    if wms_id != CALM:
        parts = disturbed(updates, Random(int(wms_id.rpartition("-")[2])), size)
    return {f"{wms_id}-{number}": part for number, part in enumerate(parts)}


def halves(messages: Messages) -> list[Messages]:
    """For two senders at once, in turn."""
    ids = list(messages)
    return [{message_id: messages[message_id] for message_id in ids[part::2]} for part in range(2)]


def disturbed(updates: list[Any], random: Random, size: int) -> list[list[Any]]:
    """Shuffled over the whole stream, a fifth twice, a tenth lost at first and sent at the end, in messages."""
    lost = {id(update) for update in random.sample(updates, len(updates) // 10)}
    first = [update for update in updates if id(update) not in lost]
    first += random.sample(first, len(first) // 4)
    random.shuffle(first)
    late = [update for update in updates if id(update) in lost]
    random.shuffle(late)
    return in_messages(first, size) + in_messages(late, size)


def create_warehouses(wms_ids: Iterable[str]) -> dict[str, str]:
    """Each at a location of its own, with the same items, all followed; {WMS id: secret}."""
    items = [make.item(code) for code in CODES]
    return {wms_id: _create_warehouse(wms_id, items) for wms_id in wms_ids}


def _create_warehouse(wms_id: str, items: list[Item]) -> str:
    home = make.zone(location=wms_id.upper())
    opening = [NewMovement(item.pk, Decimal(50), Movement.Kind.OPENING, now() - timedelta(days=30)) for item in items]
    record_movements(opening, location=home.location, source="test", zone=home)
    Balance.objects.filter(location=home.location).update(authority=Authority.WMS)
    return Wms(home, wms_id).secret


def print_warehouses(*wms_ids: str) -> None:
    print(json.dumps(create_warehouses(wms_ids)))


def send_all(
    address: str, wms_id: str, secret: str, messages: Messages, note: Callable[[str], None] = lambda sent: None
) -> Sender:
    """One after the other, each until it is answered; then its id is noted."""
    sender = Sender(address, wms_id, key_of(secret), patience=300, longest_wait=0.5)
    for message_id, updates in messages.items():
        body = json.dumps({"schema_version": "1", "updates": updates}).encode()
        answer = sender.send(message_id, body)
        assert len(answer["results"]) == len(updates)
        note(message_id)
    return sender


def assert_all_ended_alike(size: int) -> None:
    """Of all warehouses there are: the same stock, everything counted once, every event there once and in its place."""
    for client in WmsClient.objects.select_related("location"):
        assert_every_update_counted_once(client, LENGTH)
        messages = messages_of(client.wms_id, size, now())
        assert WmsMessage.objects.filter(client=client).count() == len(messages), client
    homes = {zone.location.code: zone for zone in map(_a_zone, Location.objects.all())}
    hashes = {code: state_hash(home) for code, home in homes.items()}
    assert set(hashes.values()) == {hashes[CALM.upper()]}, hashes
    rows = Balance.objects.filter(location__code=CALM.upper()).values_list("item__item_code", "quantity_on_hand")
    assert dict(rows) == newest()
    assert_books_agree()
    assert_one_event_for_each_change()


def _a_zone(location: Location) -> Any:
    return location.zones.get()


def assert_every_update_counted_once(client: WmsClient, length: int) -> None:
    mine = WmsUpdate.objects.filter(client=client)
    assert mine.values("sequence").distinct().count() == mine.count() == length
    assert not mine.filter(state="quarantined").exists()
    posted = Movement.objects.filter(kind="feed", wms_update__client=client)
    assert posted.values("wms_update").distinct().count() == posted.count() == mine.filter(state="applied").count()
    assert not WmsGap.objects.filter(client=client, closed_at=None).exclude(first_missing__lt=1).exists()


def assert_one_event_for_each_change() -> None:
    """The outbox has run: places without holes, and each applied update told of once, as it was."""
    rows = Event.objects.filter(name="inventory.adjusted").values_list("position", "payload")
    told = Counter((told["wms_id"], told["sequence"], told["item_code"], Decimal(told["delta"])) for _, told in rows)
    applied = WmsUpdate.objects.filter(state="applied").values_list("client__wms_id", "sequence", "sku", "delta")
    assert told == Counter(applied)
    positions = Event.objects.order_by("position").values_list("position", flat=True)
    assert list(positions) == list(range(1, len(positions) + 1))
