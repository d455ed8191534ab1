"""The emergency check for other programs."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status

from approvals.api import REFUSED, REFUSED_BODY, Problems, Text, must, signed_in
from approvals.refusals import Refused
from inventory.checking.check import StockAnswer, UnknownItem, check_stock, item_named, location_named
from inventory.checking.reconciling import LONGEST_REASON, PERMISSION, current, reconcile
from inventory.models import StockQuestion

router = Router(tags=["inventory"])
Wanted = Annotated[Decimal, Field(ge=0, max_digits=13, decimal_places=3)]


class OpenProposalOut(Schema):
    action_id: int
    title: str


class QuestionOut(Schema):
    id: int
    assigned_to: str | None = Field(description="Empty: the location has no stock keeper; whoever may answer sees it.")
    due_at: datetime
    why: str


class NetSuiteOut(Schema):
    quantity: Decimal | None
    state: str


class StockAnswerOut(Schema):
    item_code: str
    location: str
    unit: str
    sentence: str
    quantity: Decimal = Field(description="What can be had now: on hand less reserved, by the ledger.")
    on_hand: Decimal
    reserved: Decimal
    asked: Decimal | None
    enough: bool | None
    source: str = Field(description="excel, wms or count: whose word counts for this item here.")
    document: str = Field(description="Where it said so last; empty when it never did.")
    as_of: datetime | None
    age_seconds: int | None
    age: str
    confidence: str = Field(description="high, medium or low.")
    reasons: list[str]
    undecided: list[OpenProposalOut]
    netsuite: NetSuiteOut | None = Field(description="NetSuite's opinion at the last look, only shown.")
    question: QuestionOut | None = Field(description="Somebody was asked to go and look.")


class IncidentOut(Schema):
    shortfall: Decimal = Field(description="Promised to orders less on hand.")
    opened_at: datetime


class CurrentOut(Schema):
    sku: str
    location: str
    unit: str
    on_hand: Decimal
    reserved: Decimal
    available: Decimal = Field(description="On hand less reserved; below zero while more is promised than is there.")
    source: str = Field(description="excel, wms or count: whose word counts for this item here.")
    document: str = Field(description="Where it said so last; empty when it never did.")
    as_of: datetime | None
    freshness_seconds: int | None = Field(description="How long ago that was true.")
    updated_at: datetime
    open_incidents: list[IncidentOut] = Field(description="More is promised than is there.")


class DisputeIn(Schema):
    quantity: Wanted = Field(description="What lies there now, in the item's unit.")
    reason: Text = Field(min_length=1, max_length=LONGEST_REASON, pattern=r"\S")
    location: Text = Field(default="", max_length=20)


class DisputeOut(Schema):
    sync_id: int | None
    result: str = Field(description="match, auto_adjust, review or alert: the last two wait for an approver.")
    reason: str
    expected: Decimal | None
    difference: Decimal | None
    action_id: int | None = Field(description="The proposed action, when a person decides.")


@router.get(
    "/inventory/{path:sku}/check",
    response={200: StockAnswerOut, 404: Problems} | REFUSED,
    auth=signed_in,
    summary="How many can be had now, who says so, and how sure that is",
    description="Where the figure rests on a workbook that is not from today, the location's stock keeper is asked "
    "to go and look; asking again finds the same open question.",
)
def check(
    request: HttpRequest,
    sku: Text,
    quantity: Wanted | None = None,
    location: Text = "",
) -> Any:
    must(request, "inventory.view_balance")
    try:
        item, place = item_named(sku), location_named(location)
    except UnknownItem as refusal:
        return Status(404, {"problems": refusal.problems})
    except Refused as refusal:
        return Status(422, {"problems": refusal.problems})
    return as_json(check_stock(item=item, location=place, quantity=quantity, by=request.user))


def as_json(answer: StockAnswer) -> dict[str, Any]:
    """What the API and the command print. Quantities in the item's unit."""
    same = {name: getattr(answer, name) for name in StockAnswerOut.model_fields if hasattr(answer, name)}
    parity = answer.netsuite
    return {
        **same,
        "item_code": answer.item.item_code,
        "location": answer.location.code,
        "unit": answer.item.unit,
        "source": answer.authority,
        "confidence": str(answer.confidence),
        "reasons": list(answer.reasons),
        "undecided": [vars(proposal) for proposal in answer.undecided],
        "netsuite": {"quantity": parity.netsuite_quantity, "state": parity.state} if parity else None,
        "question": _question(answer.question) if answer.question else None,
    }


def _question(question: StockQuestion) -> dict[str, Any]:
    whom = question.assigned_to
    return {
        "id": question.pk,
        "assigned_to": whom.get_username() if whom else None,
        "due_at": question.due_at,
        "why": question.why,
    }


@router.post(
    "/inventory/{path:sku}/reconcile",
    response={200: DisputeOut, 404: Problems} | REFUSED_BODY,
    auth=signed_in,
    summary="State a disputed quantity by hand",
    description="It holds against whoever has the authority until that speaks again. What is within the guardrails "
    "posts at once; the rest waits for an approver.",
)
def dispute(request: HttpRequest, sku: Text, given: DisputeIn) -> Any:
    must(request, PERMISSION)
    try:
        item, place = item_named(sku), location_named(given.location)
        line = reconcile(item=item, location=place, quantity=given.quantity, reason=given.reason, by=request.user)
    except UnknownItem as refusal:
        return Status(404, {"problems": refusal.problems})
    except Refused as refusal:
        return Status(422, {"problems": refusal.problems})
    return Status(
        200,
        {
            "sync_id": line.sync_id,
            "result": line.classification,
            "reason": line.why,
            "expected": line.expected,
            "difference": line.variance,
            "action_id": line.proposed_action_id,
        },
    )


# The last: its address takes whatever the others leave.
@router.get(
    "/inventory/{path:sku}",
    response={200: CurrentOut, 404: Problems} | REFUSED,
    auth=signed_in,
    summary="What is on hand, reserved and available now, and how fresh that is",
)
def current_stock(request: HttpRequest, sku: Text, location: Text = "") -> Any:
    must(request, "inventory.view_balance")
    try:
        item, place = item_named(sku), location_named(location)
    except UnknownItem as refusal:
        return Status(404, {"problems": refusal.problems})
    except Refused as refusal:
        return Status(422, {"problems": refusal.problems})
    found = current(item=item, location=place)
    if found is None:
        return Status(404, {"problems": [f"Item {item.item_code} is not kept at {place.code}."]})
    balance = found.balance
    return Status(
        200,
        {
            **{name: getattr(found, name) for name in ("document", "as_of", "freshness_seconds", "updated_at")},
            "sku": item.item_code,
            "location": place.code,
            "unit": item.unit,
            "on_hand": balance.quantity_on_hand,
            "reserved": balance.quantity_reserved,
            "available": balance.quantity_available,
            "source": balance.authority,
            "open_incidents": found.incidents,
        },
    )
