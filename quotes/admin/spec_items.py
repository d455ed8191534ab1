"""Spec items: what we offer, with pack, servings, meal-pattern credit and origin."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from import_export.fields import Field
from unfold.contrib.filters.admin import BooleanRadioFilter, ChoicesDropdownFilter, RangeDateFilter
from unfold.decorators import display

from inventory.admin.importing import CodeWidget, NumberWidget
from inventory.models import Item
from quotes.admin.bulk_import import BulkResource
from quotes.admin.customers import SpreadsheetAdmin
from quotes.admin.widgets import ChoiceWidget, DayWidget, RowWidget
from quotes.models import SpecItem
from quotes.models.spec_items import SPECIFICATION_FIELDS


class SpecItemResource(BulkResource):
    item_code = Field(attribute="item_code", column_name="item_code", widget=CodeWidget())
    item = Field(
        attribute="item", column_name="stock_item", widget=RowWidget(Item, "item_code", "stock item", optional=True)
    )
    net_case_weight = Field(attribute="net_case_weight", column_name="net_case_weight", widget=NumberWidget())
    cn_expires_on = Field(attribute="cn_expires_on", column_name="cn_expires_on", widget=DayWidget())
    storage = Field(
        attribute="storage",
        column_name="storage",
        widget=ChoiceWidget(SpecItem.Storage.choices, SpecItem.Storage.UNKNOWN),
    )
    domestic = Field(
        attribute="domestic",
        column_name="domestic",
        widget=ChoiceWidget(SpecItem.Domestic.choices, SpecItem.Domestic.UNKNOWN),
    )

    class Meta(BulkResource.Meta):
        model = SpecItem
        import_id_fields = ("item_code",)
        fields = ("item_code", "name", *SPECIFICATION_FIELDS, "item", "discontinued")
        export_order = fields


@admin.register(SpecItem)
class SpecItemAdmin(SpreadsheetAdmin):
    empty_hint = "Import what you offer from a spreadsheet: codes, packs, servings, allergens."
    resource_classes = (SpecItemResource,)
    list_display = ("item_code", "name", "category", "pack", "servings_per_case", "cn", "cn_expires_on", "on_sale")
    list_filter = (
        ("storage", ChoicesDropdownFilter),
        ("domestic", ChoicesDropdownFilter),
        ("discontinued", BooleanRadioFilter),
        ("cn_expires_on", RangeDateFilter),
    )
    search_fields = ("item_code", "name", "brand", "=cn_number", "=gtin")
    autocomplete_fields = ("item",)
    fieldsets = (
        (None, {"fields": (("item_code", "name"), ("category", "brand"), ("item", "discontinued"))}),
        ("Pack", {"fields": (("pack", "net_case_weight"), ("servings_per_case", "serving_size"), "storage")}),
        ("Meal pattern", {"fields": (("cn_number", "cn_expires_on"), "cn_credit", "allergens")}),
        ("Origin", {"fields": (("domestic", "country_of_origin"), "exception_reason")}),
        ("Manufacturer", {"fields": (("manufacturer", "manufacturer_sku"), "gtin")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[SpecItem]:
        return super().get_queryset(request).select_related("item")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("item_code",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """An item is discontinued; what was quoted keeps its name."""
        return False

    @display(description="CN number", ordering="cn_number")
    def cn(self, item: SpecItem) -> str:
        return f"{item.cn_number} {item.cn_credit}".strip() or "–"

    @display(description="Offered", boolean=True, ordering="discontinued")
    def on_sale(self, item: SpecItem) -> bool:
        return not item.discontinued
