"""Runs and decisions over the API. Deciding needs `X-Edit-Token` and the content hash that was seen."""

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema, Status
from ninja.errors import HttpError
from ninja.security import APIKeyHeader, SessionAuth
from pydantic import AfterValidator

from approvals import operations
from approvals.models import EditToken, ProposedAction, WorkflowRun
from approvals.refusals import Refused


class EditTokenHeader(APIKeyHeader):
    """Acts for the person the token was issued to."""

    param_name = "X-Edit-Token"

    def authenticate(self, request: HttpRequest, key: str | None) -> Any | None:
        user = EditToken.user_for(key) if key else None
        if user is not None:
            request.user = user
        return user


class AdminSession(SessionAuth):
    """Somebody signed in to the admin; a POST then needs the CSRF token as any form does."""

    def __call__(self, request: HttpRequest) -> Any | None:
        if not request.user.is_authenticated:
            return None
        try:
            return super().__call__(request)
        except HttpError as refusal:
            raise HttpError(403, NO_CSRF_TOKEN) from refusal


NO_CSRF_TOKEN = "Send the header X-CSRFToken with the value of the cookie csrftoken, or an X-Edit-Token."
edit_token = EditTokenHeader()
signed_in = [edit_token, AdminSession()]
router = Router(tags=["approvals"])


class Problems(Schema):
    """Every reason at once, each a sentence."""

    problems: list[str]


class ChangedNumbers(Problems):
    content_hash: str = Field(description="The hash a decision would bind to now.")


REFUSED: dict[int, Any] = dict.fromkeys((401, 403, 422), Problems)
REFUSED_BODY: dict[int, Any] = REFUSED | dict.fromkeys((400, 413), Problems)
"""What any operation may answer; those that read a body may also find none, or too long a one."""


def storable(text: str) -> str:
    if "\x00" in text:
        raise ValueError("contains a NUL character, which no text here has. Leave it out")
    return text


def plausible(moment: datetime) -> datetime:
    """Keeps conversions between time zones within the calendar."""
    if not 1970 <= moment.year < 2200:
        raise ValueError("is not in the years 1970 to 2199. Correct the date")
    return moment


Text = Annotated[str, AfterValidator(storable)]
Moment = Annotated[datetime, AfterValidator(plausible)]
Id = Annotated[int, Field(ge=1, lt=2**63)]


class StepOut(Schema):
    position: int
    name: str
    status: str
    attempts: int
    detail: str
    error: str


class RunOut(Schema):
    id: int
    workflow_type: str
    entity_ref: str
    subject: str
    status: str
    warnings: list[str]
    summary: dict[str, Any]
    started_at: datetime
    completed_at: datetime | None
    steps: list[StepOut]


class ActionOut(Schema):
    id: int
    action_type: str
    title: str
    status: str
    risk: int
    entity_type: str
    entity_ref: str
    workflow_run_id: int | None
    envelope_id: int | None
    payload: dict[str, Any]
    live: dict[str, Any] = Field(
        description="The numbers as they are now, to which a decision is bound. Empty for an envelope: its "
        "lines are listed with theirs."
    )
    content_hash: str = Field(description="Send it back when deciding; empty when nothing is left to decide.")
    approved_by: str | None
    approved_at: datetime | None
    reason_note: str


class DecisionIn(Schema):
    content_hash: str = Field(min_length=64, max_length=64, pattern="^[0-9a-f]{64}$")
    note: Text = Field(default="", max_length=2000)


class RejectionIn(DecisionIn):
    note: Text = Field(max_length=2000, pattern=r"\S", description="Why; shown to everybody who asks.")


def must(request: HttpRequest, permission: str) -> None:
    if not request.user.has_perm(permission):
        raise HttpError(403, f"{request.user} has no permission {permission}. Ask an administrator for the role.")


@router.get(
    "/workflow-runs/{run_id}",
    response={200: RunOut, 404: Problems} | REFUSED,
    auth=signed_in,
    summary="One run",
)
def workflow_run(request: HttpRequest, run_id: Id) -> Any:
    must(request, "approvals.view_workflowrun")
    run = WorkflowRun.objects.prefetch_related("steps").filter(pk=run_id).first()
    if run is None:
        return Status(404, {"problems": [f"There is no run {run_id}."]})
    return Status(200, {**{name: getattr(run, name) for name in RunOut.model_fields}, "steps": list(run.steps.all())})


@router.get(
    "/proposed-actions",
    response={200: list[ActionOut]} | REFUSED,
    auth=signed_in,
    summary="What waits for a decision",
)
def proposed_actions(
    request: HttpRequest,
    status: Literal["pending", "approved", "rejected", "sent_back", "withdrawn"] = "pending",
    action_type: Text = "",
    workflow_run: Id | None = None,
    after: int = Query(0, ge=0, lt=2**63),
    limit: int = Query(100, ge=1, le=500),
) -> Any:
    must(request, "approvals.view_proposedaction")
    rows = ProposedAction.objects.filter(status=status, pk__gt=after).order_by("pk")
    if action_type:
        rows = rows.filter(action_type=action_type)
    if workflow_run is not None:
        rows = rows.filter(workflow_run=workflow_run)
    page = list(rows.select_related("decided_by")[:limit])
    return [as_out(action, live) for action, live in operations.with_live_numbers(page)]


def as_out(action: ProposedAction, live: dict[int, dict[str, Any]]) -> dict[str, Any]:
    plain = {name: getattr(action, name) for name in ActionOut.model_fields if hasattr(action, name)}
    return {
        **plain,
        "live": live.get(action.pk, {}),
        "content_hash": operations.content_hash(live) if live else "",
        "approved_by": action.approved_by.get_username() if action.approved_by else None,
    }


DECIDED = {200: ActionOut, 404: Problems, 409: ChangedNumbers | Problems} | REFUSED_BODY


@router.post("/proposed-actions/{action_id}/approve", response=DECIDED, auth=edit_token, summary="Approve")
def approve(request: HttpRequest, action_id: Id, decision: DecisionIn) -> Any:
    return _decide(request, action_id, decision, ProposedAction.Status.APPROVED)


@router.post("/proposed-actions/{action_id}/reject", response=DECIDED, auth=edit_token, summary="Reject")
def reject(request: HttpRequest, action_id: Id, decision: RejectionIn) -> Any:
    return _decide(request, action_id, decision, ProposedAction.Status.REJECTED)


def _decide(request: HttpRequest, action_id: int, decision: DecisionIn, verdict: str) -> Any:
    if not ProposedAction.objects.filter(pk=action_id).exists():
        return Status(404, {"problems": [f"There is no proposed action {action_id}."]})
    try:
        action = operations.decide(
            action_id=action_id,
            by=request.user,  # type: ignore[arg-type]
            verdict=verdict,
            seen_hash=decision.content_hash,
            note=decision.note,
            via="api",
        )
    except operations.NotAllowedToDecide as refusal:
        return Status(403, {"problems": refusal.problems})
    except operations.ChangedSinceSeen as refusal:
        return Status(409, {"problems": refusal.problems, "content_hash": refusal.new_hash})
    except Refused as refusal:
        return Status(409, {"problems": refusal.problems})
    return Status(200, as_out(action, {}))
