"""How far the ledger is from what the WMS said last, over all items at once, in one statement."""

from dataclasses import dataclass

from django.db.models import Count, DecimalField, ExpressionWrapper, F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Abs, Coalesce, Round

from inventory.models import Balance, Movement, WmsStanding
from inventory.models.stock import QUANTITY
from inventory.stock.ledger import PHYSICAL_KINDS

EXACT = DecimalField(**QUANTITY)
BANDS = {
    "under_10": Q(apart__gt=0, apart__lt=10),
    "10_to_100": Q(apart__gte=10, apart__lte=100),
    "over_100": Q(apart__gt=100),
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
    """On hand, goods moved since the update's own time taken back, against the quantity it stated."""
    kept = Balance.objects.filter(item=OuterRef("item"), location=OuterRef("client__location"))
    goods = Movement.objects.filter(
        item=OuterRef("item"), location=OuterRef("client__location"), occurred_at__gt=OuterRef("as_of"),
        kind__in=PHYSICAL_KINDS,
    ).order_by()  # fmt: skip
    moved = Coalesce(Subquery(goods.values("item").annotate(sum=Sum("delta")).values("sum")), 0, output_field=EXACT)
    rows = (
        WmsStanding.objects.filter(client__is_enabled=True)
        .order_by()
        .annotate(here=Subquery(kept.values("quantity_on_hand")))
        .annotate(apart=Round(Abs(ExpressionWrapper(F("here") - moved - F("quantity"), EXACT)), precision=3))
    )
    found = rows.aggregate(compared=Count("pk"), **{f"is_{band}": Count("pk", filter=c) for band, c in BANDS.items()})
    return Discrepancies(found["compared"], {band: found[f"is_{band}"] for band in BANDS})
