"""Locations and zones, with the rotation plan as a page of the zones."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from import_export.admin import ImportExportMixin
from import_export.fields import Field
from unfold.contrib.filters.admin import BooleanRadioFilter, RelatedDropdownFilter
from unfold.contrib.import_export.forms import ExportForm, ImportForm
from unfold.decorators import display

from approvals.admin.histories import HistoryAdmin
from approvals.templatetags.figures import age, percent
from inventory.admin.exporting import SafeResource
from inventory.admin.importing import CodeWidget, LocationWidget
from inventory.admin.rotation import show_rotation
from inventory.admin.summary import ZoneSummary, zone_summaries
from inventory.models import Location, Zone


class LocationResource(SafeResource):
    code = Field(attribute="code", column_name="code", widget=CodeWidget())

    class Meta(SafeResource.Meta):
        model = Location
        import_id_fields = ("code",)
        fields = ("code", "name", "netsuite_id")
        export_order = fields


class ZoneResource(SafeResource):
    location = Field(attribute="location", column_name="location", widget=LocationWidget())
    code = Field(attribute="code", column_name="code", widget=CodeWidget())

    class Meta(SafeResource.Meta):
        model = Zone
        import_id_fields = ("location", "code")
        fields = ("location", "code", "name", "is_active")
        export_order = fields


class PlaceAdmin(ImportExportMixin, HistoryAdmin):
    import_form_class = ImportForm
    export_form_class = ExportForm
    import_template_name = "inventory/import.html"

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What was counted there keeps its place: a zone is made inactive."""
        return False


@admin.register(Location)
class LocationAdmin(PlaceAdmin):
    resource_classes = (LocationResource,)
    list_display = ("code", "name", "netsuite_id", "stock_keeper")
    list_select_related = ("stock_keeper",)
    search_fields = ("code", "name")


@admin.register(Zone)
class ZoneAdmin(PlaceAdmin):
    resource_classes = (ZoneResource,)
    list_display = ("code", "name", "location", "items", "oldest_count", "counted_in_time", "is_active")
    list_filter = (("location", RelatedDropdownFilter), ("is_active", BooleanRadioFilter))
    list_filter_submit = True
    list_select_related = ("location",)
    list_per_page = 100
    search_fields = ("code", "name", "location__code")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.rotation_view)
        return [path("rotation/", view, name="inventory_zone_rotation"), *super().get_urls()]

    def rotation_view(self, request: HttpRequest) -> HttpResponse:
        return show_rotation(request, self)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The figures of the zones on this page, read together."""
        changelist = super().get_changelist_instance(request)
        figures = zone_summaries(zone.pk for zone in changelist.result_list)
        for zone in changelist.result_list:
            zone.figures = figures[zone.pk]
        return changelist

    def get_queryset(self, request: HttpRequest) -> QuerySet[Zone]:
        return super().get_queryset(request).select_related("location")

    @display(description="Items")
    def items(self, zone: Any) -> int:
        figures: ZoneSummary = zone.figures
        return figures.items

    @display(description="Oldest count")
    def oldest_count(self, zone: Any) -> str:
        figures: ZoneSummary = zone.figures
        if figures.never_counted:
            return f"{figures.never_counted} never counted"
        return f"{age(figures.oldest_count)} ago" if figures.oldest_count else "–"

    @display(description="Counted within 30 days")
    def counted_in_time(self, zone: Any) -> str:
        figures: ZoneSummary = zone.figures
        return percent(figures.coverage)
