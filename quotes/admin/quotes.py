"""Quotes: the list, the page of each with its story, and the buttons that carry it on."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter, RangeDateFilter
from unfold.decorators import display

from approvals.admin.histories import HistoryAdmin
from approvals.admin.readonly import ReadOnlyAdmin
from quotes.admin import drafting, quote_acting
from quotes.admin.quote_page import STATUS_COLOURS, page_of_quote
from quotes.expiry import company_day, has_lapsed
from quotes.models import Quote
from quotes.school_years import SchoolYear

SOON = timedelta(days=14)
Status = Quote.Status


class YearFilter(DropdownFilter):
    title = "school year"
    parameter_name = "year"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        years = Quote.objects.order_by("-school_year").values_list("school_year", flat=True).distinct()
        return [(str(year), str(SchoolYear(year))) for year in years]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Quote]) -> QuerySet[Quote]:
        value = self.value() or ""
        return queryset.filter(school_year=int(value)) if value.isdigit() else queryset


class ExpiringFilter(DropdownFilter):
    title = "validity"
    parameter_name = "validity"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("soon", "Runs out within 14 days")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Quote]) -> QuerySet[Quote]:
        if self.value() != "soon":
            return queryset
        today = company_day()
        return queryset.filter(lifecycle_status=Status.SENT, valid_until__range=(today, today + SOON))


@admin.register(Quote)
class QuoteAdmin(ReadOnlyAdmin, HistoryAdmin):
    list_display = ("name", "customer", "year", "state", "valid", "lines_shown", "sent_at", "created_by")
    list_filter = (
        ("lifecycle_status", ChoicesDropdownFilter), YearFilter, ExpiringFilter, ("valid_until", RangeDateFilter),
    )  # fmt: skip
    list_filter_submit = True
    list_select_related = ("customer", "created_by")
    search_fields = ("number", "customer__code", "customer__name", "lines__item_code", "bid_reference")
    search_help_text = "Number, customer, or an item that was quoted"
    list_before_template = "quotes/list_buttons.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Quote]:
        return super().get_queryset(request).annotate(line_count=Count("lines", distinct=True))

    @display(description="Quote", ordering="number")
    def name(self, quote: Quote) -> str:
        return format_html('<span style="white-space:nowrap">{}</span>', quote)

    @display(description="Year", ordering="school_year")
    def year(self, quote: Quote) -> str:
        return quote.school_year_text

    @display(description="Status", label=STATUS_COLOURS, ordering="lifecycle_status")
    def state(self, quote: Quote) -> tuple[str, str]:
        if quote.lifecycle_status == Status.SENT and has_lapsed(quote):
            return Status.EXPIRED, Status.EXPIRED.label
        return quote.lifecycle_status, quote.get_lifecycle_status_display()

    @display(description="Valid until", ordering="valid_until")
    def valid(self, quote: Quote) -> Any:
        return quote.valid_until

    @display(description="Lines")
    def lines_shown(self, quote: Any) -> int:
        return int(quote.line_count)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        more = {"may_draft": drafting.may_draft(request)}
        return super().changelist_view(request, more | (extra_context or {}))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        quote = self.get_object(request, unquote(object_id))
        if quote is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        context = {
            **self.admin_site.each_context(request),
            "title": str(quote),
            "opts": self.opts,
            **page_of_quote(quote, request.user),
        }
        return TemplateResponse(request, "quotes/quote.html", context)

    def get_urls(self) -> list[URLPattern]:
        def view(page: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
            return self.admin_site.admin_view(partial(page, self))

        return [
            path("draft/", view(drafting.drafting_page), name="quotes_quote_draft"),
            path("draft/items/", view(drafting.items_found), name="quotes_quote_items"),
            path("<int:pk>/pdf/", view(quote_acting.pdf_page), name="quotes_quote_pdf"),
            path("<int:pk>/answer/", view(quote_acting.answer_page), name="quotes_quote_answer"),
            path("<int:pk>/take-back/", view(quote_acting.take_back_page), name="quotes_quote_take_back"),
            path("<int:pk>/extend/", view(quote_acting.extend_page), name="quotes_quote_extend"),
            path("<int:pk>/cancel/", view(quote_acting.cancel_page), name="quotes_quote_cancel"),
            *super().get_urls(),
        ]
