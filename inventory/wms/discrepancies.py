"""How far the ledger is from what the WMS said last, over all items at once, in one statement."""

from dataclasses import dataclass

from django.db.models import Count, DecimalField, ExpressionWrapper, F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Abs, Coalesce, Round
from django.db.models.lookups import GreaterThan, GreaterThanOrEqual, LessThan, LessThanOrEqual

from inventory.models import Balance, Movement, WmsStanding
from inventory.models.stock import QUANTITY
from inventory.stock.ledger import PHYSICAL_KINDS

MOST_COMPARED = 200_000
EXACT = DecimalField(**QUANTITY)
APART = Round(Abs(ExpressionWrapper(F("here") - F("moved") - F("quantity"), EXACT)), precision=3)
BANDS = {
    "under_10": Q(GreaterThan(APART, 0), LessThan(APART, 10)),
    "10_to_100": Q(GreaterThanOrEqual(APART, 10), LessThanOrEqual(APART, 100)),
    "over_100": Q(GreaterThan(APART, 100)),
    "missing": Q(here=None, quantity__gt=0),
}
"""In units, as workbooks are judged; `missing` is not kept here at all."""


@dataclass(frozen=True)
class Discrepancies:
    """`compared` items of enabled clients; `bands` says how many of them differ, and by how much."""

    compared: int
    bands: dict[str, int]

    @property
    def ratio(self) -> float | None:
        """None when nothing was compared."""
        return sum(self.bands.values()) / self.compared if self.compared else None


def discrepancies() -> Discrepancies:
    """On hand, goods moved since the update's own time taken back, against the quantity it stated.

    The limit keeps PostgreSQL from looking an item up once for each band.
    """
    kept = Balance.objects.filter(item=OuterRef("item"), location=OuterRef("client__location")).order_by()
    goods = Movement.objects.filter(
        item=OuterRef("item"), location=OuterRef("client__location"), occurred_at__gt=OuterRef("as_of"),
        kind__in=PHYSICAL_KINDS,
    ).order_by()  # fmt: skip
    moved = Subquery(goods.values("item").annotate(sum=Sum("delta")).values("sum"))
    rows = (
        WmsStanding.objects.filter(client__is_enabled=True)
        .order_by()
        .annotate(here=Subquery(kept.values("quantity_on_hand")), moved=Coalesce(moved, 0, output_field=EXACT))
    )[:MOST_COMPARED]
    found = rows.aggregate(compared=Count("pk"), **{f"is_{band}": Count("pk", filter=c) for band, c in BANDS.items()})
    return Discrepancies(found["compared"], {band: found[f"is_{band}"] for band in BANDS})
