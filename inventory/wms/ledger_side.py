"""What is known here about the items of a message, read in a constant number of statements, balances locked."""

from collections.abc import Collection
from datetime import datetime

from inventory.models import Item, Location, WmsClient, WmsDispute, WmsStanding, WmsUpdate
from inventory.stock.ledger import lock_balances
from inventory.variance.expected import moved_after
from inventory.wms.bodies import Read
from inventory.wms.judging import Balance, Dispute, First, KnownItem, Side, Standing, as_of


def read_side(client: WmsClient, reads: Collection[Read], received_at: datetime) -> Side:
    """Call it inside the transaction that posts: the locks last until its end."""
    location, updates = client.location, [read for read in reads if read.update]
    items = _items({read.sku for read in updates})
    ids = sorted(item.pk for item in items.values())
    stated = {
        (items[read.sku].pk, as_of(read.update, received_at)) for read in updates if read.update and read.sku in items
    }
    locked = lock_balances(location, ids)
    disputes = _disputes(location, ids)
    moved = moved_after(location, stated)
    if disputes:  # apart, because the oldest of all moments decides how far back movements are read
        moved |= moved_after(location, {(item_id, dispute.opened_at) for item_id, dispute in disputes.items()})
    return Side(
        location=location.code,
        received_at=received_at,
        items=items,
        balances={row.item_id: Balance(row.pk, row.on_hand, row.reserved, row.authority) for row in locked},
        standings=_standings(client, ids),
        moved=moved,
        disputes=disputes,
        seen=_seen(client, {read.sequence for read in reads if read.sequence is not None}),
    )


def _items(codes: set[str]) -> dict[str, KnownItem]:
    rows = Item.objects.filter(item_code__any_of=sorted(codes)).order_by()
    columns = rows.values_list("item_code", "pk", "allows_fractions", "avg_cost")
    return {code: KnownItem(pk, fractions, cost) for code, pk, fractions, cost in columns}


def _disputes(location: Location, ids: list[int]) -> dict[int, Dispute]:
    rows = WmsDispute.objects.filter(location=location, item__any_of=ids, closed_at=None).order_by()
    columns = rows.values_list("item_id", "pk", "opened_at", "quantity", "wms_quantity", "wms_on_hand")
    return {item_id: Dispute(pk, at, found, stated, theirs) for item_id, pk, at, found, stated, theirs in columns}


def _standings(client: WmsClient, ids: list[int]) -> dict[int, Standing]:
    rows = WmsStanding.objects.filter(client=client, item__any_of=ids).order_by()
    return {item_id: Standing(pk, sequence) for item_id, pk, sequence in rows.values_list("item_id", "pk", "sequence")}


def _seen(client: WmsClient, sequences: set[int]) -> dict[int, First]:
    if not sequences:
        return {}
    # The range tells a database without statistics to look at that part of the index, not at the whole feed.
    among = WmsUpdate.objects.filter(client=client, sequence__gte=min(sequences), sequence__lte=max(sequences))
    rows = among.filter(sequence__any_of=sorted(sequences)).exclude(reason="key_reused")
    columns = rows.order_by().values_list("sequence", "payload_hash", "state", "why", "delta", "on_hand")
    return {
        sequence: First(payload_hash, state, why, delta, on_hand)
        for sequence, payload_hash, state, why, delta, on_hand in columns
        if sequence is not None
    }
