"""The newest words and the feed's movements computed once more from the raw rows alone, beside what is stored.

Of an item, on hand after an update was applied is what it stated plus the goods that had moved since: so each delta
follows from what was sent and from the movements recorded before it.
"""

import hashlib
from bisect import bisect_right, insort
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import groupby, islice
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef

from approvals.templatetags.figures import quantity, signed
from inventory.models import Item, Movement, WmsClient, WmsStanding, WmsUpdate
from inventory.stock.ledger import PHYSICAL_KINDS, lock_balances
from inventory.wms.bodies import Read
from inventory.wms.intake import hold_intake
from inventory.wms.stored_rows import read_again

ITEMS_AT_ONCE = 500
READ_AT_ONCE = 2_000
NOTHING = Decimal(0)
Problems = dict[int, list[str]]  # by item


def differences(client: WmsClient) -> Iterator[str]:
    """A sentence for each. Items by the hundred, in a constant number of statements; messages may come meanwhile."""
    said = WmsUpdate.objects.filter(client=client, item=OuterRef("pk"))
    standing = WmsStanding.objects.filter(client=client, item=OuterRef("pk"))
    items = Item.objects.filter(Exists(said) | Exists(standing)).order_by("pk")
    ids = items.values_list("pk", flat=True).iterator(chunk_size=READ_AT_ONCE)
    while chunk := list(islice(ids, ITEMS_AT_ONCE)):
        suspects = sorted(_problems(client, chunk))
        if suspects:
            for sentences in _at_rest(client, suspects).values():
                yield from sentences


@transaction.atomic
def _at_rest(client: WmsClient, item_ids: Sequence[int]) -> Problems:
    """Looked at again while nothing comes in between: a message that was being taken is no difference."""
    hold_intake(client)
    lock_balances(client.location, item_ids)
    return _problems(client, item_ids)


def _problems(client: WmsClient, item_ids: Sequence[int]) -> Problems:
    found: Problems = {}
    codes = dict(Item.objects.filter(pk__any_of=list(item_ids)).values_list("pk", "item_code"))
    for item_id, sentence in (
        *_of_rows_and_standings(client, codes),
        *_of_movements(client, codes),
        *_unposted(client, codes),
    ):
        found.setdefault(item_id, []).append(sentence)
    return found


def _of_rows_and_standings(client: WmsClient, codes: dict[int, str]) -> Iterator[tuple[int, str]]:
    newest: dict[int, tuple[int, Decimal, datetime]] = {}
    rows = WmsUpdate.objects.filter(client=client, item__any_of=list(codes)).exclude(state=WmsUpdate.State.QUARANTINED)
    for row in rows.order_by("item_id", "sequence").iterator(chunk_size=READ_AT_ONCE):
        [read] = read_again([row], client.wms_id)
        if problem := _altered(row, read, codes[row.item_id or 0]):
            yield row.item_id or 0, f"Update {row.sequence} of {client} (row {row.pk}): {problem}"
        if read.update:
            newest[row.item_id or 0] = (read.update.sequence, read.update.quantity, read.update.as_of)
    standings = WmsStanding.objects.filter(client=client, item__any_of=list(codes)).order_by("item_id")
    stored = {
        item: (sequence, said, as_of)
        for item, sequence, said, as_of in standings.values_list("item_id", "sequence", "quantity", "as_of")
    }
    for item_id in sorted(stored.keys() | newest.keys()):
        if stored.get(item_id) != newest.get(item_id):
            yield (
                item_id,
                f"{codes[item_id]}: the newest word of {client} is stored as {_word(stored.get(item_id))}, but by "
                f"what was sent it is {_word(newest.get(item_id))}.",
            )


def _altered(row: WmsUpdate, read: Read, code: str) -> str:
    if hashlib.sha256(row.payload.encode()).hexdigest() != row.payload_hash:
        return "what was sent has been altered since it was stored."
    if read.update is None:
        return f"it was understood when it came, but not any more: {read.why}"
    meant = (read.update.sequence, read.sku, read.update.quantity, read.update.as_of)
    if meant != (row.sequence, code, row.quantity, row.as_of):
        said, stored = quantity(read.update.quantity), quantity(row.quantity)
        return f"sent was {said} of {read.sku}, sequence {read.update.sequence}; stored is {stored} of {code}."
    return ""


def _word(word: tuple[int, Decimal, datetime] | None) -> str:
    return f"{quantity(word[1])} (sequence {word[0]})" if word else "nothing"


def _of_movements(client: WmsClient, codes: dict[int, str]) -> Iterator[tuple[int, str]]:
    rows = Movement.objects.filter(location=client.location_id, item__any_of=list(codes)).order_by("item_id", "pk")
    stream = rows.select_related("wms_update").iterator(chunk_size=READ_AT_ONCE)
    for item_id, movements in groupby(stream, key=lambda movement: movement.item_id):
        on_hand, goods = NOTHING, list[tuple[datetime, Decimal]]()
        for movement in movements:
            said = movement.wms_update
            if said and said.client_id == client.pk:
                expected = _delta(said, client, on_hand, goods)
                if expected != movement.delta:
                    yield (
                        item_id,
                        f"{codes[item_id]}: movement {movement.pk} is {signed(movement.delta)}, but update "
                        f"{said.sequence} of {client} came to {'nothing' if expected is None else signed(expected)}.",
                    )
            if movement.kind in PHYSICAL_KINDS:
                insort(goods, (movement.occurred_at, movement.delta))
            on_hand += movement.delta


def _delta(
    said: WmsUpdate, client: WmsClient, on_hand: Decimal, goods: list[tuple[datetime, Decimal]]
) -> Decimal | None:
    """None when what was sent states no quantity."""
    [read] = read_again([said], client.wms_id)
    if read.update is None:
        return None
    first = bisect_right(goods, read.update.as_of, key=lambda moved: moved[0])
    return read.update.quantity + sum((delta for _, delta in goods[first:]), NOTHING) - on_hand


def _unposted(client: WmsClient, codes: dict[int, str]) -> Iterator[tuple[int, str]]:
    applied = WmsUpdate.objects.filter(client=client, item__any_of=list(codes), state=WmsUpdate.State.APPLIED)
    rows: Any = applied.filter(movements=None).order_by("item_id", "sequence")
    for item_id, sequence in rows.values_list("item_id", "sequence"):
        yield item_id, f"{codes[item_id]}: update {sequence} of {client} was applied, but no movement stands behind it."
