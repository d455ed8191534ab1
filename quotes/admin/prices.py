"""The pricing master. Price and pass-through value are for everybody who quotes; cost and margin are not."""

from typing import Any

from django.contrib import admin
from django.db.models import DecimalField, QuerySet, Value
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.html import format_html
from import_export.fields import Field
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter, RangeDateFilter, RelatedDropdownFilter
from unfold.decorators import display

from quotes.admin.access import COST_FIELDS, CostAwareAdmin
from quotes.admin.bulk_import import BulkResource
from quotes.admin.customers import SpreadsheetAdmin
from quotes.admin.widgets import (
    BasisWidget,
    DayWidget,
    MoneyWidget,
    SchoolYearWidget,
    customer_widget,
    spec_item_widget,
)
from quotes.admin.years import SchoolYearFilter
from quotes.margin_floor import margin_floor
from quotes.models import PricingMaster
from quotes.models.years import school_year_text
from quotes.pricing import Margin, PriceBasis, price_text

WITH_SMALL = '<span style="white-space:nowrap">${}<br><small>{}</small></span>'
PERCENT = DecimalField(max_digits=8, decimal_places=4)
FLOOR_COLOURS = {"passes": "success", "below": "danger", "unknown": "warning"}


class PriceResource(BulkResource):
    """Found by customer, item, school year and basis together."""

    cost_columns = COST_FIELDS
    customer = Field(attribute="customer", column_name="customer", widget=customer_widget())
    spec_item = Field(attribute="spec_item", column_name="item_code", widget=spec_item_widget())
    school_year = Field(attribute="school_year", column_name="school_year", widget=SchoolYearWidget())
    price_basis = Field(attribute="price_basis", column_name="price_basis", widget=BasisWidget())
    case_price = Field(attribute="case_price", column_name="case_price", widget=MoneyWidget())
    pass_through_value = Field(attribute="pass_through_value", column_name="pass_through_value", widget=MoneyWidget())
    cost_basis = Field(attribute="cost_basis", column_name="cost_basis", widget=MoneyWidget())
    cost_date = Field(attribute="cost_date", column_name="cost_date", widget=DayWidget())

    class Meta(BulkResource.Meta):
        model = PricingMaster
        import_id_fields = ("customer", "spec_item", "school_year", "price_basis")
        fields = (
            *("customer", "spec_item", "school_year", "price_basis", "case_price", "pass_through_value"),
            *COST_FIELDS,
        )
        export_order = fields

    def get_queryset(self) -> QuerySet[PricingMaster]:
        return PricingMaster.objects.select_related("customer", "spec_item")


class FloorFilter(DropdownFilter):
    """Prices under the margin floor, or without a cost. For those who may see cost."""

    title = "margin"
    parameter_name = "margin"
    tells_cost = True

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("below", "Under the floor"), ("unknown", "Cost unknown")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[PricingMaster]) -> QuerySet[PricingMaster]:
        known = queryset.filter(cost_basis__gt=0)
        if self.value() == "unknown":
            return queryset.exclude(pk__in=known.values("pk"))
        if self.value() != "below":
            return queryset
        # Judged here: SQLite would compare floats.
        floor = margin_floor().percent
        rows = known.values_list("pk", "case_price", "cost_basis")
        return queryset.filter(pk__any_of=[pk for pk, price, cost in rows if Margin(price, cost, floor).is_below_floor])


@admin.register(PricingMaster)
class PricingMasterAdmin(CostAwareAdmin, SpreadsheetAdmin):
    empty_hint = "Import customers and spec items first, then the prices agreed with each customer for a school year."
    resource_classes = (PriceResource,)
    list_display = (
        *("item", "district", "year", "price_basis", "price", "net"),
        *("cost", "margin"),
    )
    list_filter = (
        SchoolYearFilter,
        ("price_basis", ChoicesDropdownFilter),
        ("customer", RelatedDropdownFilter),
        FloorFilter,
        ("cost_date", RangeDateFilter),
    )
    list_fullwidth = True
    ordering = ("-school_year", "customer__code", "spec_item__item_code", "price_basis")
    list_select_related = ("customer", "spec_item")
    search_fields = ("spec_item__item_code", "spec_item__name", "customer__code", "customer__name")
    search_help_text = "Item code or name, customer code or name"
    autocomplete_fields = ("customer", "spec_item")
    fieldsets = (
        (None, {"fields": (("customer", "spec_item"), ("school_year", "price_basis"))}),
        (None, {"fields": (("case_price", "pass_through_value"), ("cost_basis", "cost_date"))}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[PricingMaster]:
        prices = super().get_queryset(request).select_related(*self.list_select_related)
        return prices.annotate(floor=Value(margin_floor().percent, output_field=PERCENT))

    @display(description="Item", ordering="spec_item__item_code")
    def item(self, price: PricingMaster) -> str:
        return format_html('<div style="min-width:11rem">{}</div>', price.spec_item)

    @display(description="Customer", ordering="customer__code")
    def district(self, price: PricingMaster) -> str:
        return format_html('<span title="{}">{}</span>', price.customer.name, price.customer.code)

    @display(description="School year", ordering="school_year")
    def year(self, price: PricingMaster) -> str:
        return school_year_text(price.school_year)

    @display(description="Case price", ordering="case_price")
    def price(self, price: PricingMaster) -> str:
        return f"${price_text(price.case_price)}"

    @display(description="Net price")
    def net(self, price: PricingMaster) -> str:
        """With the pass-through value below it: off the invoice, or to be claimed by the district."""
        net, value = price_text(price.price.net), price.pass_through_value
        if value is None:
            return f"${net}"
        how = "rebate" if price.price_basis == PriceBasis.REBATE else "off"
        return format_html(WITH_SMALL, net, f"${price_text(value)} {how}")

    @display(description="Cost", ordering="cost_basis")
    def cost(self, price: PricingMaster) -> str:
        if price.cost_basis is None or price.cost_date is None:
            return "–"
        return format_html(WITH_SMALL, price_text(price.cost_basis), date_format(price.cost_date))

    @display(description="Margin", label=FLOOR_COLOURS)
    def margin(self, price: Any) -> tuple[str, str]:
        margin = Margin(price.case_price, price.cost_basis, price.floor)
        state = "passes" if margin.passes else "below" if margin.is_below_floor else "unknown"
        return state, str(margin)
