"""Count lines: every item on every sheet, to search and to export."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from import_export.admin import ExportMixin
from import_export.fields import Field
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateTimeFilter
from unfold.contrib.import_export.forms import ExportForm
from unfold.decorators import display

from approvals.admin.links import link_to
from approvals.money import dollars
from approvals.templatetags.figures import quantity, signed
from inventory.admin.exporting import SafeResource, moment_field
from inventory.admin.stock import ItemSearch
from inventory.models import CountLine

MONEY = ("unit_cost", "variance_value")


class CountLineResource(SafeResource):
    """Export only: a count comes in as a walk-sheet."""

    sheet = Field(attribute="sheet__code", column_name="sheet", readonly=True)
    location = Field(attribute="sheet__zone__location__code", column_name="location", readonly=True)
    zone = Field(attribute="sheet__zone__code", column_name="zone", readonly=True)
    item_code = Field(attribute="item__item_code", column_name="item_code", readonly=True)
    description = Field(attribute="item__description", column_name="description", readonly=True)
    counted_at = moment_field("counted_at")

    class Meta(SafeResource.Meta):
        model = CountLine
        fields = (
            *("sheet", "location", "zone", "item_code", "description", "count_number", "counted_at", "counted"),
            *("expected", "variance", "variance_pct", *MONEY, "classification", "decision", "why"),
        )
        export_order = fields

    def __init__(self, may_see_cost: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for name in () if may_see_cost else MONEY:
            del self.fields[name]


@admin.register(CountLine)
class CountLineAdmin(ExportMixin, ItemSearch):
    resource_classes = (CountLineResource,)
    export_form_class = ExportForm
    list_filter = (
        ("classification", ChoicesDropdownFilter),
        ("decision", ChoicesDropdownFilter),
        ("counted_at", RangeDateTimeFilter),
    )
    list_filter_submit = True
    list_select_related = ("item", "sheet__zone__location")
    ordering = ("-id",)
    readonly_fields = ("sheet_link", "item_link", "value", "quantity_counted", "quantity_expected", "difference")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perms(["inventory.view_countline", "inventory.view_expected"])

    def has_export_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[CountLine]:
        return super().get_queryset(request).select_related(*self.list_select_related)

    def get_resource_kwargs(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        return {**kwargs, "may_see_cost": request.user.has_perm("inventory.view_cost")}

    def get_list_display(self, request: HttpRequest) -> list[str]:
        value = ["value"] if request.user.has_perm("inventory.view_cost") else []
        numbers = ["quantity_expected", "quantity_counted", "difference", *value]
        return ["item", "sheet_link", "counted_at", *numbers, "classification", "decision"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        value = ["value"] if request.user.has_perm("inventory.view_cost") else []
        numbers = ["quantity_expected", "quantity_counted", "difference", "variance_pct", *value]
        said = ["classification", "why", "suggested_reason", "decision", "count_number", "row", "counted_at"]
        return ["item_link", "sheet_link", *numbers, *said]

    @display(description="Sheet")
    def sheet_link(self, line: CountLine) -> str:
        return link_to(line.sheet)

    @display(description="Item")
    def item_link(self, line: CountLine) -> str:
        return link_to(line.item)

    @display(description="Expected")
    def quantity_expected(self, line: CountLine) -> str:
        return quantity(line.expected)

    @display(description="Counted")
    def quantity_counted(self, line: CountLine) -> str:
        return quantity(line.counted)

    @display(description="Variance")
    def difference(self, line: CountLine) -> str:
        return signed(line.variance)

    @display(description="Value")
    def value(self, line: CountLine) -> str:
        return dollars(line.variance_value)
