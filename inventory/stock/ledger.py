"""The ledger: the only place that writes Movement and Balance.

On hand is the sum of movements, always: every function here writes both in one transaction, in a number of
statements that does not depend on the number of lines. Rows are locked in order of id, so that two postings cannot
wait for each other.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection, transaction

from approvals.clock import now
from approvals.set_based import insert_rows, update_rows
from inventory.models import (
    Adjustment,
    Balance,
    CountLine,
    CountSheet,
    Item,
    Location,
    Movement,
    SyncLine,
    WmsClient,
    WmsMessage,
    Zone,
)

PHYSICAL_KINDS = (
    Movement.Kind.RECEIPT,
    Movement.Kind.SHIPMENT,
    Movement.Kind.TRANSFER,
    Movement.Kind.ASSEMBLY,
)  # goods that really moved; opening stock and count adjustments only correct the record


@dataclass(frozen=True)
class NewMovement:
    """`delta` is signed, in the item's unit."""

    item_id: int
    delta: Decimal
    kind: str
    occurred_at: datetime
    reference: str = ""
    decision_id: int | None = None  # the proposed action it carries out


def record_movements(
    movements: Sequence[NewMovement],
    *,
    location: Location,
    source: str,
    by: Any | None = None,
    zone: Zone | None = None,
) -> None:
    """Append movements and carry them into balances. Missing balances are created, at home in `zone`."""
    moving = [movement for movement in movements if movement.delta]
    with transaction.atomic():
        add_missing_balances({movement.item_id for movement in movements}, location=location, zone=zone)
        lock_balances(location, [movement.item_id for movement in moving])
        insert_rows(
            Movement,
            [
                "item",
                "location",
                "delta",
                "kind",
                "source",
                "reference",
                "occurred_at",
                "recorded_at",
                "recorded_by",
                "decision",
            ],
            [
                (
                    m.item_id,
                    location.pk,
                    m.delta,
                    m.kind,
                    source,
                    m.reference,
                    m.occurred_at,
                    now(),
                    by and by.pk,
                    m.decision_id,
                )
                for m in moving
            ],
        )
        totals: dict[int, Decimal] = {}
        for movement in moving:
            totals[movement.item_id] = totals.get(movement.item_id, Decimal(0)) + movement.delta
        _add_to_on_hand(location, totals)


def add_missing_balances(item_ids: Iterable[int], *, location: Location, zone: Zone | None) -> None:
    wanted = set(item_ids)
    known = set(Balance.objects.filter(location=location, item__any_of=wanted).values_list("item_id", flat=True))
    Balance.objects.bulk_create(
        (Balance(item_id=item_id, location=location, zone=zone) for item_id in sorted(wanted - known)),
        ignore_conflicts=True,
    )


class LockedBalance(NamedTuple):
    item_id: int
    pk: int
    on_hand: Decimal
    reserved: Decimal
    authority: str


def lock_balances(location: Location, item_ids: Iterable[int]) -> list[LockedBalance]:
    """As they are now; until the transaction ends nobody else changes on hand of these items."""
    rows = Balance.objects.select_for_update().filter(location=location, item__any_of=item_ids).order_by("pk")
    columns = rows.values_list("item_id", "pk", "quantity_on_hand", "quantity_reserved", "authority")
    return [LockedBalance(*row) for row in columns]


def _add_to_on_hand(location: Location, totals: dict[int, Decimal]) -> None:
    rows = Balance.objects.filter(location=location, item__any_of=totals).values_list(
        "pk", "item_id", "quantity_on_hand"
    )
    update_rows(Balance, ["quantity_on_hand"], [(pk, on_hand + totals[item_id]) for pk, item_id, on_hand in rows])


@dataclass(frozen=True)
class _Lines:
    """The rows an adjustment is made of: what their movements say, and whether posting means they were counted."""

    model: Any
    kind: str
    source: str
    link: str  # the movement's column for one of them
    are_counts: bool


