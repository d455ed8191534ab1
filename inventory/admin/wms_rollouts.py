"""Waves in the admin: the list, and the page of one with its gates, its days and its buttons."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from approvals.admin.links import list_of, page_of
from approvals.admin.readonly import ReadOnlyAdmin
from approvals.models import ProposedAction
from inventory.admin.charts import gate_chart
from inventory.admin.wms_reconciliations import seconds
from inventory.admin.wms_waves import back_page, begin_page, end_page, switch_page
from inventory.models import Balance, WmsRollout
from inventory.wms.discrepancy_limit import limits
from inventory.wms.reconciling import share
from inventory.wms.rollout import ADD, SWITCH, gates_of
from inventory.wms.rollout_gates import FRESH_BELOW

DAYS_SHOWN = 30
STEPS_SHOWN = 10
COLOURS = {WmsRollout.Stage.SHADOW: "info", WmsRollout.Stage.LIVE: "success", WmsRollout.Stage.ENDED: ""}
GATE_PILLS = {
    "passed": ("cs-success", "Passed"),
    "failed": ("cs-danger", "Failed"),
    "not_yet": ("cs-warning", "Not yet"),
    "not_judged": ("", "Not judged"),
}


@admin.register(WmsRollout)
class WmsRolloutAdmin(ReadOnlyAdmin):
    empty_hint = (
        "Items are handed to a WMS in waves, each in shadow first. Begin one here with the button above, or tick "
        "balances in their list."
    )
    list_display = ("name", "client", "chosen", "balances", "at_stage", "since", "open_gates")
    list_filter = (("stage", ChoicesDropdownFilter), ("client", RelatedDropdownFilter))
    list_filter_submit = True
    list_select_related = ("client",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[WmsRollout]:
        return super().get_queryset(request).annotate(size=Count("members"))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm(ADD))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        return begin_page(self, request)

    @display(description="Balances")
    def balances(self, wave: Any) -> str:
        return f"{wave.size:,}"

    @display(description="Stage", label=COLOURS)
    def at_stage(self, wave: WmsRollout) -> tuple[str, str]:
        return wave.stage, wave.get_stage_display()

    @display(description="Gates")
    def open_gates(self, wave: WmsRollout) -> str:
        if wave.stage == WmsRollout.Stage.ENDED:
            return "–"
        gates = gates_of(wave)
        return f"{sum(gate.state == 'passed' for gate in gates)} of {len(gates)} passed"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        wave = self.get_object(request, unquote(object_id))
        if wave is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        days = list(wave.days.select_related("reconciliation").order_by("-business_date")[:DAYS_SHOWN])
        context = {
            **self.admin_site.each_context(request),
            "title": str(wave),
            "opts": self.opts,
            "wave": wave,
            "balances_url": list_of(Balance, wms_rollouts__rollout__id__exact=wave.pk),
            "gates": [(gate, *GATE_PILLS[gate.state]) for gate in gates_of(wave)],
            "days": [(day, share(day.ratio), seconds(day.freshness_median)) for day in days],
            "charts": self._charts(days[::-1]) if len(days) > 1 else None,
            "steps": wave.steps.select_related("by", "confirmed_by")[:STEPS_SHOWN],
            "may_switch": request.user.has_perm(SWITCH),
            "waiting": self._waiting(wave),
        }
        return TemplateResponse(request, "wms/wave.html", context)

    def _charts(self, days: list[Any]) -> list[tuple[str, dict[str, str]]]:
        limit = limits()
        percent = float(limit.percent) if limit.percent is not None and limit.is_enabled else None
        ratios = [(day.business_date, None if day.ratio is None else day.ratio * 100) for day in days]
        lags = [(day.business_date, day.freshness_median) for day in days]
        return [
            ("Items that differ", gate_chart(ratios, "% of the compared items", percent)),
            ("Freshness", gate_chart(lags, "Median, seconds", FRESH_BELOW)),
        ]

    def _waiting(self, wave: WmsRollout) -> str:
        """Where a second person decides on the switch; "" when nobody is asked."""
        asked = wave.sign_off
        return page_of(asked) if asked and asked.status == ProposedAction.Status.PENDING else ""

    def get_urls(self) -> list[URLPattern]:
        wrap, name = self.admin_site.admin_view, "inventory_wmsrollout_{}".format
        pages = {"switch": switch_page, "back": back_page, "end": end_page}
        steps = [
            path(f"<int:pk>/{step}/", wrap(lambda request, pk, page=page: page(self, request, pk)), name=name(step))
            for step, page in pages.items()
        ]
        return [*steps, *super().get_urls()]
