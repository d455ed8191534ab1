"""Items and their bills of materials. Cost is for those who may see it: list, page, history, export, import."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from import_export.admin import ImportExportMixin
from import_export.fields import Field
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import BooleanRadioFilter, ChoicesDropdownFilter
from unfold.contrib.import_export.forms import ExportForm, ImportForm
from unfold.decorators import action, display

from approvals.admin.histories import HistoryAdmin
from approvals.money import dollars
from inventory.admin.checking import CHECK, check_page
from inventory.admin.excel.access import may_sync
from inventory.admin.excel.again import AGAIN, again_page, kept_by_excel
from inventory.admin.exporting import SafeResource
from inventory.admin.importing import CodeWidget, NumberWidget
from inventory.admin.sight import sees_cost
from inventory.admin.stating import BUTTON, MayState, to_stating
from inventory.admin.summary import forget
from inventory.models import AssemblyComponent, Item

COST = "avg_cost"


class ItemResource(SafeResource):
    """One row an item, found by its code. A column left out changes nothing; an unchanged row writes nothing."""

    item_code = Field(attribute="item_code", column_name="item_code", widget=CodeWidget())
    avg_cost = Field(attribute=COST, column_name=COST, widget=NumberWidget())

    class Meta(SafeResource.Meta):
        model = Item
        import_id_fields = ("item_code",)
        fields = (
            *("item_code", "description", "unit", "case_pack", "allows_fractions", COST),
            *("abc_class", "barcode", "is_active", "netsuite_id"),
        )
        export_order = fields

    def __init__(self, may_see_cost: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not may_see_cost:
            del self.fields[COST]

    def after_import(self, dataset: Any, result: Any, **kwargs: Any) -> None:
        super().after_import(dataset, result, **kwargs)
        forget(())


class ComponentInline(TabularInline):
    model = AssemblyComponent
    fk_name = "assembly"
    autocomplete_fields = ("component",)
    extra = 0
    verbose_name = "component"
    verbose_name_plural = "bill of materials"


@admin.register(Item)
class ItemAdmin(MayState, ImportExportMixin, HistoryAdmin):
    empty_hint = "Import your items from a spreadsheet, or add the first by hand."
    resource_classes = (ItemResource,)
    import_form_class = ImportForm
    export_form_class = ExportForm
    import_template_name = "inventory/import.html"
    list_filter = (
        ("is_active", BooleanRadioFilter),
        ("abc_class", ChoicesDropdownFilter),
        ("allows_fractions", BooleanRadioFilter),
    )
    list_filter_submit = True
    list_per_page = 50
    search_fields = ("item_code", "description", "=barcode")
    inlines = (ComponentInline,)
    actions_detail = ("check_stock", "sync_again", "state_quantity")
    fieldsets = (
        (None, {"fields": (("item_code", "barcode"), "description", ("unit", "case_pack"))}),
        (None, {"fields": (("abc_class", COST), ("allows_fractions", "is_active"), "netsuite_id")}),
    )

    def get_list_display(self, request: HttpRequest) -> list[str]:
        columns = ["item_code", "description", "unit", "case_pack", "abc_class", "cost", "barcode", "active"]
        return columns if sees_cost(request) else [name for name in columns if name != "cost"]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if sees_cost(request):
            return self.fieldsets
        return [(name, {**options, "fields": _without_cost(options["fields"])}) for name, options in self.fieldsets]

    def get_exclude(self, request: HttpRequest, obj: Any = None) -> Sequence[str]:
        return self.hidden_fields(request)

    def hidden_fields(self, request: HttpRequest) -> Sequence[str]:
        return () if sees_cost(request) else (COST,)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The code is printed on shelves and known to NetSuite: it is fixed once given."""
        return ("item_code",) if obj else ()

    def get_resource_kwargs(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        return {**kwargs, "may_see_cost": sees_cost(request)}

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """An item is made inactive; what was counted and moved keeps its name."""
        return False

    def has_sync_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.has_view_permission(request) and may_sync(request.user)

    @action(description=AGAIN, url_path="sync", permissions=["sync"], icon="sync")
    def sync_again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        item = get_object_or_404(Item, pk=object_id)
        return again_page(self, request, item, locations=kept_by_excel(item), item=item)

    def has_check_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.has_view_permission(request) and request.user.has_perm(CHECK)

    @action(description="Check stock", url_path="check", permissions=["check"], icon="fact_check")
    def check_stock(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return check_page(self, request, get_object_or_404(Item, pk=object_id))

    @action(description=BUTTON, url_path="state", permissions=["state"], icon="balance")
    def state_quantity(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return to_stating(request, get_object_or_404(Item, pk=object_id))

    @display(description="Average cost", ordering=COST)
    def cost(self, item: Item) -> str:
        return dollars(item.avg_cost)

    @display(description="Active", boolean=True, ordering="is_active")
    def active(self, item: Item) -> bool:
        return item.is_active


def _without_cost(fields: Any) -> list[Any]:
    kept = [tuple(n for n in name if n != COST) if isinstance(name, tuple) else name for name in fields]
    return [name for name in kept if name]
