"""What a push's page shows: what was tried, what people decided, its lines, and both sides of a conflict."""

import json
from dataclasses import dataclass
from typing import Any

from approvals.admin.links import link_to
from netsuite.conflicts import both_sides, held_in_netsuite, origin_of
from netsuite.error_classes import CLASS_WORDS, Channel, ErrorClass
from netsuite.estimates import ESTIMATE
from netsuite.models import Push, PushAttempt, PushDecision
from netsuite.retry import Signal, find_rule

OUTCOMES: dict[str, tuple[str, str]] = {
    "created": ("Created", "NetSuite recorded it."),
    "existing": ("Already there", "NetSuite holds it with our content, recorded by an earlier send."),
    "not_found": ("Not there", "NetSuite holds nothing under this external id."),
    "interrupted": ("Interrupted", ""),
    "conflict": ("Conflict", ""),
}
"""Outcomes that are no class of error, with what they say by themselves."""
GOOD_OUTCOMES = {"created", "existing"}


@dataclass(frozen=True)
class Tried:
    """One attempt as a person reads it; `does` is what the program does with answers of its class."""

    attempt: PushAttempt
    icon: str
    colour: str
    name: str
    sentence: str
    does: str
    raw: str


def push_story(push: Push, user: Any) -> dict[str, Any]:
    record: dict[str, Any] = dict(push.payload)
    sees_cost = user.has_perm("inventory.view_cost")
    tried = [_tried(row, sees_cost) for row in push.attempt_rows.order_by("number")]
    held = held_in_netsuite(push) if push.status == Push.Status.CONFLICT else None
    return {
        "push": push,
        "tried": tried,
        "cure": _cure(push, tried[-1].attempt) if tried else "",
        "held": held,
        "both_sides": both_sides(push, held) if held else [],
        "origin": origin_of(push, held) if held else "",
        "decisions": [(row, _kept(row)) for row in push.decisions.select_related("decided_by").order_by("pk")],
        "lines": [_line(line) for line in record.pop("lines", None) or []],
        "record_head": {name: value for name, value in record.items() if value},
        "run_link": link_to(push.workflow_run),
        "sees_cost": sees_cost and push.record_type != ESTIMATE,
        "is_estimate": push.record_type == ESTIMATE,
        "title": push.label,
        "subtitle": None,
    }


def _tried(attempt: PushAttempt, sees_cost: bool) -> Tried:
    name, sentence, does = "No answer yet", "", ""
    if attempt.outcome in OUTCOMES:
        name, sentence = OUTCOMES[attempt.outcome]
    elif attempt.outcome in set(ErrorClass):
        name, does = CLASS_WORDS[ErrorClass(attempt.outcome)]
    elif attempt.outcome:
        name = attempt.outcome
    icon, colour = _look(attempt)
    raw = attempt.raw_answer if sees_cost else _without_total(attempt.raw_answer)
    return Tried(attempt, icon, colour, name, attempt.message or sentence, does, raw)


def _look(attempt: PushAttempt) -> tuple[str, str]:
    if not attempt.outcome:
        return "hourglass_top", "info"
    if attempt.outcome in GOOD_OUTCOMES:
        return "check", "success"
    return ("search_off", "info") if attempt.outcome == "not_found" else ("close", "danger")


def _cure(push: Push, last: PushAttempt) -> str:
    """What to do about a push that needs a person, where its last answer says."""
    if push.status != Push.Status.NEEDS_HUMAN or last.http_status is None:
        return ""
    return find_rule(Signal(Channel.ANSWER, last.http_status, last.code, last.message)).cure


def _kept(decision: PushDecision) -> str:
    details = decision.details
    if decision.kind == PushDecision.Kind.REDATE:
        return f"{details['date_before']} became {details['date']}; payload hash was {decision.payload_hash_before}"
    if decision.kind == PushDecision.Kind.ACCEPT:
        return f"{details['tran_id']}, internal id {details['internal_id']}, payload hash {details['payload_hash']}"
    return ""


def _without_total(raw: str) -> str:
    """NetSuite's total is money: not for people who may not see cost."""
    try:
        answer = json.loads(raw)
    except ValueError:
        return raw
    if not isinstance(answer, dict):
        return raw
    return json.dumps({name: value for name, value in answer.items() if name != "total"}, ensure_ascii=False)


def _line(line: dict[str, Any]) -> dict[str, str]:
    item, location = line.get("item") or {}, line.get("location") or {}
    return {
        "item": next(iter(item.values()), ""),
        "location": next(iter(location.values()), ""),
        "change": line.get("adjustQtyBy") or line.get("quantity", ""),
        "cost": line.get("unitCost", ""),
        "price": line.get("rate", ""),
        "memo": line.get("memo") or line.get("description", ""),
    }
