"""Balances and movements: read-only, for millions of rows. Stock changes by counts and goods, not by typing here."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.timezone import localtime
from import_export.admin import ImportExportMixin
from import_export.fields import Field
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateTimeFilter, RelatedDropdownFilter
from unfold.contrib.import_export.forms import ExportForm, ImportForm
from unfold.decorators import action, display

from approvals.admin.links import link_to, list_of
from approvals.admin.record import RecordAdmin
from approvals.clock import now
from approvals.templatetags.figures import quantity, signed
from inventory.admin.authority import COLOURS, HISTORY_SHOWN, authority_page
from inventory.admin.checking import check_address
from inventory.admin.excel.access import may_sync
from inventory.admin.excel.again import AGAIN, again_page
from inventory.admin.exporting import SafeResource, moment_field
from inventory.admin.importing import ItemWidget, LocationWidget, NumberWidget, ZoneWidget
from inventory.admin.stating import BUTTON, MayState, state_page
from inventory.admin.summary import forget
from inventory.admin.wms_waves import chosen_page
from inventory.admin.zone_filter import ZoneFilter
from inventory.models import AuthorityChange, Balance, Item, Movement, Zone
from inventory.stock.authority import PERMISSION
from inventory.stock.opening import OpeningStock, begun, open_stock
from inventory.wms.rollout import ADD as BEGIN_WAVE

MOST_ITEMS_FOUND = 500


class BalanceResource(SafeResource):
    """Export: every balance. Import: opening stock, through the ledger, once for each item and location."""

    item = Field(attribute="item", column_name="item_code", widget=ItemWidget())
    description = Field(attribute="item__description", column_name="description", readonly=True)
    location = Field(attribute="location", column_name="location", widget=LocationWidget())
    zone = Field(attribute="zone", column_name="zone", widget=ZoneWidget())
    quantity_on_hand = Field(attribute="quantity_on_hand", column_name="quantity", widget=NumberWidget())
    last_counted_at = moment_field("last_counted_at")

    class Meta(SafeResource.Meta):
        model = Balance
        import_id_fields = ("item", "location")
        fields = (
            *("item", "description", "location", "zone", "bin", "quantity_on_hand"),
            *("quantity_reserved", "quantity_available", "last_counted_at"),
        )
        export_order = fields

    def get_import_fields(self) -> list[Field]:
        """Reserved, available and the last count are ours to say, not the file's."""
        taken = {"item", "location", "zone", "bin", "quantity_on_hand"}
        return [field for name, field in self.fields.items() if name in taken]

    def skip_row(self, instance: Any, original: Any, row: Any, errors: Any = None) -> bool:
        opening = instance.quantity_on_hand
        if opening is None or opening < 0:
            raise ValueError("The quantity is empty or negative. Opening stock is zero or more.")
        if opening % 1 and not instance.item.allows_fractions:
            raise ValueError(f"{opening} is not whole, but {instance.item.unit} comes in whole units.")
        if original.pk is None:
            return False
        before = begun(instance.location, [instance.item_id])[instance.item_id]
        if before.opening == opening:
            return True
        raise ValueError(
            f"Item {instance.item.item_code} has stock at {instance.location.code} already "
            f"(opened with {quantity(before.opening)}). Count it to correct it."
        )

    def save_instance(self, instance: Balance, is_create: bool, row: Any, **kwargs: Any) -> None:
        open_stock(
            [OpeningStock(instance.item_id, instance.quantity_on_hand, instance.bin or "")],
            location=instance.location,
            zone=instance.zone,
            occurred_at=now(),
            reference=str(kwargs.get("file_name") or "import")[:80],
            source="import",
            by=kwargs.get("user"),
        )

    def after_import(self, dataset: Any, result: Any, **kwargs: Any) -> None:
        super().after_import(dataset, result, **kwargs)
        forget(Zone.objects.values_list("pk", flat=True))


class ItemSearch(RecordAdmin):
    """Searches the small table of items first, then its rows by item: an index on the large one suffices."""

    search_fields = ("item__item_code",)
    search_help_text = "Item code or description"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term.strip():
            return queryset, False
        items = Item.objects.all()
        for word in search_term.split():
            items = items.filter(Q(item_code__icontains=word) | Q(description__icontains=word))
        found = list(items.order_by().values_list("pk", flat=True)[:MOST_ITEMS_FOUND])
        return queryset.filter(item__in=found), False


