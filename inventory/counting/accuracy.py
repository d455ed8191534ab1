"""Inventory record accuracy and the 30-day figures, always from first counts and never netted.

Accuracy is the share of counted lines that were within tolerance; an excess in one line does not make up
for a shortage in another. Lines where nothing was expected and nothing was found say nothing and are left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Abs, TruncDate

from inventory.models import CountLine

WITHIN = Q(classification__in=["match", "within_guardrail"])


@dataclass(frozen=True)
class Figures:
    """`accuracy` is a share from 0 to 1, None when nothing was counted; values in US dollars."""

    lines: int
    within: int
    gross: Decimal
    net: Decimal

    @property
    def accuracy(self) -> Decimal | None:
        return Decimal(self.within) / self.lines if self.lines else None


def first_counts(since: datetime) -> QuerySet[CountLine]:
    counted = CountLine.objects.filter(counted__isnull=False, count_number=1, counted_at__gte=since)
    return counted.exclude(counted=0, expected=0)


MEASURES: dict[str, Any] = {
    "lines": Count("pk"),
    "within": Count("pk", filter=WITHIN),
    "gross": Sum(Abs("variance_value")),
    "net": Sum("variance_value"),
}


def _figures(row: Mapping[str, Any]) -> Figures:
    gross, net = (round(Decimal(row[name] or 0), 2) for name in ("gross", "net"))
    return Figures(row["lines"], row["within"], gross, net)


def overall(since: datetime) -> Figures:
    return _figures(first_counts(since).order_by().aggregate(**MEASURES))


def by_zone(since: datetime) -> dict[str, Figures]:
    rows = (
        first_counts(since).order_by().values("sheet__zone__location__code", "sheet__zone__code").annotate(**MEASURES)
    )
    return {f"{row['sheet__zone__location__code']} / {row['sheet__zone__code']}": _figures(row) for row in rows}


def by_day(since: datetime) -> dict[date, Figures]:
    rows = first_counts(since).order_by().annotate(day=TruncDate("counted_at")).values("day").annotate(**MEASURES)
    return {row["day"]: _figures(row) for row in sorted(rows, key=lambda row: row["day"])}


def accuracy_by_zone(since: datetime) -> dict[int, Decimal]:
    rows: Any = first_counts(since).order_by().values("sheet__zone").annotate(**MEASURES)
    return {row["sheet__zone"]: Decimal(row["within"]) / row["lines"] for row in rows}
