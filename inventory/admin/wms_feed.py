"""What warehouse systems sent and what became of it: messages, updates, gaps, and what is oversold. Read-only."""

import json
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.html import format_html
from unfold.contrib.filters.admin import (
    ChoicesDropdownFilter,
    DropdownFilter,
    RangeDateTimeFilter,
    RelatedDropdownFilter,
)
from unfold.decorators import action, display

from approvals.admin.confirming import ask, ask_of_selected
from approvals.admin.links import link_to, list_of
from approvals.admin.record import RecordAdmin
from approvals.models import Event
from approvals.templatetags.figures import quantity, signed
from approvals.templatetags.payload_tables import payload_table
from inventory.admin.stating import BUTTON, MayState, to_stating
from inventory.admin.stock import ItemSearch
from inventory.admin.wms_retaking import retake_question
from inventory.models import OversellIncident, WmsMessage, WmsUpdate
from inventory.wms.retaking import PERMISSION as RETAKE

State = WmsUpdate.State
COLOURS = {
    State.APPLIED: "success",
    State.UNCHANGED: "",
    State.SUPERSEDED: "",
    State.QUARANTINED: "danger",
    State.COMPARED: "info",
}
OPEN_OR_CLOSED = {"open": "danger", "closed": "success"}


class Standing(DropdownFilter):
    """Open or closed, for rows that end."""

    title = "standing"
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "Open"), ("closed", "Closed")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() in {"open", "closed"}:
            return queryset.filter(closed_at__isnull=self.value() == "open")
        return queryset


class StateFilter(DropdownFilter):
    """What waits for somebody is shown unless something else is asked for."""

    title = "result"
    parameter_name = "state"
    all_option = None

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [*State.choices, ("all", "All")]

    def value(self) -> str:
        return str(super().value() or State.QUARANTINED)

    def queryset(self, request: HttpRequest, queryset: QuerySet[WmsUpdate]) -> QuerySet[WmsUpdate]:
        return queryset.filter(state=self.value()) if self.value() in State.values else queryset


@admin.register(WmsMessage)
class WmsMessageAdmin(RecordAdmin):
    empty_hint = "Nothing was received yet. Connect a WMS client, or take a file with manage.py ingest_wms."
    list_display = ("received_at", "client", "webhook_id", "source", "updates_sent", *WmsMessage.OUTCOMES)
    list_filter = (
        ("client", RelatedDropdownFilter),
        ("source", ChoicesDropdownFilter),
        ("received_at", RangeDateTimeFilter),
    )
    list_filter_submit = True
    list_select_related = ("client",)
    search_fields = ("=webhook_id", "=correlation_id")
    search_help_text = "Exact message id or correlation id"
    fields = (
        *("client", "webhook_id", "source", "schema_version", "received_at", "updates_sent"),
        *(*WmsMessage.OUTCOMES, "updates_link", "events_link", "correlation_id", "body_hash"),
    )
    readonly_fields = ("updates_link", "events_link")

    @display(description="Updates")
    def updates_link(self, message: WmsMessage) -> str:
        address = list_of(WmsUpdate, message__id__exact=message.pk, state="all")
        return format_html('<a class="cs-link" href="{}">Show them</a>', address)

    @display(description="Events it caused")
    def events_link(self, message: WmsMessage) -> str:
        if not message.correlation_id:
            return "–"
        address = list_of(Event, correlation_id__exact=message.correlation_id)
        return format_html('<a class="cs-link" href="{}">Show them</a>', address)