@admin.register(Balance)
class BalanceAdmin(MayState, ImportExportMixin, ItemSearch):
    empty_hint = "Import your items first, then their opening stock with its zones."
    resource_classes = (BalanceResource,)
    import_form_class = ImportForm
    export_form_class = ExportForm
    import_template_name = "inventory/import.html"
    actions = ("set_authority", "begin_wave")
    actions_detail = ("check_stock", "sync_again", "state_quantity")
    list_display = (
        *("item", "location", "zone", "bin", "on_hand", "reserved", "available"),
        *("whose_word", "last_counted_at"),
    )
    list_filter = (
        ("location", RelatedDropdownFilter),
        ("zone", ZoneFilter),
        ("authority", ChoicesDropdownFilter),
        ("last_counted_at", RangeDateTimeFilter),
    )
    list_filter_submit = True
    list_select_related = ("item", "location", "zone__location")
    ordering = ("item__item_code", "location")
    fields = (
        *("item_link", "location", "zone", "bin", "on_hand", "reserved", "available"),
        *("last_counted_at", "authority_since", "movements"),
    )
    readonly_fields = ("item_link", "on_hand", "reserved", "available", "authority_since", "movements")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Balance]:
        return super().get_queryset(request).select_related(*self.list_select_related)

    @display(description="On hand", ordering="quantity_on_hand")
    def on_hand(self, balance: Balance) -> str:
        return quantity(balance.quantity_on_hand)

    @display(description="Reserved", ordering="quantity_reserved")
    def reserved(self, balance: Balance) -> str:
        return quantity(balance.quantity_reserved)

    @display(description="Available", ordering="quantity_available")
    def available(self, balance: Balance) -> str:
        return quantity(balance.quantity_available)

    @display(description="Authority", label=COLOURS, ordering="authority")
    def whose_word(self, balance: Balance) -> tuple[str, str]:
        return balance.authority, balance.get_authority_display()

    def has_change_authority_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(PERMISSION)

    @admin.action(description="Set authority…", permissions=["change_authority"])
    def set_authority(self, request: HttpRequest, balances: QuerySet[Balance]) -> HttpResponse | None:
        return authority_page(self, request, balances)

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        return lookup == "wms_rollouts__rollout__id__exact" or super().lookup_allowed(lookup, value, request)

    def has_begin_wave_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(BEGIN_WAVE)

    @admin.action(description="Begin a WMS wave…", permissions=["begin_wave"])
    def begin_wave(self, request: HttpRequest, balances: QuerySet[Balance]) -> HttpResponse | None:
        return chosen_page(self, request, balances)

    def has_sync_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.has_view_permission(request) and may_sync(request.user)

    @action(description=AGAIN, url_path="sync", permissions=["sync"], icon="sync")
    def sync_again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        balance = get_object_or_404(Balance.objects.select_related("item", "location"), pk=object_id)
        return again_page(self, request, balance, locations=[balance.location], item=balance.item)

    @action(description="Check stock", url_path="check", permissions=["view"], icon="fact_check")
    def check_stock(self, request: HttpRequest, object_id: str) -> HttpResponse:
        balance = get_object_or_404(Balance.objects.select_related("location"), pk=object_id)
        return redirect(check_address(balance.item_id, location=balance.location.code))

    @action(description=BUTTON, url_path="state", permissions=["state"], icon="balance")
    def state_quantity(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return state_page(self, request, get_object_or_404(self.get_queryset(request), pk=object_id))

    @admin.display(description="Authority")
    def authority_since(self, balance: Balance) -> str:
        changes = list(AuthorityChange.objects.filter(balance=balance).select_related("changed_by")[:HISTORY_SHOWN])
        since = changes[0].changed_at if changes else balance.created_at
        told = format_html(
            '{} since {} · <a class="cs-link" href="{}">all changes</a>',
            *(balance.get_authority_display(), _moment(since), list_of(AuthorityChange, balance=balance.pk)),
        )
        lines = (
            (_moment(c.changed_at), c.get_before_display(), c.get_after_display(), c.changed_by or "system", c.reason)
            for c in changes
        )
        row = "<tr><td>{}</td><td>{} → {}</td><td>{}</td><td>{}</td></tr>"
        shown = format_html_join("", row, lines)
        return format_html('{}<table class="cs-grid">{}</table>', told, shown) if shown else told

    @admin.display(description="Item")
    def item_link(self, balance: Balance) -> str:
        return link_to(balance.item)

    @admin.display(description="Last movements")
    def movements(self, balance: Balance) -> str:
        rows = Movement.objects.filter(item=balance.item, location=balance.location).order_by("-occurred_at")
        lines = ((_moment(m.occurred_at), m.get_kind_display(), signed(m.delta), m.reference) for m in rows[:10])
        shown = format_html_join("", "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>", lines)
        return format_html('<table class="cs-grid">{}</table>', shown) if shown else "–"


def _moment(at: datetime) -> str:
    return date_format(localtime(at), "j M Y, H:i")


@admin.register(Movement)
class MovementAdmin(ItemSearch):
    empty_hint = "Receipts, shipments, transfers and count adjustments appear here, each with its reason."
    list_display = ("occurred_at", "item", "location", "change", "kind", "source", "reference", "recorded_by")
    list_filter = (
        ("location", RelatedDropdownFilter),
        ("kind", ChoicesDropdownFilter),
        ("occurred_at", RangeDateTimeFilter),
    )
    list_filter_submit = True
    list_select_related = ("item", "location", "recorded_by")
    ordering = ("-id",)
    fields = (
        *("item_link", "location", "change", "kind", "source", "reference"),
        *("occurred_at", "recorded_at", "recorded_by", "adjustment_link", "decision_link"),
    )
    readonly_fields = ("item_link", "change", "adjustment_link", "decision_link")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Movement]:
        return (
            super()
            .get_queryset(request)
            .select_related("item", "location", "recorded_by", "adjustment", "decision__envelope")
        )

    @display(description="Change")
    def change(self, movement: Movement) -> str:
        return f"{signed(movement.delta)} {movement.item.unit}"

    @admin.display(description="Item")
    def item_link(self, movement: Movement) -> str:
        return link_to(movement.item)

    @admin.display(description="Adjustment")
    def adjustment_link(self, movement: Movement) -> str:
        return link_to(movement.adjustment)

    @admin.display(description="Correction to NetSuite")
    def decision_link(self, movement: Movement) -> str:
        decision = movement.decision
        return link_to(decision.envelope or decision, str(decision)) if decision else "–"
