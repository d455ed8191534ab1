"""Orders: what is promised to whom, what has left, and the buttons for both."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateTimeFilter, RelatedDropdownFilter
from unfold.decorators import display

from approvals.admin.record import RecordAdmin
from inventory.admin.orders import acting, new_order
from inventory.admin.orders.access import may_process
from inventory.admin.orders.order_page import story_of
from inventory.admin.orders.pages import show
from inventory.models import Order, OrderLine

Status = Order.Status
COLOURS = {Status.OPEN: "warning", Status.FULFILLED: "success", Status.CANCELLED: ""}
WAITS = Q(quantity__gt=F("fulfilled") + F("cancelled"))


def lines_of_row(*condition: Q) -> Coalesce:
    """How many lines of the row's order; computed for the rows of the page only."""
    lines = OrderLine.objects.filter(*condition, order=OuterRef("pk")).order_by().values("order")
    return Coalesce(Subquery(lines.annotate(n=Count("pk")).values("n"), output_field=IntegerField()), 0)


@admin.register(Order)
class OrderAdmin(RecordAdmin):
    empty_hint = "Orders come in over the API, or from the order desk: press “New order”."
    list_display = ("order_id", "customer", "location", "state", "lines", "waiting", "placed_at", "who", "remark")
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("location", RelatedDropdownFilter),
        ("placed_at", RangeDateTimeFilter),
    )
    list_filter_submit = True
    list_select_related = ("location", "placed_by")
    search_fields = ("order_id", "customer", "=lines__item__item_code")
    search_help_text = "Order, customer, or an item's exact code"
    list_before_template = "orders/list_buttons.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        rows = super().get_queryset(request)
        return rows.annotate(line_count=lines_of_row(), waiting_count=lines_of_row(WAITS))

    @display(description="Status", label=COLOURS)
    def state(self, order: Order) -> tuple[str, str]:
        return order.status, order.get_status_display()

    @display(description="Lines")
    def lines(self, order: Any) -> int:
        return int(order.line_count)

    @display(description="Waiting")
    def waiting(self, order: Any) -> Any:
        return order.waiting_count or None

    @display(description="Placed by")
    def who(self, order: Order) -> Any:
        return order.placed_by

    @display(description="Remark", label={"warning": "warning"})
    def remark(self, order: Order) -> Any:
        return ("warning", "Warning") if order.warnings else None

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(request, {"may_process": may_process(request)} | (extra_context or {}))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        order = self.get_object(request, unquote(object_id))
        if order is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return show(self, request, "order", f"Order {order}", **story_of(order, request))

    def get_urls(self) -> list[URLPattern]:
        def view(page: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
            return self.admin_site.admin_view(partial(page, self))

        name = "inventory_order_"
        return [
            path("new/", view(new_order.new_order_page), name=f"{name}new"),
            path("<int:pk>/fulfil/", view(acting.fulfil_page), name=f"{name}fulfil"),
            path("<int:pk>/fulfil-some/", view(acting.fulfil_some_page), name=f"{name}fulfil_some"),
            path("<int:pk>/cancel/", view(acting.cancel_page), name=f"{name}cancel"),
            *super().get_urls(),
        ]
