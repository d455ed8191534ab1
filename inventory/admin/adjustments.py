"""Adjustments: what one decision put on the ledger together."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from unfold.contrib.filters.admin import RangeDateTimeFilter, RelatedDropdownFilter
from unfold.decorators import display

from approvals.admin.links import link_to
from approvals.admin.record import RecordAdmin
from approvals.money import dollars
from approvals.templatetags.figures import signed
from inventory.models import Adjustment

MOST_LINES = 500
VALUES = ("net", "gross")


@admin.register(Adjustment)
class AdjustmentAdmin(RecordAdmin):
    empty_hint = "Approved differences are posted here. Submit a count that differs, and have it approved."
    list_filter = (("location", RelatedDropdownFilter), ("posted_at", RangeDateTimeFilter))
    list_filter_submit = True
    list_select_related = ("sheet__zone__location", "sync", "approved_by", "push")
    search_fields = ("=sheet__code",)
    search_help_text = "Code of the count sheet"
    readonly_fields = ("decided", "origin_link", "run_link", "push_link", "net", "gross", "lines_posted")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Adjustment]:
        return super().get_queryset(request).select_related(*self.list_select_related, "run", "location")

    def get_list_display(self, request: HttpRequest) -> list[str]:
        values = [*VALUES] if request.user.has_perm("inventory.view_cost") else []
        return ["name", "place", "decided", "line_count", *values, "in_netsuite", "posted_at"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        values = [*VALUES] if request.user.has_perm("inventory.view_cost") else []
        links = ["origin_link", "run_link", "push_link", "decided", "location", "line_count"]
        return [*links, *values, "created_at", "posted_at", "lines_posted"]

    @display(description="Adjustment")
    def name(self, adjustment: Adjustment) -> str:
        return str(adjustment)

    @display(description="Place")
    def place(self, adjustment: Adjustment) -> str:
        return str(adjustment.sheet.zone if adjustment.sheet else adjustment.location)

    @display(description="Approved by")
    def decided(self, adjustment: Adjustment) -> str:
        return str(adjustment.approved_by or f"guardrail {adjustment.guardrail}")

    @display(description="NetSuite")
    def in_netsuite(self, adjustment: Adjustment) -> str:
        return adjustment.push.get_status_display() if adjustment.push else "Nothing to push"

    @display(description="Net value")
    def net(self, adjustment: Adjustment) -> str:
        return dollars(adjustment.net_value)

    @display(description="Gross value")
    def gross(self, adjustment: Adjustment) -> str:
        return dollars(adjustment.gross_value)

    @display(description="From")
    def origin_link(self, adjustment: Adjustment) -> str:
        return link_to(adjustment.sheet or adjustment.sync)

    @display(description="Run")
    def run_link(self, adjustment: Adjustment) -> str:
        return link_to(adjustment.run)

    @display(description="Push")
    def push_link(self, adjustment: Adjustment) -> str:
        return link_to(adjustment.push)

    @display(description="Lines")
    def lines_posted(self, adjustment: Adjustment) -> str:
        posted: Any = adjustment.lines if adjustment.sheet_id else adjustment.sync_lines
        lines = posted.select_related("item").order_by("item__item_code")[:MOST_LINES]
        rows = format_html_join(
            "",
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            ((line.item.item_code, line.item.description, signed(line.variance), line.item.unit) for line in lines),
        )
        head = "<thead><tr><th>Item</th><th></th><th>Change</th><th>Unit</th></tr></thead>"
        return format_html('<table class="cs-grid">' + head + "<tbody>{}</tbody></table>", rows)
