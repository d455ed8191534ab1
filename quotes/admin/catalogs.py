"""Catalogs: named sets of items to fill a quote with."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from import_export.fields import Field
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import BooleanRadioFilter, RelatedDropdownFilter
from unfold.decorators import display

from inventory.admin.importing import CodeWidget
from quotes.admin.bulk_import import BulkResource
from quotes.admin.customers import SpreadsheetAdmin
from quotes.admin.widgets import catalog_widget, spec_item_widget
from quotes.models import Catalog, CatalogItem


class CatalogResource(BulkResource):
    code = Field(attribute="code", column_name="code", widget=CodeWidget())

    class Meta(BulkResource.Meta):
        model = Catalog
        import_id_fields = ("code",)
        fields = ("code", "name", "is_active")
        export_order = fields


class CatalogItemResource(BulkResource):
    catalog = Field(attribute="catalog", column_name="catalog", widget=catalog_widget())
    spec_item = Field(attribute="spec_item", column_name="item_code", widget=spec_item_widget())

    class Meta(BulkResource.Meta):
        model = CatalogItem
        import_id_fields = ("catalog", "spec_item")
        fields = ("catalog", "spec_item", "position")
        export_order = fields

    def get_queryset(self) -> QuerySet[CatalogItem]:
        return CatalogItem.objects.select_related("catalog", "spec_item")


class EntryInline(TabularInline):
    model = CatalogItem
    fields = ("position", "spec_item")
    autocomplete_fields = ("spec_item",)
    extra = 0
    verbose_name = "item"


@admin.register(Catalog)
class CatalogAdmin(SpreadsheetAdmin):
    empty_hint = "A catalog is a named set of items to fill a quote with. Add one, or import a spreadsheet."
    resource_classes = (CatalogResource,)
    list_display = ("code", "name", "holds", "is_active")
    list_filter = (("is_active", BooleanRadioFilter),)
    search_fields = ("code", "name", "items__item_code")
    search_help_text = "Code, name, or the code of an item in it"
    fields = (("code", "name"), "is_active")
    inlines = (EntryInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Catalog]:
        return super().get_queryset(request).annotate(entry_count=Count("entries", distinct=True))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("code",) if obj else ()

    @display(description="Items")
    def holds(self, catalog: Any) -> int:
        return int(catalog.entry_count)


@admin.register(CatalogItem)
class CatalogItemAdmin(SpreadsheetAdmin):
    resource_classes = (CatalogItemResource,)
    list_display = ("catalog", "position", "spec_item")
    list_filter = (("catalog", RelatedDropdownFilter),)
    list_select_related = ("catalog", "spec_item")
    search_fields = ("spec_item__item_code", "spec_item__name", "catalog__code")
    autocomplete_fields = ("catalog", "spec_item")
    fields = (("catalog", "spec_item"), "position")

    def get_queryset(self, request: HttpRequest) -> QuerySet[CatalogItem]:
        return super().get_queryset(request).select_related(*self.list_select_related)