@admin.register(WmsUpdate)
class WmsUpdateAdmin(MayState, ItemSearch):
    empty_hint = "No update is in quarantine. Choose another result to see what was received."
    list_display = ("sequence", "client", "sku", "stated", "outcome", "change", "why", "received_at")
    list_filter = (
        ("client", RelatedDropdownFilter),
        StateFilter,
        ("reason", ChoicesDropdownFilter),
    )
    list_filter_submit = True
    list_select_related = ("client", "item")
    fields = (
        *("client", "message_link", "sequence", "sku", "item_link", "stated", "status", "as_of", "received_at"),
        *("outcome", "reason", "why", "retaken_at", "change", "on_hand", "movement_link", "schema_version", "said"),
    )
    readonly_fields = ("message_link", "item_link", "stated", "outcome", "change", "movement_link", "said")
    actions = ("retake",)
    actions_detail = ("retake_one", "state_quantity")

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        return lookup == "message__id__exact" or super().lookup_allowed(lookup, value, request)

    @display(description="States")
    def stated(self, update: WmsUpdate) -> str:
        return "–" if update.quantity is None else quantity(update.quantity)

    @display(description="Result", label=COLOURS)
    def outcome(self, update: WmsUpdate) -> tuple[str, str]:
        return update.state, update.get_state_display()

    @display(description="Change")
    def change(self, update: WmsUpdate) -> str:
        return "–" if update.delta is None else signed(update.delta)

    @display(description="Message")
    def message_link(self, update: WmsUpdate) -> str:
        return link_to(update.message)

    @display(description="Item")
    def item_link(self, update: WmsUpdate) -> str:
        return link_to(update.item)

    @display(description="Movement")
    def movement_link(self, update: WmsUpdate) -> str:
        return link_to(update.movements.first())

    @display(description="As it was sent")
    def said(self, update: WmsUpdate) -> str:
        content = json.loads(update.payload)
        return payload_table(content if isinstance(content, dict) else {"update": content})

    def has_retake_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """A POST that comes too late gets a sentence, not a 403."""
        if not (self.has_view_permission(request) and request.user.has_perm(RETAKE)):
            return False
        if object_id is None or request.method == "POST":
            return True
        return WmsUpdate.objects.filter(pk=str(object_id), state=State.QUARANTINED).exists()

    @admin.action(description="Take again…", permissions=["retake"])
    def retake(self, request: HttpRequest, updates: QuerySet[WmsUpdate]) -> HttpResponse:
        return ask_of_selected(request, self, retake_question(updates, request.user))

    @action(description="Take again", url_path="retake", permissions=["retake"], icon="replay")
    def retake_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        update = get_object_or_404(WmsUpdate, pk=object_id)
        return ask(request, self, update, retake_question(WmsUpdate.objects.filter(pk=update.pk), request.user))

    @action(description=BUTTON, url_path="state", permissions=["state"], icon="balance")
    def state_quantity(self, request: HttpRequest, object_id: str) -> HttpResponse:
        update = get_object_or_404(WmsUpdate.objects.select_related("item", "client"), pk=object_id)
        return to_stating(request, update.item, location=update.client.location_id)


@admin.register(OversellIncident)
class OversellIncidentAdmin(MayState, ItemSearch):
    empty_hint = (
        "Nothing is promised that is not there. Items of which a WMS or a workbook finds fewer than orders wait for "
        "appear here."
    )
    list_display = ("item", "location", "short", "at_worst", "standing", "opened_at", "closed_at")
    list_filter = (Standing, ("location", RelatedDropdownFilter))
    list_filter_submit = True
    list_select_related = ("item", "location")
    fields = ("item_link", "location", "short", "at_worst", "standing", "opened_at", "closed_at")
    readonly_fields = ("item_link", "short", "at_worst", "standing")
    actions_detail = ("state_quantity",)

    @display(description="Short by")
    def short(self, incident: OversellIncident) -> str:
        return f"{quantity(incident.shortfall)} {incident.item.unit}"

    @display(description="At worst")
    def at_worst(self, incident: OversellIncident) -> str:
        return f"{quantity(incident.worst)} {incident.item.unit}"

    @display(description="Standing", label=OPEN_OR_CLOSED)
    def standing(self, incident: OversellIncident) -> tuple[str, str]:
        return ("closed", "Over") if incident.closed_at else ("open", "Open")

    @display(description="Item")
    def item_link(self, incident: OversellIncident) -> str:
        return link_to(incident.item)

    @action(description=BUTTON, url_path="state", permissions=["state"], icon="balance")
    def state_quantity(self, request: HttpRequest, object_id: str) -> HttpResponse:
        incident = get_object_or_404(OversellIncident.objects.select_related("item"), pk=object_id)
        return to_stating(request, incident.item, location=incident.location_id)
