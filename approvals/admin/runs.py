"""A run on one page: its steps as a timeline, what it warned of, and everything it left behind."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateTimeFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from approvals import engine
from approvals.admin.confirming import Question, ask
from approvals.admin.links import page_of
from approvals.admin.record import CHECK_COLOURS, RecordAdmin, sees_money
from approvals.models import ProposedAction, RunStep, WorkflowRun
from approvals.templatetags.payload_tables import without_money

RUN_COLOURS = {"running": "info", "waiting": "warning", "completed": "success", "failed": "danger"}
STEP_LOOKS = {
    RunStep.Status.PENDING: ("schedule", ""),
    RunStep.Status.SO_FAR: ("incomplete_circle", "info"),
    RunStep.Status.WAITING: ("hourglass_top", "warning"),
    RunStep.Status.DONE: ("check", "success"),
    RunStep.Status.SKIPPED: ("remove", ""),
    RunStep.Status.FAILED: ("close", "danger"),
}
ACTION_COLOURS = {
    "pending": "warning",
    "approved": "success",
    "rejected": "danger",
    "sent_back": "info",
    "withdrawn": "",
}
MOST_SHOWN = 50


@dataclass(frozen=True)
class Panel:
    """A card that another app adds to a run's page. `load` gets the run and the user who looks."""

    title: str
    icon: str
    template: str
    load: Callable[[WorkflowRun, Any], list[Any]]


PANELS: list[Panel] = []


def add_panel(panel: Panel) -> None:
    PANELS.append(panel)


@admin.register(WorkflowRun)
class WorkflowRunAdmin(RecordAdmin):
    empty_hint = "Each submitted count and each drafted quote is a run, with its whole story on one page."
    list_display = ("subject", "state", "workflow_type", "started_by", "started_at", "completed_at")
    list_filter = (("status", ChoicesDropdownFilter), ("started_at", RangeDateTimeFilter))
    list_filter_submit = True
    list_select_related = ("started_by",)
    search_fields = ("subject",)
    change_form_template = "approvals/run.html"
    actions_detail = ("try_again",)

    @display(description="State", label=RUN_COLOURS)
    def state(self, run: WorkflowRun) -> tuple[str, str]:
        return run.status, run.get_status_display()

    def get_queryset(self, request: HttpRequest) -> QuerySet[WorkflowRun]:
        return super().get_queryset(request).select_related("started_by")

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        run: WorkflowRun = kwargs["obj"]
        context |= run_story(run, request.user)
        return super().render_change_form(request, context, *args, **kwargs)

    def has_try_again_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        if not request.user.has_perms(["approvals.view_workflowrun", "approvals.decide_proposedaction"]):
            return False
        failed = WorkflowRun.objects.filter(pk=str(object_id), status=WorkflowRun.Status.FAILED)
        return request.method == "POST" or failed.exists()

    @action(
        description="Try again",
        url_path="try-again",
        permissions=["try_again"],
        icon="refresh",
        variant=ActionVariant.PRIMARY,
    )
    def try_again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        run = get_object_or_404(WorkflowRun, pk=object_id)
        failed = run.steps.filter(status=RunStep.Status.FAILED).values_list("name", flat=True)

        def carry_out(_reason: str) -> str:
            advanced = engine.try_again(run_id=run.pk, by=request.user)
            return f"Tried again: the run is now {advanced.get_status_display().lower()}."

        question = Question(
            title="Try this run again?",
            consequences=[
                run.subject,
                f"It stopped at: {', '.join(failed) or 'no step'}. That step gets a fresh set of attempts.",
                "What was done already is not done twice.",
            ],
            button="Try again",
            carry_out=carry_out,
        )
        return ask(request, self, run, question)


def run_story(run: WorkflowRun, user: Any) -> dict[str, Any]:
    """Everything the run's page shows, in a constant number of queries; only what this user may see."""
    story: dict[str, Any] = {
        "run": run,
        "run_colour": RUN_COLOURS.get(run.status, ""),
        "steps": [(step, *STEP_LOOKS[RunStep.Status(step.status)]) for step in run.steps.all()],
        "title": run.subject,
        "subtitle": None,
        "summary": run.summary if sees_money(user) else without_money(run.summary),
        "panels": [(panel, rows) for panel in PANELS if (rows := panel.load(run, user))],
    }
    if user.has_perm("approvals.view_proposedaction"):
        story["proposals"] = _proposals(run)
    if user.has_perm("approvals.view_verifycheck"):
        story["checks"] = [(check, CHECK_COLOURS[check.status]) for check in run.verify_checks.all()]
    if user.has_perm("approvals.view_journalentry"):
        story["journal"] = run.journal.order_by("pk")[:MOST_SHOWN]
    if user.has_perm("approvals.view_event"):
        may = sees_money(user)
        events = run.events.order_by("pk")[:MOST_SHOWN]
        story["events"] = [(row, row.payload if may else without_money(row.payload)) for row in events]
    return story


def _proposals(run: WorkflowRun) -> list[tuple[ProposedAction, str, str]]:
    rows = run.proposed_actions.filter(envelope=None).select_related("decided_by").order_by("pk")[:MOST_SHOWN]
    return [(row, page_of(row), ACTION_COLOURS[row.status]) for row in rows]
