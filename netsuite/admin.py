"""Pushes to NetSuite: what waits, what NetSuite answered, and what a person may decide about it."""

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
from approvals.admin.links import page_of
from approvals.admin.record import RecordAdmin
from approvals.admin.runs import Panel, add_panel
from approvals.models import WorkflowRun
from netsuite import decisions, halts, push_questions
from netsuite.models import Push, PushDecision
from netsuite.push_story import push_story
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
Kind = PushDecision.Kind
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
    empty_hint = "Approved adjustments and quotes queue here for NetSuite."
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
    actions_detail = ("retry", "redate", "accept", "corrected", "cancel")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Push]:
        return super().get_queryset(request).select_related("workflow_run")

    @display(description="State", label=COLOURS)
    def state(self, push: Push) -> tuple[str, str]:
        return push.status, push.get_status_display()

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(request, {**(extra_context or {}), "netsuite": standing()})

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        push: Push = kwargs["obj"]
        context |= {**push_story(push, request.user), "push_colour": COLOURS[Push.Status(push.status)]}
        return super().render_change_form(request, context, *args, **kwargs)

    def has_retry_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may(request, object_id, Kind.RETRY)

    def has_cancel_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may(request, object_id, Kind.CANCEL)

    def has_redate_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may(request, object_id, Kind.REDATE)

    def has_resolve_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may(request, object_id, Kind.ACCEPT)

    def has_resume_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.has_view_permission(request) and request.user.has_perm("netsuite.resume_drain")

    def _may(self, request: HttpRequest, object_id: Any, kind: Kind) -> bool:
        """Whether to offer the button. A POST that comes too late gets the decision's own sentence, not a 403."""
        if not (self.has_view_permission(request) and request.user.has_perm(decisions.RULES[kind].permission)):
            return False
        push = Push.objects.filter(pk=str(object_id)).first()
        return push is None or request.method == "POST" or not decisions.hindrance(kind, push)

    def _ask(self, request: HttpRequest, object_id: str, kind: Kind) -> HttpResponse:
        push = get_object_or_404(Push, pk=object_id)
        return ask(request, self, push, push_questions.question(kind, push, request))

    @action(
        description="Retry",
        url_path="retry",
        permissions=["retry"],
        icon="refresh",
        variant=ActionVariant.PRIMARY,
    )
    def retry(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._ask(request, object_id, Kind.RETRY)

    @action(description="Re-date", url_path="redate", permissions=["redate"], icon="event")
    def redate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._ask(request, object_id, Kind.REDATE)

    @action(description="NetSuite's is right", url_path="accept", permissions=["resolve"], icon="check")
    def accept(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._ask(request, object_id, Kind.ACCEPT)

    @action(description="Corrected, look up again", url_path="corrected", permissions=["resolve"], icon="search")
    def corrected(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._ask(request, object_id, Kind.CORRECTED)

    @action(
        description="Cancel",
        url_path="cancel",
        permissions=["cancel"],
        icon="block",
        variant=ActionVariant.DANGER,
    )
    def cancel(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._ask(request, object_id, Kind.CANCEL)

    @action(description="Try now", url_path="resume", permissions=["resume"], icon="play_arrow")
    def resume(self, request: HttpRequest) -> HttpResponse:
        state = standing()

        def carry_out(_reason: str) -> str:
            halts.resume_drain(by=request.user)  # type: ignore[arg-type]
            return "The next look through the queue tries NetSuite at once."

        question = Question(
            title="Try NetSuite now?",
            consequences=[
                state.halted or "Nothing stands in the way at the moment.",
                "Mend the cause first: five refused logins lock the integration user in NetSuite.",
            ],
            button="Try now",
            carry_out=carry_out,
            back=reverse(LIST),
        )
        return ask(request, self, None, question)


def _pushes_of(run: WorkflowRun, user: Any) -> list[Any]:
    if not user.has_perm("netsuite.view_push"):
        return []
    return [(push, page_of(push), COLOURS[Push.Status(push.status)]) for push in run.pushes.order_by("pk")]


add_panel(Panel("Pushes to NetSuite", "cloud_upload", "netsuite/run_pushes.html", _pushes_of))
