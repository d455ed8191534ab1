"""Large corrections need two people, as large counts do: the guardrail `inventory_second_approval` rules both.

The first approval then books nothing; it opens a sign-off, which somebody else decides. Approved, what still differs
is booked; refused, the differences are accepted as they are. What counts is the value of everything the envelope
holds, so that a large difference cannot be approved in small pieces.
"""

from decimal import Decimal
from typing import Any

from django.db.models import F, Sum
from django.db.models.functions import Abs

from approvals.models import ProposedAction
from approvals.operations import Decision
from inventory.mirror import corrections
from inventory.mirror.carrying import wms_decides
from inventory.models import Item, Movement, Parity
from inventory.stock import second_person

Status = ProposedAction.Status


def decide_corrections(decision: Decision) -> None:
    """Book what was approved or have it signed first, remember what was accepted; in the gate's transaction.

    The gate holds the envelope's lock, and a mirror that stores takes it first: the numbers are still those seen.
    """
    approved = corrections.rows_of(action.pk for action in decision.verdicts.get(Status.APPROVED, []))
    corrections.accept(corrections.rows_of(action.pk for action in decision.verdicts.get(Status.REJECTED, [])))
    if approved and not _asked_for(decision, approved):
        corrections.book(approved, decision)


def _asked_for(decision: Decision, approved: list[Parity]) -> bool:
    """Open the sign-off when the envelope's value asks for one; False when the decision may be booked at once."""
    envelope = decision.action
    value = gross_value(envelope)
    if not second_person.is_needed(value):
        return False
    sign_off = ProposedAction.objects.create(
        action_type=corrections.SIGN_OFF,
        title=f"Sign-off: {envelope.title}"[:200],
        risk=corrections.RISK,
        entity_type=envelope.entity_type,
        entity_ref=envelope.entity_ref,
        payload={
            "location": envelope.payload["location"],
            "gross_value": f"{value:.2f}",
            "approved_by": decision.by.get_username(),
            "note": decision.note,
            "corrections": [row.correction_id for row in approved],
        },
    )
    sign_off.participants.add(decision.by)
    return True


def gross_value(envelope: ProposedAction) -> Decimal:
    """Of what is still to be booked or decided, and of what was booked under this envelope already."""
    waiting = [Status.PENDING, Status.APPROVED]
    open_ones = Parity.objects.filter(correction__envelope=envelope, correction__status__in=waiting)
    to_come = open_ones.aggregate(value=Sum(Abs(F("difference") * F("item__avg_cost"))))["value"]
    booked = Movement.objects.filter(decision__envelope=envelope)
    done = booked.aggregate(value=Sum(Abs(F("delta") * F("item__avg_cost"))))["value"]
    return round((to_come or Decimal(0)) + (done or Decimal(0)) + _carried_value(envelope), 2)


def _carried_value(envelope: ProposedAction) -> Decimal:
    """Of what this envelope carried to NetSuite, as it was proposed."""
    approved = ProposedAction.objects.filter(
        envelope=envelope, status=Status.APPROVED, payload__booked_in=corrections.IN_NETSUITE
    )
    still_open = Parity.objects.filter(correction__envelope=envelope).exclude(difference=0)
    done = approved.exclude(pk__in=still_open.values("correction")).values_list("payload", flat=True)
    quantities = {payload["item_code"]: abs(Decimal(payload["correction"])) for payload in done}
    costs = Item.objects.filter(item_code__any_of=list(quantities)).values_list("item_code", "avg_cost")
    return sum((quantities[code] * (cost or Decimal(0)) for code, cost in costs), Decimal(0))


def live_sign_off(actions: list[ProposedAction]) -> dict[int, dict[str, Any]]:
    """Bound to what would be booked now: which items, and by how much."""
    live = {}
    for action in actions:
        rows = corrections.rows_of(action.payload["corrections"])
        carried = wms_decides(rows)
        live[action.pk] = {
            "corrections": [
                [row.code, f"{corrections.correction(row, is_carried=row.pk in carried):.3f}"] for row in rows
            ],
            "gross_value": action.payload["gross_value"],
        }
    return live


def objection(decision: Decision) -> str:
    if Status.APPROVED not in decision.verdicts:
        return ""
    if decision.by.get_username() == decision.action.payload["approved_by"]:
        return f"{decision.by} approved these corrections, so a second person must sign them off."
    return corrections.why_not_now(decision.action.payload["corrections"])


def decide_sign_off(decision: Decision) -> None:
    rows = corrections.rows_of(decision.action.payload["corrections"])
    if Status.REJECTED in decision.verdicts:
        corrections.accept(rows)
    elif rows:
        corrections.book(rows, decision)
