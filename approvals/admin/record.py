"""The record: alerts, journal, events, verify checks, audit trail. Nobody edits what happened."""

from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.html import format_html
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter, RangeDateTimeFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from approvals import audit
from approvals.admin.confirming import Question, ask
from approvals.admin.links import link_to
from approvals.admin.paging import CappedList, CappedPaginator
from approvals.admin.readonly import ReadOnlyAdmin
from approvals.alerts import resolve_alert
from approvals.models import Alert, AuditEntry, Event, JournalEntry, VerifyCheck
from approvals.refusals import Refused
from approvals.templatetags.payload_tables import payload_table, without_money

SEVERITY_COLOURS = {"critical": "danger", "warning": "warning", "info": "info"}
CHECK_COLOURS = {"pending": "info", "passed": "success", "failed": "danger", "waived": ""}


def sees_money(user: Any) -> bool:
    return bool(user.has_perm("inventory.view_cost"))


class RecordAdmin(ReadOnlyAdmin):
    """Long tables: newest first, counted only so far, no sorting by columns without an index."""

    paginator = CappedPaginator
    show_full_result_count = False
    sortable_by = ()
    change_form_outer_before_template = "approvals/record_style.html"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[CappedList]:
        return CappedList


class AlertState(DropdownFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "Open"), ("resolved", "Resolved")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Alert]) -> QuerySet[Alert]:
        if self.value() in {"open", "resolved"}:
            return queryset.filter(resolved_at__isnull=self.value() == "open")
        return queryset


@admin.register(Alert)
class AlertAdmin(RecordAdmin):
    empty_hint = "Nothing needs attention. Failed runs, failed checks and refused pushes would appear here."
    list_display = ("message", "severity_label", "last_raised_at", "times_raised", "state")
    list_filter = (AlertState, ("severity", ChoicesDropdownFilter))
    search_fields = ("message", "key")
    list_select_related = ("resolved_by",)
    list_filter_submit = True
    fields = (
        *("message", "severity_label", "where", "times_raised", "raised_at"),
        *("last_raised_at", "resolved_at", "resolved_by", "key"),
    )
    readonly_fields = ("severity_label", "where")
    actions_detail = ("resolve",)

    @display(description="Severity", label=SEVERITY_COLOURS)
    def severity_label(self, alert: Alert) -> tuple[str, str]:
        return alert.severity, alert.get_severity_display()

    @display(description="State", label={"open": "danger", "done": "success"})
    def state(self, alert: Alert) -> tuple[str, str]:
        if alert.resolved_at is None:
            return "open", "Open"
        return "done", f"Resolved by {alert.resolved_by}" if alert.resolved_by else "Resolved"

    @admin.display(description="Where to look")
    def where(self, alert: Alert) -> str:
        return format_html('<a class="cs-link" href="{0}">{0}</a>', alert.link) if alert.link else "–"

    def has_resolve_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.has_view_permission(request) and request.user.has_perm("approvals.resolve_alert")

    @action(
        description="Resolve",
        url_path="resolve",
        permissions=["resolve"],
        icon="task_alt",
        variant=ActionVariant.PRIMARY,
    )
    def resolve(self, request: HttpRequest, object_id: str) -> HttpResponse:
        alert = get_object_or_404(Alert, pk=object_id)

        def carry_out(_reason: str) -> str:
            with transaction.atomic():
                if not Alert.objects.select_for_update().filter(pk=alert.pk, resolved_at=None).exists():
                    raise Refused("This alert was resolved already.")
                resolve_alert(key=alert.key, by=request.user)
                audit.append(
                    actor=request.user,
                    verb="alert.resolved",
                    entity_ref=f"alert:{alert.pk}",
                    details={"key": alert.key},
                )
            return "Resolved. It opens again by itself if the cause comes back."

        question = Question(
            title="Resolve this alert?",
            consequences=[alert.message, "Resolve it when the cause is mended; it is not repeated until then."],
            button="Resolve",
            carry_out=carry_out,
        )
        return ask(request, self, alert, question)


@admin.register(JournalEntry)
class JournalEntryAdmin(RecordAdmin):
    empty_hint = "Each finished run writes its story here. Upload a walk-sheet or draft a quote to begin."
    list_display = ("narrative", "outcome", "run", "written_at")
    list_filter = (("written_at", RangeDateTimeFilter),)
    list_filter_submit = True
    search_fields = ("narrative", "tags")
    list_select_related = ("workflow_run",)
    fields = ("narrative", "outcome", "tags", "run", "entity_type", "entity_id", "written_at")
    readonly_fields = ("run",)

    @admin.display(description="Run")
    def run(self, entry: JournalEntry) -> str:
        return link_to(entry.workflow_run)


@admin.register(Event)
class EventAdmin(RecordAdmin):
    empty_hint = "Events appear when runs finish and stock is adjusted."
    list_display = ("name", "subject", "run", "occurred_at")
    list_filter = (("occurred_at", RangeDateTimeFilter),)
    list_filter_submit = True
    search_fields = ("=name", "subject", "=correlation_id")
    search_help_text = "Exact event name or correlation id, or part of the subject"
    list_select_related = ("workflow_run",)
    readonly_fields = ("run", "content", "content_without_money")

    @admin.display(description="Run")
    def run(self, event: Event) -> str:
        return link_to(event.workflow_run)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        content = "content" if sees_money(request.user) else "content_without_money"
        return ["name", "subject", "run", "occurred_at", "correlation_id", content]

    @admin.display(description="Content")
    def content(self, event: Event) -> str:
        return payload_table(event.payload)

    @admin.display(description="Content")
    def content_without_money(self, event: Event) -> str:
        return payload_table(without_money(event.payload))


@admin.register(VerifyCheck)
class VerifyCheckAdmin(RecordAdmin):
    empty_hint = "Each run leaves checks here, which look afterwards whether its effects really happened."
    list_display = ("name", "state", "run_link", "expected", "actual", "due_at", "executed_at")
    list_filter = (("status", ChoicesDropdownFilter), ("due_at", RangeDateTimeFilter))
    list_filter_submit = True
    search_fields = ("name", "run__subject")
    list_select_related = ("run",)
    ordering = ("-id",)
    fields = ("name", "state", "run_link", "expected", "actual", "due_at", "executed_at")
    readonly_fields = ("state", "run_link")

    @display(description="Result", label=CHECK_COLOURS)
    def state(self, check: VerifyCheck) -> tuple[str, str]:
        return check.status, check.get_status_display()

    @admin.display(description="Run")
    def run_link(self, check: VerifyCheck) -> str:
        return link_to(check.run)


@admin.register(AuditEntry)
class AuditEntryAdmin(RecordAdmin):
    list_display = ("number", "at", "actor_name", "verb", "entity_ref")
    list_filter = (("at", RangeDateTimeFilter),)
    list_filter_submit = True
    search_fields = ("actor_name", "verb", "entity_ref")
    fields = ("number", "at", "actor_name", "verb", "entity_ref", "said", "previous_hash", "hash")
    readonly_fields = ("said",)

    @admin.display(description="Details")
    def said(self, entry: AuditEntry) -> str:
        return payload_table(entry.details)
