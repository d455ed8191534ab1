"""The warehouse systems that may send, and their keys. A secret is on one page, once."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.html import format_html_join
from unfold.contrib.filters.admin import BooleanRadioFilter, DropdownFilter, RelatedDropdownFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from approvals.admin.confirming import Input, Question, ask
from approvals.admin.histories import HistoryAdmin
from approvals.admin.links import link_to, list_of, page_of
from approvals.admin.record import RecordAdmin
from approvals.templatetags.figures import age
from inventory.models import WmsClient, WmsGap, WmsKey, WmsMessage, WmsUpdate
from inventory.wms.clients import PERMISSION, issue_key, retire_key

FIXED = ("wms_id", "location")  # what its messages were about stays what they were about


@admin.register(WmsClient)
class WmsClientAdmin(HistoryAdmin):
    empty_hint = "No warehouse system is connected. Add one for its location, then issue a key for it."
    list_display = ("wms_id", "name", "location", "state", "last_message", "updates_per_minute")
    list_filter = (("is_enabled", BooleanRadioFilter), ("location", RelatedDropdownFilter))
    list_filter_submit = True
    list_select_related = ("location", "intake")
    search_fields = ("wms_id", "name")
    actions = None
    actions_detail = ("issue_a_key",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        limits = ["updates_per_minute", "body_limit", "furthest_jump"]
        asked = ["wms_id", "name", "location", "is_enabled", *limits, "backfill_url"]
        return [*asked, "last_message", "valid_keys", "lists"] if obj else asked

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*FIXED, "last_message", "valid_keys", "lists"] if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What it said stays on record: a client is disabled."""
        return False

    @display(description="State", label={"on": "success", "off": "danger"})
    def state(self, client: WmsClient) -> tuple[str, str]:
        return ("on", "Enabled") if client.is_enabled else ("off", "Disabled")

    @display(description="Last message")
    def last_message(self, client: WmsClient) -> str:
        intake = getattr(client, "intake", None)
        return f"{age(intake.taken_at)} ago" if intake and intake.taken_at else "never"

    @display(description="Valid keys")
    def valid_keys(self, client: WmsClient) -> str:
        keys = client.keys.filter(retired_at=None)
        none = "None: every message is refused. Issue a key."
        return format_html_join(", ", "{}", ((link_to(key, key.label),) for key in keys)) or none

    @display(description="What it sent")
    def lists(self, client: WmsClient) -> str:
        rows = (("messages", WmsMessage), ("updates", WmsUpdate), ("gaps", WmsGap))
        links = ((list_of(model, client__id__exact=client.pk), text) for text, model in rows)
        return format_html_join(", ", '<a class="cs-link" href="{}">{}</a>', links)

    def has_issue_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm(PERMISSION)

    @action(description="Issue a key", url_path="issue-key", permissions=["issue"], icon="key")
    def issue_a_key(self, request: HttpRequest, object_id: str) -> HttpResponse:
        client = get_object_or_404(WmsClient, pk=object_id)
        issued: list[tuple[WmsKey, str]] = []

        def carry_out(_reason: str) -> str:
            issued.append(issue_key(client=client, label=request.POST.get("label", ""), by=request.user))
            return f"The key “{issued[0][0].label}” is issued."

        question = Question(
            title=f"Issue a key for {client}?",
            consequences=["Its secret is shown once.", "Keys issued earlier stay valid until somebody retires them."],
            inputs=[Input("label", "text", request.POST.get("label", ""), "Where it will be used")],
            button="Issue a key",
            carry_out=carry_out,
        )
        asked = ask(request, self, client, question)
        return self._show_once(request, client, *issued[0]) if issued else asked

    def _show_once(self, request: HttpRequest, client: WmsClient, key: WmsKey, secret: str) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": f"The new key of {client}",
            "key": key,
            "secret": secret,
            "back": page_of(client),
            "opts": self.opts,
        }
        response = TemplateResponse(request, "wms/key_issued.html", context)
        response["Cache-Control"] = "no-store"
        return response


class KeyState(DropdownFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("valid", "Valid"), ("retired", "Retired")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() in {"valid", "retired"}:
            return queryset.filter(retired_at__isnull=self.value() == "valid")
        return queryset


@admin.register(WmsKey)
class WmsKeyAdmin(RecordAdmin):
    """Retired, never edited or deleted; the secret is in no list, form or search."""

    empty_hint = "No key was issued. Open a WMS client and issue one for it."
    list_display = ("label", "client", "state", "created_at", "retired_at")
    list_filter = (("client", RelatedDropdownFilter), KeyState)
    list_filter_submit = True
    list_select_related = ("client",)
    fields = ("client_link", "label", "state", "created_at", "retired_at")
    readonly_fields = ("client_link", "state", "created_at", "retired_at")
    actions_detail = ("retire",)

    @display(description="State", label={"valid": "success", "retired": "danger"})
    def state(self, key: WmsKey) -> tuple[str, str]:
        return ("retired", "Retired") if key.retired_at else ("valid", "Valid")

    @display(description="Client")
    def client_link(self, key: WmsKey) -> str:
        return link_to(key.client)

    def has_retire_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm(PERMISSION) and WmsKey.objects.filter(pk=str(object_id), retired_at=None).exists()

    @action(
        description="Retire",
        url_path="retire",
        permissions=["retire"],
        icon="block",
        variant=ActionVariant.DANGER,
    )
    def retire(self, request: HttpRequest, object_id: str) -> HttpResponse:
        key = get_object_or_404(WmsKey.objects.select_related("client"), pk=object_id)

        def carry_out(_reason: str) -> str:
            retire_key(key=key, by=request.user)
            return f"“{key.label}” is retired."

        others = WmsKey.objects.filter(client=key.client, retired_at=None).exclude(pk=key.pk).count()
        left = f"{key.client} keeps {others} valid key{'s' * (others != 1)}." if others else (
            f"{key.client} has no other key: everything it sends is refused until another is issued."
        )  # fmt: skip
        question = Question(
            title=f"Retire “{key.label}”?",
            consequences=["Messages signed with it are refused from now on. It cannot be revived.", left],
            button="Retire",
            carry_out=carry_out,
            is_dangerous=True,
        )
        return ask(request, self, key, question)
