"""Figures of the ledger for monitoring: how much of the catalogue is there, and what is promised beyond it."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Count, Q, Sum
from prometheus_client.metrics_core import Metric

from approvals.metrics import gauge, register
from inventory.models import Balance, OversellIncident

STATUSES = {
    "in_stock": Q(quantity_available__gt=0),
    "all_promised": Q(quantity_available=0, quantity_on_hand__gt=0),
    "oversold": Q(quantity_available__lt=0),
    "out_of_stock": Q(quantity_available=0, quantity_on_hand__lte=0),
}
"""Each balance is in exactly one: by what is available, on hand less what orders are promised."""


def items() -> Iterator[Metric]:
    counts = {status: Count("pk", filter=condition) for status, condition in STATUSES.items()}
    rows: Any = Balance.objects.order_by().values("location__code").annotate(**counts)
    yield gauge(
        "inventory_items",
        "Items kept at a location, by what is available of them.",
        [((status, row["location__code"]), row[status]) for row in rows for status in STATUSES],
        *("status", "location"),
    )


def oversold() -> Iterator[Metric]:
    short = OversellIncident.objects.filter(closed_at=None).aggregate(units=Sum("shortfall"))["units"]
    yield gauge("inventory_oversold_units", "Promised to orders beyond what there is.", float(short or 0))


register("items", items, is_slow=True)
register("oversold", oversold)
