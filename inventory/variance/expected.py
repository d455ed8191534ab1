"""What the ledger expected at the moment a line was counted, for many items in a constant number of queries.

Expected = on hand now, minus the goods that moved after the count. Movements that only correct the record (opening
stock, earlier count adjustments) are not goods that moved: the corrected record is the better guess of what
lay there at the count.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import QuerySet

from inventory.models import Balance, Location, Movement
from inventory.stock.ledger import PHYSICAL_KINDS

RECENT = timedelta(days=7)


def on_hand_now(location: Location, item_ids: Iterable[int]) -> dict[int, Decimal]:
    rows = Balance.objects.filter(location=location, item__any_of=item_ids)
    return dict(rows.order_by().values_list("item_id", "quantity_on_hand"))


def moved_since(location: Location, counted_at: Mapping[int, datetime]) -> dict[int, Decimal]:
    """Per item, the sum of goods that moved after its own count; `counted_at` is {item id: when counted}."""
    return {item_id: moved for (item_id, _), moved in moved_after(location, counted_at.items()).items()}


def moved_after(location: Location, stated: Iterable[tuple[int, datetime]]) -> dict[tuple[int, datetime], Decimal]:
    """The sum of goods that moved after each (item id, moment); where none did, there is no entry."""
    moments: dict[int, set[datetime]] = defaultdict(set)
    for item_id, moment in stated:
        moments[item_id].add(moment)
    if not moments:
        return {}
    moved: dict[tuple[int, datetime], Decimal] = defaultdict(Decimal)
    rows = _goods(location, moments).filter(occurred_at__gt=min(map(min, moments.values())))
    for item_id, occurred_at, delta in rows.values_list("item_id", "occurred_at", "delta"):
        for moment in moments[item_id]:
            if occurred_at > moment:
                moved[item_id, moment] += delta
    return dict(moved)


def expected_now(location: Location, stated: Sequence[tuple[int, int, datetime]]) -> dict[int, tuple[Decimal, Decimal]]:
    """{line id: (on hand now, expected when it was stated)} of lines given as (id, item id, stated when)."""
    when = {item_id: moment for _, item_id, moment in stated}
    on_hand, moved, nothing = on_hand_now(location, when), moved_since(location, when), Decimal(0)
    return {
        pk: (on_hand.get(item_id, nothing), on_hand.get(item_id, nothing) - moved.get(item_id, nothing))
        for pk, item_id, _ in stated
    }


def recent_movements(
    location: Location, counted_at: Mapping[int, datetime]
) -> dict[int, list[tuple[Decimal, str, datetime]]]:
    """Goods moved within a week before or after the count, newest first: the material for suggested reasons."""
    if not counted_at:
        return {}
    found: dict[int, list[tuple[Decimal, str, datetime]]] = defaultdict(list)
    rows = _goods(location, counted_at).filter(
        occurred_at__gte=min(counted_at.values()) - RECENT, occurred_at__lte=max(counted_at.values()) + RECENT
    )
    kinds = dict(Movement.Kind.choices)
    for item_id, delta, kind, occurred_at in rows.order_by("-occurred_at").values_list(
        "item_id", "delta", "kind", "occurred_at"
    ):
        found[item_id].append((delta, f"{kinds[kind].lower()} of {occurred_at:%d %b}", occurred_at))
    return found


def _goods(location: Location, item_ids: Iterable[int]) -> QuerySet[Movement]:
    return Movement.objects.filter(location=location, item__any_of=item_ids, kind__in=PHYSICAL_KINDS).order_by()
