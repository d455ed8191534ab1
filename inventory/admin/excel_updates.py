"""To enter in Excel: what was sold of the items that Excel decides, and whether staff have taken it off there."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import DropdownFilter, RangeDateTimeFilter, RelatedDropdownFilter
from unfold.decorators import display

from approvals.admin.links import link_to
from approvals.refusals import Refused
from approvals.templatetags.figures import quantity
from inventory.admin.orders.access import ENTER
from inventory.admin.stock import ItemSearch
from inventory.models import ExcelUpdate
from inventory.orders.excel_updates import mark_entered, unmark_entered

Status = ExcelUpdate.Status
COLOURS = {Status.PENDING: "warning", Status.ENTERED: "info", Status.PROVED: "success"}


class StatusFilter(DropdownFilter):
    """What waits is shown unless something else is asked for."""

    title = "status"
    parameter_name = "status"
    all_option = None

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [*Status.choices, ("all", "All")]

    def value(self) -> str:
        return str(super().value() or Status.PENDING)

    def queryset(self, request: HttpRequest, queryset: QuerySet[ExcelUpdate]) -> QuerySet[ExcelUpdate]:
        return queryset.filter(status=self.value()) if self.value() in Status.values else queryset


@admin.register(ExcelUpdate)
class ExcelUpdateAdmin(ItemSearch):
    empty_hint = "Nothing waits to be entered. What orders sell of items that Excel decides appears here."
    list_display = ("item", "location", "taken_off", "order", "sold_at", "state", "entered_by")
    list_filter = (
        StatusFilter,
        ("location", RelatedDropdownFilter),
        ("sold_at", RangeDateTimeFilter),
    )
    list_filter_submit = True
    list_select_related = ("item", "location", "order_line__order", "entered_by")
    fields = ("item_link", "location", "taken_off", "order", "sold_at", "state", "entered_by", "entered_at", "proof")
    readonly_fields = ("item_link", "taken_off", "order", "state", "proof")
    actions = ("mark_as_entered", "not_entered_after_all")

    @display(description="Take off")
    def taken_off(self, update: ExcelUpdate) -> str:
        return f"{quantity(update.sold)} {update.item.unit}"

    @display(description="Order")
    def order(self, update: ExcelUpdate) -> str:
        return link_to(update.order_line.order)

    @display(description="Status", label=COLOURS)
    def state(self, update: ExcelUpdate) -> tuple[str, str]:
        return update.status, update.get_status_display()

    @display(description="Item")
    def item_link(self, update: ExcelUpdate) -> str:
        return link_to(update.item)

    @display(description="Proved by")
    def proof(self, update: ExcelUpdate) -> str:
        return link_to(update.proved_by)

    def has_enter_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(ENTER)

    @admin.action(description="Mark as entered", permissions=["enter"])
    def mark_as_entered(self, request: HttpRequest, queryset: QuerySet[ExcelUpdate]) -> None:
        _carry_out(request, queryset, mark_entered, "marked as entered in Excel")

    @admin.action(description="Not entered after all", permissions=["enter"])
    def not_entered_after_all(self, request: HttpRequest, queryset: QuerySet[ExcelUpdate]) -> None:
        _carry_out(request, queryset, unmark_entered, "to be entered again")


def _carry_out(request: HttpRequest, queryset: QuerySet[ExcelUpdate], operation: Callable[..., int], done: str) -> None:
    try:
        count = operation(list(queryset.order_by("pk").values_list("pk", flat=True)), by=request.user)
    except Refused as refusal:
        for sentence in refusal.problems:
            messages.error(request, sentence)
        return
    were = "sale is" if count == 1 else "sales are"
    messages.success(request, f"{count} {were} {done}." if count else "They were so already: nothing changed.")
