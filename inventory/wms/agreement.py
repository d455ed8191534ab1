"""A client's newest words beside our balances: one verdict for each item, read at one moment in one statement.

What it said is held against what we have net of the goods that moved here since: its figure is that of a moment.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Exists, FilteredRelation, OuterRef, Q, QuerySet, Subquery, Sum

from inventory.models import Balance, Movement, WmsClient, WmsDifference, WmsStanding
from inventory.stock.ledger import PHYSICAL_KINDS

NOTHING = Decimal(0)
AGREES = "agrees"
Outcome, Band = WmsDifference.Outcome, WmsDifference.Band
REVIEW_FROM, ALERT_ABOVE = Decimal(10), Decimal(100)  # units, as for workbooks
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Compared:
    """`on_hand` None: no balance here. `said`, `as_of`, `sequence` None: it never spoke of the item."""

    item_id: int
    balance_id: int | None
    on_hand: Decimal | None
    reserved: Decimal
    sequence: int | None
    said: Decimal | None
    as_of: datetime | None
    moved: Decimal
    cost: Decimal | None

    @property
    def target(self) -> Decimal | None:
        """On hand by its word; None when it said nothing."""
        return None if self.said is None else self.said + self.moved

    @property
    def difference(self) -> Decimal | None:
        """What its word would change; None when one side has no figure."""
        return None if self.target is None or self.on_hand is None else self.target - self.on_hand

    @property
    def value(self) -> Decimal | None:
        """US dollars of the difference, signed; None when the cost or the difference is unknown."""
        if self.cost is None or self.difference is None:
            return None
        return (self.difference * self.cost).quantize(CENT)

    def outcome(self, stale_before: datetime) -> str:
        """`agrees`, or one of WmsDifference.Outcome. An old word is not held against us, whatever it says."""
        if self.on_hand is None:
            return Outcome.UNKNOWN_HERE
        if self.as_of is None:
            return Outcome.NEVER_TOLD
        if self.as_of < stale_before:
            return Outcome.STALE
        return Outcome.DIFFERS if self.difference else AGREES


def band_of(difference: Decimal) -> str:
    """By units, whichever way: below 10, 10 to 100, more than 100. No difference has none."""
    units = abs(difference)
    if not units:
        return Band.NONE
    if units < REVIEW_FROM:
        return Band.SMALL
    return Band.LARGE if units > ALERT_ABOVE else Band.MEDIUM


def compare_balances(client: WmsClient, balances: QuerySet[Balance] | None = None) -> list[Compared]:
    """Every balance of the client's location, or these of them. Where neither side knows of anything there is none."""
    of_word = FilteredRelation("item__wms_standings", condition=Q(item__wms_standings__client=client))
    rows = Balance.objects.filter(location=client.location_id)
    if balances is not None:
        rows = rows.filter(pk__in=balances.order_by().values("pk"))
    found = (
        rows.order_by()
        .annotate(word=of_word)
        .annotate(moved_since=_moved(OuterRef("word__as_of")))
        .exclude(quantity_on_hand=0, quantity_reserved=0, word__isnull=True)
        .values_list(
            *("item_id", "pk", "quantity_on_hand", "quantity_reserved", "word__sequence", "word__quantity"),
            *("word__as_of", "moved_since", "item__avg_cost"),
        )
    )
    return [
        Compared(item, pk, on_hand, reserved, sequence, said, as_of, _exact(moved), cost)
        for item, pk, on_hand, reserved, sequence, said, as_of, moved, cost in found.iterator(chunk_size=20_000)
    ]


def words_without_balance(client: WmsClient) -> list[Compared]:
    """Items it speaks of that have no balance at its location."""
    kept = Balance.objects.filter(item=OuterRef("item"), location=client.location_id)
    rows = WmsStanding.objects.filter(~Exists(kept), client=client).order_by()
    columns = rows.values_list("item_id", "sequence", "quantity", "as_of", "item__avg_cost")
    return [
        Compared(item_id, None, None, NOTHING, sequence, said, as_of, NOTHING, cost)
        for item_id, sequence, said, as_of, cost in columns.iterator(chunk_size=20_000)
    ]


def _moved(since: OuterRef) -> Subquery:
    """The sum of goods that moved at the balance after `since`."""
    goods = Movement.objects.filter(
        item=OuterRef("item"), location=OuterRef("location"), kind__in=PHYSICAL_KINDS, occurred_at__gt=since
    )
    return Subquery(goods.order_by().values("item").annotate(total=Sum("delta")).values("total"))


def _exact(total: Decimal | None) -> Decimal:
    """SQLite adds numerics as floats."""
    return round(total, 3) if total else NOTHING


@dataclass(frozen=True)
class Sums:
    """Of several items. `units` and `value` (US dollars) are sums of differences, whichever way each goes."""

    items: int
    agreeing: int
    differing: int
    stale: int
    never_told: int
    unknown_here: int
    bands: dict[str, int]
    units: Decimal
    value: Decimal

    @property
    def compared(self) -> int:
        return self.agreeing + self.differing


def add_up(rows: Iterable[Compared], stale_before: datetime) -> Sums:
    """Only what differs counts in bands, units and value."""
    tally: dict[str, int] = {}
    bands = {Band.SMALL.value: 0, Band.MEDIUM.value: 0, Band.LARGE.value: 0}
    units = value = NOTHING
    for row in rows:
        outcome = row.outcome(stale_before)
        tally[outcome] = tally.get(outcome, 0) + 1
        if outcome == Outcome.DIFFERS and row.difference is not None:
            bands[band_of(row.difference)] += 1
            units += abs(row.difference)
            value += abs(row.value or NOTHING)
    return Sums(
        items=sum(tally.values()),
        agreeing=tally.get(AGREES, 0),
        differing=tally.get(Outcome.DIFFERS, 0),
        stale=tally.get(Outcome.STALE, 0),
        never_told=tally.get(Outcome.NEVER_TOLD, 0),
        unknown_here=tally.get(Outcome.UNKNOWN_HERE, 0),
        bands=bands,
        units=units,
        value=value,
    )
