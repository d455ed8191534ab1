"""Opening stock: what lay there when the ledger began.

It can be given once for each item and location. Given again with the same quantity it changes nothing; once
anything else has happened to the item there, a count is the way to correct it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Count, Q, Sum

from inventory.models import Balance, Location, Movement, Zone
from inventory.stock.ledger import NewMovement, record_movements


@dataclass(frozen=True)
class OpeningStock:
    """One item's whole quantity at the location, in the item's unit."""

    item_id: int
    quantity: Decimal
    bin: str = ""


@dataclass(frozen=True)
class Begun:
    """What the ledger holds of an item at a location: its opening quantity, and how many other movements."""

    opening: Decimal
    others: int


def begun(location: Location, item_ids: Iterable[int]) -> dict[int, Begun]:
    """Items that already have a balance at this location."""
    wanted = list(item_ids)
    balances = Balance.objects.filter(location=location, item__any_of=wanted)
    is_opening = Q(kind=Movement.Kind.OPENING)
    rows = (
        Movement.objects.filter(location=location, item__any_of=wanted)
        .order_by()
        .values("item")
        .annotate(opening=Sum("delta", filter=is_opening), others=Count("pk", filter=~is_opening))
    )
    moved = {row["item"]: Begun(row["opening"] or Decimal(0), row["others"]) for row in rows}
    nothing = Begun(Decimal(0), 0)
    return {item_id: moved.get(item_id, nothing) for item_id in balances.values_list("item_id", flat=True)}


def open_stock(
    lines: Sequence[OpeningStock],
    *,
    location: Location,
    zone: Zone | None,
    occurred_at: datetime,
    reference: str,
    source: str,
    by: Any | None = None,
) -> None:
    """Create the balances with home zone and bin, and record the opening movements; check `begun` first."""
    with transaction.atomic():
        known = set(
            Balance.objects.filter(location=location, item__any_of=[line.item_id for line in lines]).values_list(
                "item_id", flat=True
            )
        )
        Balance.objects.bulk_create(
            Balance(item_id=line.item_id, location=location, zone=zone, bin=line.bin)
            for line in lines
            if line.item_id not in known
        )
        record_movements(
            [NewMovement(line.item_id, line.quantity, Movement.Kind.OPENING, occurred_at, reference) for line in lines],
            location=location,
            source=source,
            by=by,
            zone=zone,
        )