_COUNTED = _Lines(CountLine, Movement.Kind.COUNT, "count", "count_line_id", True)
_SYNCED = _Lines(SyncLine, Movement.Kind.SYNC, "excel", "sync_line_id", False)


def post_adjustment(adjustment: Adjustment) -> None:
    """Put an adjustment's lines on the ledger: the variance as a delta, so that later movements survive.

    Idempotent: `posted_at` is set in the same transaction. A line whose variance came to nothing moves nothing.
    """
    with transaction.atomic():
        locked = Adjustment.objects.select_for_update().get(pk=adjustment.pk)
        if locked.posted_at:
            return
        location, lines = locked.location, _COUNTED if locked.sheet_id else _SYNCED
        item_ids = list(lines.model.objects.filter(adjustment=locked).values_list("item_id", flat=True))
        add_missing_balances(item_ids, location=location, zone=locked.sheet.zone if locked.sheet else None)
        lock_balances(location, item_ids)
        names = {"lines": connection.ops.quote_name(lines.model._meta.db_table), "link": lines.link}
        update = _COUNT_BALANCES if lines.are_counts else _UPDATE_BALANCES
        with connection.cursor() as cursor:
            cursor.execute(
                _INSERT_MOVEMENTS.format(**names),
                [location.pk, lines.kind, lines.source, f"{locked}", _stamp(now()), locked.approved_by_id, locked.pk],
            )
            cursor.execute(update.format(**names), [locked.pk, location.pk])
        locked.posted_at = now()
        locked.save(update_fields=["posted_at"])


def post_wms_updates(message: WmsMessage) -> None:
    """Put a message's applied updates on the ledger, each as the delta it came to.

    The caller holds the balances' locks since it computed them, and calls this once, in the transaction that stores
    the message.
    """
    client, location = message.client, message.client.location
    with connection.cursor() as cursor:
        cursor.execute(_INSERT_FEED, [location.pk, f"{client.wms_id} ", _stamp(message.received_at), message.pk])
        cursor.execute(_UPDATE_FED_BALANCES, [message.pk, location.pk])


@dataclass(frozen=True)
class FedUpdate:
    """An update of a WMS that became `applied` after its message was taken; `delta` is not zero."""

    update_id: int
    sequence: int
    item_id: int
    delta: Decimal
    as_of: datetime


def post_fed_updates(client: WmsClient, updates: Sequence[FedUpdate], at: datetime) -> None:
    """Put such updates on the ledger, one movement each, in the order given.

    The caller holds the client's intake and the balances' locks since it computed the deltas.
    """
    insert_rows(
        Movement,
        ["item", "location", "delta", "kind", "source", "reference", "occurred_at", "recorded_at", "wms_update"],
        [
            (u.item_id, client.location_id, u.delta, Movement.Kind.FEED, "wms", f"{client.wms_id} {u.sequence}",
             u.as_of, at, u.update_id)
            for u in updates
        ],
    )  # fmt: skip
    totals: dict[int, Decimal] = {}
    for update in updates:
        totals[update.item_id] = totals.get(update.item_id, Decimal(0)) + update.delta
    if totals:
        _add_to_on_hand(client.location, totals)


def stamp_matched(sheet: CountSheet) -> int:
    """Remember that the lines that matched were counted. Only ever moves the date forward."""
    with connection.cursor() as cursor:
        cursor.execute(_STAMP_MATCHED, [sheet.pk, sheet.zone.location_id])
        return int(cursor.rowcount)


def _stamp(moment: datetime) -> Any:
    return Movement._meta.get_field("recorded_at").get_db_prep_save(moment, connection)


