"""The daily reconciliations with the WMS: the list with its missed days, the page, the workbook, the lines."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet
from django.db.models.functions import Abs
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.text import slugify
from django.utils.timezone import localtime
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateFilter, RelatedDropdownFilter
from unfold.decorators import display

from approvals.admin.confirming import Question, ask
from approvals.admin.links import link_to, list_of, page_of
from approvals.admin.readonly import ReadOnlyAdmin
from approvals.admin.record import sees_money
from approvals.templatetags.figures import quantity, signed
from inventory.admin.exporting import as_file
from inventory.admin.moments import day_of_address
from inventory.admin.stating import BUTTON, state_address
from inventory.admin.stock import ItemSearch
from inventory.excel.workbooks import WmsRow, wms_workbook
from inventory.models import Balance, WmsClient, WmsDifference, WmsReconciliation, WmsUpdate
from inventory.wms.discrepancy_limit import is_above, limits
from inventory.wms.reconciling import PERMISSION, reconcile_wms, share, summary_of
from inventory.wms.reconciling_schedule import last_day_over, missing_days

MISSING_SHOWN = 10
LINES_SHOWN = 50
COLOURS = {
    WmsDifference.Outcome.DIFFERS: "danger",
    WmsDifference.Outcome.STALE: "warning",
    WmsDifference.Outcome.NEVER_TOLD: "warning",
    WmsDifference.Outcome.UNKNOWN_HERE: "info",
}
ORDER = (F("value").desc(nulls_last=True), Abs("difference").desc(nulls_last=True), "pk")


@admin.register(WmsReconciliation)
class WmsReconciliationAdmin(ReadOnlyAdmin):
    empty_hint = (
        "The first one is made at 23:00 of the next business day, for each enabled WMS client; manage.py reconcile_wms "
        "makes today's now."
    )
    list_display = ("day", "client", "discrepancies", "compared_items", "units_apart", "freshness", "oversells", "who")
    list_filter = (("business_date", RangeDateFilter), ("client", RelatedDropdownFilter))
    list_filter_submit = True
    list_select_related = ("client", "made_by")
    list_before_template = "wms/missing.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[WmsReconciliation]:
        return super().get_queryset(request).order_by("-business_date", "client__wms_id")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        self.limit = limits()
        return super().get_changelist_instance(request)

    @display(description="Business day", ordering="business_date")
    def day(self, row: WmsReconciliation) -> str:
        return f"{row.business_date:%a %b %-d, %Y}"

    @display(description="Discrepancies", label={"above": "danger", "below": "success", "none": ""})
    def discrepancies(self, row: WmsReconciliation) -> tuple[str, str]:
        if row.ratio is None:
            return "none", "Nothing compared"
        return ("above" if is_above(row.ratio, self.limit) else "below"), f"{share(row.ratio)}: {row.differing:,}"

    @display(description="Compared")
    def compared_items(self, row: WmsReconciliation) -> str:
        return f"{row.compared:,}"

    @display(description="Units")
    def units_apart(self, row: WmsReconciliation) -> str:
        return quantity(row.units)

    @display(description="Freshness, median")
    def freshness(self, row: WmsReconciliation) -> str:
        return seconds(row.freshness_median)

    @display(description="Made by", ordering="made_by")
    def who(self, row: WmsReconciliation) -> str:
        return str(row.made_by or "The system")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        missing = missing_days(last_day_over())
        more = {"missing": missing[:MISSING_SHOWN], "missing_total": len(missing), "may_make": may_make(request)}
        return super().changelist_view(request, more | (extra_context or {}))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = self.get_object(request, unquote(object_id))
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        limit = limits()
        context = {
            **self.admin_site.each_context(request),
            "title": f"{row.client} on {row.business_date:%a %b %-d, %Y}",
            "opts": self.opts,
            "row": row,
            "ratio": share(row.ratio),
            "is_above": is_above(row.ratio, limit),
            "limit": limit.percent if limit.is_enabled else None,
            "median": seconds(row.freshness_median),
            "p95": seconds(row.freshness_p95),
            "updates": [(label, row.updates.get(state, 0)) for state, label in UPDATES],
            "lines": list(shown_lines(row, may_state=self._may_state(request))),
            "state": BUTTON,
            "others": others(row),
            "waves": row.agreements.select_related("rollout").order_by("rollout__name"),
            "differences": list_of(WmsDifference, reconciliation__id__exact=row.pk, outcome__exact="differs"),
            "sees_cost": sees_money(request.user),
        }
        return TemplateResponse(request, "wms/reconciliation.html", context)

    def _may_state(self, request: HttpRequest) -> bool:
        """As the balance's own page decides about its button."""
        balances: Any = self.admin_site.get_model_admin(Balance)
        return bool(balances.has_state_permission(request))

    def get_urls(self) -> list[URLPattern]:
        wrap, name = self.admin_site.admin_view, "inventory_wmsreconciliation_{}".format
        return [
            path("make/<str:day>/<int:client>/", wrap(self.make), name=name("make")),
            path("<int:pk>/workbook/", wrap(self.workbook), name=name("workbook")),
            *super().get_urls(),
        ]

    def make(self, request: HttpRequest, day: str, client: int) -> HttpResponse:
        """A day the schedule missed, made by hand."""
        if not may_make(request):
            raise PermissionDenied("You may not reconcile a WMS. Ask an administrator for the integrator role.")
        wms, business_date = (
            get_object_or_404(WmsClient.objects.select_related("location"), pk=client),
            day_of_address(day),
        )

        def carry_out(_: str) -> str:
            made = reconcile_wms(client=wms, business_date=business_date, by=request.user)
            return f"{wms} on {business_date:%b %-d}: {summary_of(made)}."

        question = Question(
            title=f"Reconcile {wms} for {business_date:%a %b %-d, %Y} now?",
            consequences=(
                "It holds what the WMS said last against our balances as they are now; updates and incidents are "
                "those of that day.",
                "What it says is kept as it is. No stock changes.",
            ),
            button="Reconcile now",
            carry_out=carry_out,
            back=list_of(WmsReconciliation),
        )
        return ask(request, self, None, question)

    def workbook(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = get_object_or_404(WmsReconciliation.objects.select_related("client"), pk=pk)
        name = f"wms-{slugify(row.client.wms_id)}-{row.business_date:%Y-%m-%d}.xlsx"
        return as_file(workbook_of(row, shows_value=sees_money(request.user)), name)


UPDATES = (*WmsUpdate.State.choices, ("duplicate", "Known already"))


def seconds(lag: float | None) -> str:
    """`12 s`, `3.4 s`, `2 h`; a dash when nothing came."""
    if lag is None:
        return "–"
    if lag < 10:
        return f"{lag:.1f} s"
    return f"{lag:.0f} s" if lag < 3600 else f"{lag / 3600:.1f} h"


def may_make(request: HttpRequest) -> bool:
    return request.user.has_perm(PERMISSION)


def shown_lines(row: WmsReconciliation, *, may_state: bool) -> Iterator[dict[str, Any]]:
    """The differing items, the largest value first, with where each side has its word from and what can be done."""
    lines = list(
        row.differences.filter(outcome=WmsDifference.Outcome.DIFFERS)
        .select_related("item")
        .order_by(*ORDER)[:LINES_SHOWN]
    )
    said = [line.sequence for line in lines]
    updates = WmsUpdate.objects.filter(client=row.client_id, sequence__in=said).exclude(reason="key_reused")
    by_sequence = {update.sequence: update for update in updates.only("sequence")}
    balances = Balance.objects.filter(location=row.client.location_id, item__in=[line.item_id for line in lines])
    by_item = {balance.item_id: balance for balance in balances.only("item_id")}
    for line in lines:
        update, balance = by_sequence.get(line.sequence), by_item.get(line.item_id)
        yield {
            "line": line,
            "item": page_of(line.item),
            "update": page_of(update) if update else "",
            "balance": page_of(balance) if balance else "",
            "state": state_address(balance) if balance and may_state else "",
        }


def others(row: WmsReconciliation) -> list[tuple[str, int, str, str]]:
    """What cannot be compared: label, number, what to do, its list."""
    kinds = WmsDifference.Outcome
    rows = (
        (kinds.STALE, row.stale, "Ask why the WMS has not spoken of them for so long, or have it send them all."),
        (kinds.NEVER_TOLD, row.never_told, "Have the WMS send them, or count them: it may not keep them at all."),
        (kinds.UNKNOWN_HERE, row.unknown_here, "Open a balance for them here, or tell the WMS to leave them out."),
    )
    return [
        (kind.label, number, cure, list_of(WmsDifference, reconciliation__id__exact=row.pk, outcome__exact=kind))
        for kind, number, cure in rows
        if number
    ]


def workbook_of(row: WmsReconciliation, *, shows_value: bool) -> bytes:
    lines = row.differences.select_related("item").order_by("outcome", *ORDER)
    facts = [
        ("WMS client", str(row.client)),
        ("Business date", row.business_date.isoformat()),
        ("Made at", f"{localtime(row.made_at):%Y-%m-%d %H:%M}"),
        ("Compared items", row.compared),
        ("Differing items", row.differing),
        ("Share that differs", share(row.ratio)),
        ("Its word is old", row.stale),
        ("Never spoken of", row.never_told),
        ("Not kept here", row.unknown_here),
        ("Units apart", row.units),
        ("Freshness, median", seconds(row.freshness_median)),
        ("Freshness, 95 of 100", seconds(row.freshness_p95)),
        *((f"Updates: {label}", row.updates.get(state, 0)) for state, label in UPDATES),
        ("Open gaps", row.open_gaps),
        ("Oversell incidents opened", row.oversells),
        ("Units oversold", row.oversold_units),
    ]
    return wms_workbook(
        title=f"{row.client} and us, {row.business_date:%d %b %Y}",
        facts=facts,
        rows=(_workbook_row(line) for line in lines.iterator(chunk_size=5_000)),
        shows_value=shows_value,
    )


def _workbook_row(line: WmsDifference) -> WmsRow:
    as_of = f"{localtime(line.as_of):%Y-%m-%d %H:%M:%S}" if line.as_of else ""
    return WmsRow(
        *(line.item.item_code, line.item.description, line.get_outcome_display(), line.said, as_of),
        *(line.moved, line.on_hand, line.difference, line.value),
    )


@admin.register(WmsDifference)
class WmsDifferenceAdmin(ItemSearch):
    empty_hint = "Nothing differs. What a WMS and we do not agree on appears here with each reconciliation."
    list_display = ("item", "reconciliation", "what", "its_word", "moved_since", "ours", "apart", "as_of")
    list_filter = (("outcome", ChoicesDropdownFilter), ("band", ChoicesDropdownFilter))
    list_filter_submit = True
    list_select_related = ("item", "reconciliation__client")
    fields = ("item_link", "reconciliation_link", "what", "its_word", "as_of", "moved_since", "ours", "apart")
    readonly_fields = ("item_link", "reconciliation_link", "what", "its_word", "moved_since", "ours", "apart")

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        return lookup == "reconciliation__id__exact" or super().lookup_allowed(lookup, value, request)

    @display(description="Outcome", label=COLOURS)
    def what(self, line: WmsDifference) -> tuple[str, str]:
        return line.outcome, line.get_outcome_display()

    @display(description="WMS says")
    def its_word(self, line: WmsDifference) -> str:
        return quantity(line.said)

    @display(description="Moved since")
    def moved_since(self, line: WmsDifference) -> str:
        return signed(line.moved) if line.moved else "–"

    @display(description="Here")
    def ours(self, line: WmsDifference) -> str:
        return quantity(line.on_hand)

    @display(description="Difference")
    def apart(self, line: WmsDifference) -> str:
        return "–" if line.difference is None else signed(line.difference)

    @display(description="Item")
    def item_link(self, line: WmsDifference) -> str:
        return link_to(line.item)

    @display(description="Reconciliation")
    def reconciliation_link(self, line: WmsDifference) -> str:
        return link_to(line.reconciliation)
