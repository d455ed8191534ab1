"""Quotes: the list, the page of each with its story, and the buttons that carry it on. Nothing is edited in a form."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from approvals.admin.histories import HistoryAdmin
from approvals.admin.links import page_of
from approvals.admin.readonly import ReadOnlyAdmin
from approvals.models import ProposedAction
from quotes.admin import drafting, quote_acting
from quotes.admin.access import sees_cost
from quotes.admin.quote_lines_file import lines_file
from quotes.admin.quote_page import STATUS_COLOURS, page_of_quote
from quotes.admin.years import SchoolYearFilter
from quotes.context import QUOTE_DRAFT
from quotes.expiry import has_lapsed
from quotes.models import Quote, QuoteLine
from quotes.standing import today

SOON = timedelta(days=14)
Status = Quote.Status
OPEN = (Status.APPROVED, Status.SENT)


class ExpiryFilter(DropdownFilter):
    """Offers that stand now and end soon, the last day included."""

    title = "expiry"
    parameter_name = "expiring"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("soon", f"In the next {SOON.days} days")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Quote]) -> QuerySet[Quote]:
        if self.value() != "soon":
            return queryset
        day = today()
        return queryset.filter(lifecycle_status__in=OPEN, valid_until__range=(day, day + SOON))


def waiting_drafts(request: HttpRequest) -> list[tuple[ProposedAction, str]]:
    """The newest drafts nobody has decided, with their address for those who may open it; no quote exists yet."""
    drafts = ProposedAction.objects.filter(action_type=QUOTE_DRAFT, status=ProposedAction.Status.PENDING)
    opens = request.user.has_perm("approvals.view_proposedaction")
    return [
        (draft, page_of(draft.envelope or draft) if opens else "") for draft in drafts.select_related("envelope")[:5]
    ]


@admin.register(Quote)
class QuoteAdmin(ReadOnlyAdmin, HistoryAdmin):
    empty_hint = "Draft a quote with the button above. It stands here once it is approved."
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
    list_before_template = "quotes/list_buttons.html"

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
        status = Status.EXPIRED if quote.lifecycle_status == Status.SENT and has_lapsed(quote) else None
        return (status, status.label) if status else (quote.lifecycle_status, quote.get_lifecycle_status_display())

    @display(description="Lines")
    def lines(self, quote: Any) -> int:
        return quote.line_count or 0

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        kind = request.GET.get("export", "")
        if kind in {"csv", "xlsx"} and self.has_view_permission(request):
            return self._exported(request, kind)
        more = {
            "may_draft": drafting.may_draft(request),
            "drafts": waiting_drafts(request),
            "query": request.GET.urlencode(),
        }
        return super().changelist_view(request, more | (extra_context or {}))

    def _exported(self, request: HttpRequest, kind: str) -> HttpResponse:
        """The lines of what the list shows with the same search and filters."""
        asked = request.GET.copy()
        del asked["export"]
        request.GET = asked  # type: ignore[assignment]
        found = self.get_changelist_instance(request).get_queryset(request)
        return lines_file(found, kind=kind, sees_cost=sees_cost(request.user))

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