# One text for both databases. ROUND because SQLite adds numerics as floats. The names put in are our own tables'.
_INSERT_MOVEMENTS = """
    INSERT INTO inventory_movement
        (item_id, location_id, delta, kind, source, reference, occurred_at, recorded_at, recorded_by_id,
         adjustment_id, {link})
    SELECT line.item_id, %s, line.variance, %s, %s, %s, line.counted_at, %s, %s, line.adjustment_id, line.id
    FROM {lines} AS line
    WHERE line.adjustment_id = %s AND line.variance <> 0
"""
_UPDATE_BALANCES = """
    UPDATE inventory_balance
    SET quantity_on_hand = ROUND(inventory_balance.quantity_on_hand + line.variance, 3)
    FROM {lines} AS line
    WHERE line.adjustment_id = %s AND inventory_balance.location_id = %s AND inventory_balance.item_id = line.item_id
"""
_COUNT_BALANCES = """
    UPDATE inventory_balance
    SET quantity_on_hand = ROUND(inventory_balance.quantity_on_hand + line.variance, 3),
        last_counted_at = CASE
            WHEN inventory_balance.last_counted_at > line.counted_at THEN inventory_balance.last_counted_at
            ELSE line.counted_at END
    FROM {lines} AS line
    WHERE line.adjustment_id = %s AND inventory_balance.location_id = %s AND inventory_balance.item_id = line.item_id
"""
_INSERT_FEED = """
    INSERT INTO inventory_movement
        (item_id, location_id, delta, kind, source, reference, occurred_at, recorded_at, wms_update_id)
    SELECT said.item_id, %s, said.delta, 'feed', 'wms', %s || said.sequence, said.as_of, %s, said.id
    FROM inventory_wmsupdate AS said
    WHERE said.message_id = %s AND said.state = 'applied'
    ORDER BY said.sequence
"""
_UPDATE_FED_BALANCES = """
    UPDATE inventory_balance
    SET quantity_on_hand = ROUND(inventory_balance.quantity_on_hand + change.total, 3)
    FROM (
        SELECT said.item_id, SUM(said.delta) AS total
        FROM inventory_wmsupdate AS said
        WHERE said.message_id = %s AND said.state = 'applied'
        GROUP BY said.item_id
    ) AS change
    WHERE inventory_balance.location_id = %s AND inventory_balance.item_id = change.item_id
"""
_STAMP_MATCHED = """
    UPDATE inventory_balance
    SET last_counted_at = line.counted_at
    FROM inventory_countline AS line
    WHERE line.sheet_id = %s AND line.classification = 'match' AND inventory_balance.location_id = %s
        AND inventory_balance.item_id = line.item_id
        AND (inventory_balance.last_counted_at IS NULL OR inventory_balance.last_counted_at < line.counted_at)
"""


def first_wrong_balance() -> str | None:
    """Recompute every balance from its movements; a sentence naming the first that differs, or None."""
    sums: dict[tuple[int, int], Decimal] = {}
    rows = Movement.objects.order_by().values_list("item_id", "location_id", "delta")
    for item_id, location_id, delta in rows.iterator(chunk_size=20_000):
        key = (item_id, location_id)
        sums[key] = sums.get(key, Decimal(0)) + delta
    balances = Balance.objects.order_by("pk").values_list(
        "item_id", "location_id", "quantity_on_hand", "quantity_reserved", "quantity_available"
    )
    for item_id, location_id, on_hand, reserved, available in balances.iterator(chunk_size=20_000):
        summed = sums.pop((item_id, location_id), Decimal(0))
        if summed != on_hand or available != on_hand - reserved:
            return _wrong(item_id, location_id, on_hand, summed, available)
    if sums:
        (item_id, location_id), summed = next(iter(sums.items()))
        return _wrong(item_id, location_id, Decimal(0), summed, Decimal(0))
    return None


def _wrong(item_id: int, location_id: int, on_hand: Decimal, summed: Decimal, available: Decimal) -> str:
    item, location = Item.objects.get(pk=item_id), Location.objects.get(pk=location_id)
    return (
        f"Item {item.item_code} at {location.code}: on hand {on_hand}, available {available}, "
        f"but its movements add up to {summed}."
    )
