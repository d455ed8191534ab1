"""Pushes to NetSuite: what waits, what NetSuite answered, and the two things a person may do about it."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter, RangeDateTimeFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from approvals.admin.confirming import Question, ask
from approvals.admin.links import link_to, page_of
from approvals.admin.record import RecordAdmin
from approvals.admin.runs import Panel, add_panel
from approvals.models import WorkflowRun
from netsuite import halts, queue
from netsuite.models import Push, PushAttempt
from netsuite.standing import standing

COLOURS = {
    Push.Status.PENDING: "info",
    Push.Status.IN_FLIGHT: "info",
    Push.Status.RETRY: "warning",
    Push.Status.UNKNOWN: "warning",
    Push.Status.CONFIRMED: "success",
    Push.Status.NEEDS_HUMAN: "danger",
    Push.Status.CONFLICT: "danger",
    Push.Status.CANCELLED: "",
}
GOOD_OUTCOMES = {"created", "existing"}
LIST = "admin:netsuite_push_changelist"


class WaitingFor(DropdownFilter):
    title = "what it waits for"
    parameter_name = "waiting_for"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("netsuite", "NetSuite"), ("person", "A person"), ("nothing", "Nothing, it is final")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Push]) -> QuerySet[Push]:
        groups = {
            "netsuite": (*Push.WAITING, Push.Status.IN_FLIGHT),
            "person": Push.STUCK,
            "nothing": Push.FINAL,
        }
        chosen = groups.get(self.value() or "")
        return queryset.filter(status__in=chosen) if chosen else queryset


@admin.register(Push)
class PushAdmin(RecordAdmin):
    list_display = (
        *("label", "state", "external_id", "attempts"),
        *("last_outcome", "created_at", "tran_id"),
    )
    list_filter = (
        WaitingFor,
        ("status", ChoicesDropdownFilter),
        ("created_at", RangeDateTimeFilter),
    )
    list_filter_submit = True
    search_fields = ("external_id", "label", "=tran_id", "=internal_id")
    list_before_template = "netsuite/standing.html"
    change_form_template = "netsuite/push.html"
    actions_list = ("resume",)
    actions_detail = ("retry", "cancel")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Push]:
        return super().get_queryset(request).select_related("workflow_run")

    @display(description="State", label=COLOURS)
    def state(self, push: Push) -> tuple[str, str]:
        return push.status, push.get_status_display()

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(request, {**(extra_context or {}), "netsuite": standing()})

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        push: Push = kwargs["obj"]
        context |= push_story(push, request.user)
        return super().render_change_form(request, context, *args, **kwargs)

    def has_retry_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may(request, object_id, "netsuite.retry_push", lambda push: push.may_retry)

    def has_cancel_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may(request, object_id, "netsuite.cancel_push", lambda push: push.may_cancel)

    def has_resume_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.has_view_permission(request) and request.user.has_perm("netsuite.resume_drain")

    def _may(self, request: HttpRequest, object_id: Any, permission: str, state: Callable[[Push], bool]) -> bool:
        """Whether to offer the button. A POST that comes too late gets the queue's own sentence instead of a 403."""
        if not (self.has_view_permission(request) and request.user.has_perm(permission)):
            return False
        push = Push.objects.filter(pk=str(object_id)).first()
        return push is None or request.method == "POST" or state(push)

    @action(
        description="Retry",
        url_path="retry",
        permissions=["retry"],
        icon="refresh",
        variant=ActionVariant.PRIMARY,
    )
    def retry(self, request: HttpRequest, object_id: str) -> HttpResponse:
        push = get_object_or_404(Push, pk=object_id)

        def carry_out(reason: str) -> str:
            queue.retry_push(push=push, by=request.user, reason=reason)  # type: ignore[arg-type]
            return f"{push.external_id} will be tried again."

        fate = "It was sent before, so NetSuite is asked first whether it is there: it cannot be recorded twice."
        question = Question(
            title=f"Retry {push.external_id}?",
            consequences=[
                push.label,
                push.last_outcome,
                fate if push.sent_at else "It gets three fresh attempts.",
            ],
            button="Retry",
            carry_out=carry_out,
            asks_reason=True,
        )
        return ask(request, self, push, question)

    @action(
        description="Cancel",
        url_path="cancel",
        permissions=["cancel"],
        icon="block",
        variant=ActionVariant.DANGER,
    )
    def cancel(self, request: HttpRequest, object_id: str) -> HttpResponse:
        push = get_object_or_404(Push, pk=object_id)

        def carry_out(reason: str) -> str:
            queue.cancel_push(push=push, by=request.user, reason=reason)  # type: ignore[arg-type]
            return f"{push.external_id} is cancelled."

        question = Question(
            title=f"Cancel {push.external_id}?",
            consequences=[
                push.label,
                "It will never be sent. Our stock keeps the adjustment, so NetSuite will differ by these "
                f"{push.line_count} lines until somebody enters them there.",
            ],
            button="Cancel the push",
            carry_out=carry_out,
            asks_reason=True,
            is_dangerous=True,
        )
        return ask(request, self, push, question)

    @action(description="Resume pushing", url_path="resume", permissions=["resume"], icon="play_arrow")
    def resume(self, request: HttpRequest) -> HttpResponse:
        state = standing()

        def carry_out(_reason: str) -> str:
            halts.resume_drain(by=request.user)  # type: ignore[arg-type]
            return "The next look through the queue tries NetSuite at once."

        question = Question(
            title="Resume pushing to NetSuite?",
            consequences=[
                state.halted or "Nothing stands in the way at the moment.",
                "Mend the cause first: five refused logins lock the integration user in NetSuite.",
            ],
            button="Resume",
            carry_out=carry_out,
            back=reverse(LIST),
        )
        return ask(request, self, None, question)


def push_story(push: Push, user: Any) -> dict[str, Any]:
    """What a push's page shows beside its fields."""
    record: dict[str, Any] = dict(push.payload)
    return {
        "push": push,
        "push_colour": COLOURS[Push.Status(push.status)],
        "attempt_rows": [(row, *_look(row)) for row in push.attempt_rows.order_by("number")],
        "decisions": push.decisions.select_related("decided_by").order_by("pk"),
        "lines": [_line(line) for line in record.pop("lines", None) or []],
        "record_head": {name: value for name, value in record.items() if value},
        "run_link": link_to(push.workflow_run),
        "sees_cost": user.has_perm("inventory.view_cost"),
        "title": push.label,
        "subtitle": None,
    }


def _look(attempt: PushAttempt) -> tuple[str, str]:
    if not attempt.outcome:
        return "hourglass_top", "info"
    return ("check", "success") if attempt.outcome in GOOD_OUTCOMES else ("close", "danger")


def _line(line: dict[str, Any]) -> dict[str, str]:
    item, location = line.get("item") or {}, line.get("location") or {}
    return {
        "item": next(iter(item.values()), ""),
        "location": next(iter(location.values()), ""),
        "change": line.get("adjustQtyBy", ""),
        "cost": line.get("unitCost", ""),
        "memo": line.get("memo", ""),
    }


def _pushes_of(run: WorkflowRun, user: Any) -> list[Any]:
    if not user.has_perm("netsuite.view_push"):
        return []
    return [(push, page_of(push), COLOURS[Push.Status(push.status)]) for push in run.pushes.order_by("pk")]


add_panel(Panel("Pushes to NetSuite", "cloud_upload", "netsuite/run_pushes.html", _pushes_of))
