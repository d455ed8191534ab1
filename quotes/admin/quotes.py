"""Quotes: a list to search and read. What a person may do with one is a button, never a form."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils import timezone
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from approvals.admin.histories import HistoryAdmin
from approvals.admin.links import link_to
from approvals.admin.readonly import ReadOnlyAdmin
from approvals.clock import now
from approvals.money import dollars
from quotes.admin.access import sees_cost
from quotes.admin.years import SchoolYearFilter
from quotes.margin_floor import margin_floor
from quotes.models import Quote, QuoteLine
from quotes.pricing import price_text

SOON = timedelta(days=14)
OPEN = (Quote.Status.APPROVED, Quote.Status.SENT)
Status = Quote.Status
STATUS_COLOURS = {
    Status.DRAFT: "default",
    Status.PROPOSED: "warning",
    Status.APPROVED: "info",
    Status.SENT: "info",
    Status.ACCEPTED: "success",
    Status.DECLINED: "danger",
    Status.EXPIRED: "warning",
    Status.SUPERSEDED: "default",
    Status.CANCELLED: "default",
}


class ExpiryFilter(DropdownFilter):
    """Offers that stand now and end soon, the last day included."""

    title = "expiry"
    parameter_name = "expiring"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("soon", f"In the next {SOON.days} days")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Quote]) -> QuerySet[Quote]:
        if self.value() != "soon":
            return queryset
        today = timezone.localdate(now())
        return queryset.filter(lifecycle_status__in=OPEN, valid_until__range=(today, today + SOON))


class LineInline(TabularInline):
    """The lines as they were quoted; cost and margin only for those who may see them."""

    model = QuoteLine
    extra = 0
    can_delete = False
    ordering = ("position",)
    columns = ("item_code", "description", "pack", "price_basis", "source", "price", "net", "quantity", "amount")
    secret_columns = ("cost", "margin")
    answer_columns = ("award_status", "po_number", "po_date")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        secret = self.secret_columns if sees_cost(request.user) else ()
        return (*self.columns, *secret, *self.answer_columns)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.get_fields(request, obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(description="Price from")
    def source(self, line: QuoteLine) -> str:
        told = line.get_price_source_display()
        return f"{told}: {line.override_reason}" if line.override_reason else told

    @display(description="Case price")
    def price(self, line: QuoteLine) -> str:
        return "–" if line.case_price is None else f"${price_text(line.case_price)}"

    @display(description="Net price")
    def net(self, line: QuoteLine) -> str:
        return "–" if line.net_price is None else f"${price_text(line.net_price)}"

    @display(description="Amount")
    def amount(self, line: QuoteLine) -> str:
        return dollars(line.extended)

    @display(description="Cost")
    def cost(self, line: QuoteLine) -> str:
        return "–" if line.cost_basis is None else f"${price_text(line.cost_basis)} of {line.cost_date}"

    @display(description="Margin")
    def margin(self, line: QuoteLine) -> str:
        return str(line.margin(margin_floor().percent) or "–")


@admin.register(Quote)
class QuoteAdmin(ReadOnlyAdmin, HistoryAdmin):
    list_display = ("name", "customer", "year", "state", "lines", "valid_until", "generated_at", "created_by")
    list_filter = (
        ("lifecycle_status", ChoicesDropdownFilter),
        SchoolYearFilter,
        ExpiryFilter,
        ("customer", RelatedDropdownFilter),
    )
    list_filter_submit = True
    list_select_related = ("customer", "created_by")
    search_fields = ("number", "customer__code", "customer__name", "lines__item_code", "lines__description")
    search_help_text = "Number, customer, or an item inside quotes: code or description"
    inlines = (LineInline,)
    readonly_fields = ("year", "customer_link", "parent_link", "run_link", "push_link", "sum")
    fieldsets = (
        (None, {"fields": (("number", "revision", "lifecycle_status"), ("customer_link", "year", "catalog"))}),
        ("Offer", {"fields": (("prices_from", "prices_to", "valid_until"), ("bid_reference", "sum"), "notes")}),
        ("Record", {"fields": (
            ("generated_at", "created_by", "sent_at"), ("parent_link", "run_link", "push_link"), "outcome_note",
            "content_hash", "pdf_hash",
        )}),
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Quote]:
        quotes = super().get_queryset(request).select_related(*self.list_select_related)
        lines = QuoteLine.objects.filter(quote=OuterRef("pk")).order_by().values("quote")
        return quotes.annotate(line_count=Subquery(lines.annotate(n=Count("pk")).values("n")))

    @display(description="Quote", ordering="number")
    def name(self, quote: Quote) -> str:
        return str(quote)

    @display(description="School year", ordering="school_year")
    def year(self, quote: Quote) -> str:
        return quote.school_year_text

    @display(description="Status", label=STATUS_COLOURS, ordering="lifecycle_status")
    def state(self, quote: Quote) -> tuple[str, str]:
        return quote.lifecycle_status, quote.get_lifecycle_status_display()

    @display(description="Lines")
    def lines(self, quote: Any) -> int:
        return quote.line_count or 0

    @display(description="Total")
    def sum(self, quote: Quote) -> str:
        total = quote.total()
        return "No total: not every line has a quantity" if total is None else dollars(total)

    @display(description="Customer")
    def customer_link(self, quote: Quote) -> str:
        return link_to(quote.customer)

    @display(description="Revises")
    def parent_link(self, quote: Quote) -> str:
        return link_to(quote.parent)

    @display(description="Run")
    def run_link(self, quote: Quote) -> str:
        return link_to(quote.workflow_run)

    @display(description="NetSuite push")
    def push_link(self, quote: Quote) -> str:
        return link_to(quote.push)
