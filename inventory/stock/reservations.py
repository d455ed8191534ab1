"""Promises to orders: reserve, release, ship. Many lines at once, all or nothing.

Reserved is what the open order lines still wait for, always. Nobody is promised what is not available: the rows are
locked in order of id and read again before they are written (SQLite begins its transactions as writers, which is
the same for the whole database), so two buyers of the last unit cannot both read that it is there.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import F, Sum

from approvals.refusals import Refused
from approvals.set_based import update_rows
from approvals.templatetags.figures import quantity
from inventory.models import Balance, Item, Location, Movement, OrderLine
from inventory.stock.ledger import NewMovement, lock_balances, record_movements

SOURCE = "order"


@dataclass(frozen=True)
class Portion:
    """More than zero, in the item's unit. Several portions of one item add up."""

    item_id: int
    quantity: Decimal


@dataclass(frozen=True)
class Shortage:
    """An item of which more is wanted than may be promised, or shipped."""

    item_id: int
    item_code: str
    wanted: Decimal
    on_hand: Decimal
    reserved: Decimal
    sentence: str


class Short(Refused):
    """Nothing was promised or shipped; one sentence for each item of which there is too little."""

    def __init__(self, shortages: Sequence[Shortage]) -> None:
        self.shortages = shortages
        super().__init__(shortage.sentence for shortage in shortages)


class _Stock(NamedTuple):
    pk: int
    on_hand: Decimal
    reserved: Decimal


def reserve(portions: Iterable[Portion], *, location: Location) -> None:
    """Promise these quantities. Raises Short, promising nothing, when available would fall below zero."""
    wanted = _totals(portions)
    with transaction.atomic():
        stock = _locked(location, wanted)
        if short := _not_available(location, wanted, stock):
            raise Short(short)
        _write_reserved((stock[item_id], asked) for item_id, asked in wanted.items())


def release(portions: Iterable[Portion], *, location: Location) -> None:
    """Let promised quantities go; they are available again."""
    promised = _totals(portions)
    with transaction.atomic():
        stock = _locked(location, promised)
        _write_reserved((stock[item_id], -let_go) for item_id, let_go in promised.items())


def ship(
    portions: Sequence[Portion],
    *,
    location: Location,
    reference: str,
    by: Any | None = None,
    occurred_at: datetime,
) -> None:
    """Promised goods leave: the promise ends and a shipment is appended to the ledger, together.

    Raises Short, shipping nothing, where a count has found less than was promised.
    """
    leaving = _totals(portions)
    with transaction.atomic():
        stock = _locked(location, leaving)
        if short := _not_on_hand(location, leaving, stock):
            raise Short(short)
        _write_reserved((stock[item_id], -left) for item_id, left in leaving.items())
        kind = Movement.Kind.SHIPMENT
        record_movements(
            [NewMovement(portion.item_id, -portion.quantity, kind, occurred_at, reference) for portion in portions],
            location=location,
            source=SOURCE,
            by=by,
        )


def shortages(portions: Iterable[Portion], *, location: Location) -> list[Shortage]:
    """What `reserve` would refuse at this moment. Locks nothing, so it promises nothing either."""
    wanted = _totals(portions)
    return _not_available(location, wanted, _read(location, wanted))


def first_wrong_reservation() -> str | None:
    """Add the open order lines up for every balance; a sentence naming the first that differs, or None."""
    open_lines = (
        OrderLine.objects.filter(quantity__gt=F("fulfilled") + F("cancelled"))
        .order_by()
        .values("item", "order__location")
        .annotate(waiting=Sum(F("quantity") - F("fulfilled") - F("cancelled")))
    )
    waiting = {(row["item"], row["order__location"]): round(row["waiting"], 3) for row in open_lines}
    promised = Balance.objects.filter(quantity_reserved__gt=0).order_by("pk")
    rows = promised.values_list("item_id", "location_id", "quantity_reserved")
    reserved = {(item_id, location_id): amount for item_id, location_id, amount in rows.iterator(chunk_size=20_000)}
    for key in sorted(waiting.keys() | reserved.keys()):
        ours, theirs = reserved.get(key, Decimal(0)), waiting.get(key, Decimal(0))
        if ours != theirs:
            item, location = Item.objects.get(pk=key[0]), Location.objects.get(pk=key[1])
            return (
                f"Item {item.item_code} at {location.code}: {quantity(ours)} reserved, "
                f"but its open order lines wait for {quantity(theirs)}."
            )
    return None


def _totals(portions: Iterable[Portion]) -> dict[int, Decimal]:
    totals: dict[int, Decimal] = {}
    for portion in portions:
        if portion.quantity <= 0:
            raise ValueError("A portion is more than nothing.")
        totals[portion.item_id] = totals.get(portion.item_id, Decimal(0)) + portion.quantity
    return totals


def _locked(location: Location, item_ids: Iterable[int]) -> dict[int, _Stock]:
    return {row.item_id: _Stock(row.pk, row.on_hand, row.reserved) for row in lock_balances(location, item_ids)}


def _read(location: Location, item_ids: Iterable[int]) -> dict[int, _Stock]:
    rows = Balance.objects.filter(location=location, item__any_of=item_ids).order_by()
    columns = rows.values_list("item_id", "pk", "quantity_on_hand", "quantity_reserved")
    return {item_id: _Stock(pk, on_hand, reserved) for item_id, pk, on_hand, reserved in columns}


def _write_reserved(changes: Iterable[tuple[_Stock, Decimal]]) -> None:
    update_rows(Balance, ["quantity_reserved"], [(stock.pk, stock.reserved + change) for stock, change in changes])


def _not_available(location: Location, wanted: dict[int, Decimal], stock: dict[int, _Stock]) -> list[Shortage]:
    return _short(location, wanted, stock, _unavailable, lambda row: row.on_hand - row.reserved)


def _not_on_hand(location: Location, leaving: dict[int, Decimal], stock: dict[int, _Stock]) -> list[Shortage]:
    return _short(location, leaving, stock, _gone, lambda row: row.on_hand)


def _short(
    location: Location,
    wanted: dict[int, Decimal],
    stock: dict[int, _Stock],
    sentence: Callable[[Decimal, _Stock], str],
    limit: Callable[[_Stock], Decimal],
) -> list[Shortage]:
    nothing = _Stock(0, Decimal(0), Decimal(0))
    rows = {item_id: stock.get(item_id, nothing) for item_id in wanted}
    lacking = [item_id for item_id, asked in wanted.items() if asked > limit(rows[item_id])]
    if not lacking:
        return []
    codes = dict(Item.objects.filter(pk__any_of=lacking).order_by().values_list("pk", "item_code"))
    return [
        Shortage(
            item_id,
            codes[item_id],
            wanted[item_id],
            rows[item_id].on_hand,
            rows[item_id].reserved,
            f"Item {codes[item_id]} at {location.code}: {sentence(wanted[item_id], rows[item_id])}",
        )
        for item_id in lacking
    ]


def _unavailable(asked: Decimal, row: _Stock) -> str:
    available = max(row.on_hand - row.reserved, Decimal(0))
    return (
        f"{quantity(asked)} wanted, {quantity(available)} available "
        f"({quantity(row.on_hand)} on hand, {quantity(row.reserved)} promised to orders). "
        + (f"Order at most {quantity(available)}." if available else "Order it when goods have come.")
    )


def _gone(leaving: Decimal, row: _Stock) -> str:
    return (
        f"{quantity(leaving)} are to leave, but only {quantity(row.on_hand)} are on hand. "
        "Count the item, or fulfil what is there."
    )
