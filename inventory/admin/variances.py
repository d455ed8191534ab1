"""The variance report: 7, 30 or 90 days by zone, item and value, from first counts and never netted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page
from django.db.models import Count, F, Max, Q, QuerySet, Sum
from django.db.models.functions import Abs, TruncDate
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse

from approvals.admin.links import page_of
from approvals.admin.paging import CappedPaginator
from approvals.admin.readonly import ReadOnlyAdmin
from approvals.clock import now
from inventory.admin.charts import accuracy_chart, value_chart, zone_chart
from inventory.admin.exporting import download
from inventory.admin.summary import summary
from inventory.counting.accuracy import MEASURES, Figures, first_counts
from inventory.models import CountLine, Variance, Zone

PERIODS = (7, 30, 90)
LINES_A_PAGE = 50
ITEMS_SHOWN = 10
MOST_EXPORTED = 50_000
ORDERS = {
    "value": ("Largest value", F("size").desc(nulls_first=True)),
    "newest": ("Newest", F("counted_at").desc()),
    "item": ("Item", F("item__item_code").asc()),
}
Classification = CountLine.Classification


@dataclass(frozen=True)
class Chosen:
    """What the person asked to see, read leniently: a nonsense value falls back to its default."""

    days: int
    zone: str
    item: str
    kind: str
    order: str

    @property
    def since(self) -> datetime:
        return now() - timedelta(days=self.days)


def read(query: Any) -> Chosen:
    days = query.get("days", "")
    kind, order = query.get("kind", ""), query.get("order", "")
    return Chosen(
        days=int(days) if days in {str(period) for period in PERIODS} else 30,
        zone=query.get("zone", "") if query.get("zone", "").isdecimal() else "",
        item=query.get("item", "").strip()[:60],
        kind=kind if kind in Classification.values else "",
        order=order if order in ORDERS else "value",
    )


def _narrowed(lines: QuerySet[Any], chosen: Chosen) -> QuerySet[Any]:
    if chosen.zone:
        lines = lines.filter(sheet__zone=chosen.zone)
    if chosen.item:
        lines = lines.filter(Q(item__item_code__icontains=chosen.item) | Q(item__description__icontains=chosen.item))
    return lines


def counts(chosen: Chosen) -> QuerySet[CountLine]:
    """The first counts the figures are taken from."""
    return _narrowed(first_counts(chosen.since), chosen).order_by()


def differing(chosen: Chosen) -> QuerySet[Any]:
    """Every line that differed, recounts included, with its size in dollars."""
    lines = _narrowed(Variance.objects.filter(counted_at__gte=chosen.since), chosen)
    if chosen.kind:
        lines = lines.filter(classification=chosen.kind)
    lines = lines.select_related("item", "sheet__zone__location").annotate(size=Abs("variance_value"))
    return lines.order_by(ORDERS[chosen.order][1], "-pk")


def figures(row: Mapping[str, Any]) -> Figures:
    gross, net = (round(Decimal(row[name] or 0), 2) for name in ("gross", "net"))
    return Figures(row["lines"], row["within"], gross, net)


def by_zone(lines: QuerySet[CountLine]) -> list[tuple[str, int, Figures]]:
    names = ("sheet__zone__location__code", "sheet__zone__code", "sheet__zone")
    rows = lines.values(*names).annotate(**MEASURES).order_by(*names)
    return [(f"{row[names[0]]} / {row[names[1]]}", row[names[2]], figures(row)) for row in rows]


def by_day(lines: QuerySet[CountLine]) -> list[tuple[Any, Figures]]:
    rows = lines.annotate(day=TruncDate("counted_at")).values("day").annotate(**MEASURES).order_by("day")
    return [(row["day"], figures(row)) for row in rows]


def by_item(lines: QuerySet[CountLine]) -> list[Any]:
    """The items that differed most, by gross value; unknown values count as nothing here."""
    rows = lines.exclude(variance=0).values("item", "item__item_code", "item__description", "item__unit")
    rows = rows.annotate(
        times=Count("pk"),
        quantity=Sum("variance"),
        gross=Sum(Abs("variance_value")),
        net=Sum("variance_value"),
        last=Max("counted_at"),
    )
    return list(rows.order_by(F("gross").desc(nulls_last=True), "item__item_code")[:ITEMS_SHOWN])


@admin.register(Variance)
class VarianceAdmin(ReadOnlyAdmin):
    search_fields = ("item__item_code",)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perms(["inventory.view_variance", "inventory.view_expected"])

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        chosen = read(request.GET)
        sees_cost = request.user.has_perm("inventory.view_cost")
        if request.GET.get("export") in {"csv", "xlsx"}:
            return _export(chosen, kind=request.GET["export"], sees_cost=sees_cost)
        context = {
            **self.admin_site.each_context(request),
            **report(chosen, page=request.GET.get("p", "1")),
            "title": "Variances",
            "opts": self.opts,
            "sees_cost": sees_cost,
            "query": _query(request),
        }
        return TemplateResponse(request, "inventory/variances.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """A variance is a line of a sheet: its page is the sheet's."""
        if request.method != "GET" or not self.has_view_permission(request):
            raise PermissionDenied
        line = get_object_or_404(CountLine.objects.select_related("sheet"), pk=object_id)
        return redirect(page_of(line.sheet) or "admin:inventory_variance_changelist")


def report(chosen: Chosen, *, page: str) -> dict[str, Any]:
    lines = counts(chosen)
    overall = figures(lines.aggregate(**MEASURES))
    zones, days = by_zone(lines), by_day(lines)
    shown: Page[Any] = CappedPaginator(differing(chosen), LINES_A_PAGE).get_page(page)
    return {
        "chosen": chosen,
        "periods": PERIODS,
        "orders": [(key, label) for key, (label, _) in ORDERS.items()],
        "kinds": [c for c in Classification.choices if c[0] != Classification.NOT_COUNTED],
        "zone_choices": Zone.objects.select_related("location"),
        "overall": overall,
        "inventory": summary(),
        "zones": zones,
        "items": by_item(lines),
        "page": shown,
        "lines": [(line, page_of(line.sheet)) for line in shown.object_list],
        "accuracy_chart": accuracy_chart(days),
        "value_chart": value_chart(days),
        "zone_chart": zone_chart(zones),
    }


def _query(request: HttpRequest) -> str:
    """The filters as they are, for links to another page or to a file."""
    kept = request.GET.copy()
    for name in ("p", "export"):
        kept.pop(name, None)
    return kept.urlencode()


HEADERS = (
    *("counted_at", "location", "zone", "sheet", "item_code", "description", "unit", "count", "expected"),
    *("counted", "variance", "variance_pct", "classification", "decision", "why", "suggested_reason"),
)


def _export(chosen: Chosen, *, kind: str, sees_cost: bool) -> HttpResponse:
    headers = [*HEADERS, *(["variance_value"] if sees_cost else [])]
    rows = (
        [*_exported(line), *([line.variance_value] if sees_cost else [])] for line in differing(chosen)[:MOST_EXPORTED]
    )
    return download(headers=headers, rows=rows, name=f"variances-{chosen.days}-days", kind=kind)


def _exported(line: CountLine) -> list[Any]:
    zone = line.sheet.zone
    return [
        *(line.counted_at, zone.location.code, zone.code, line.sheet.code),
        *(line.item.item_code, line.item.description, line.item.unit, line.count_number),
        *(line.expected, line.counted, line.variance, line.variance_pct),
        *(line.get_classification_display(), line.get_decision_display(), line.why, line.suggested_reason),
    ]
