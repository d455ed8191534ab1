"""Steps 3 and 4 of the contract, and what a decision does to count lines.

One envelope per run holds one `inventory_adjustment` per line beyond the guardrails. The approver opens the envelope
and approves all, approves or rejects single lines, or asks for a recount. The run-level sign-off
`inventory_adjustment_approval` is given by the same click, unless the sheet's gross variance is above
`inventory_second_approval`: then a second person gives it, and nothing posts before.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet, Sum
from django.db.models.functions import Abs

from approvals.clock import now
from approvals.contract import Done, Skipped, StepResult, Waiting
from approvals.models import ProposedAction, WorkflowRun
from approvals.operations import Decision
from approvals.set_based import insert_rows, update_rows
from inventory.models import CountLine, CountSheet
from inventory.stock import second_person
from inventory.variance.expected import moved_since, on_hand_now
from inventory.variance.figures import compute_variance

ENVELOPE = "workflow_inventory_reconciliation"
ADJUSTMENT = "inventory_adjustment"
SIGN_OFF = "inventory_adjustment_approval"
SAME_CLICK = "same click"
RISK = 3
NUMBERS = ("on_hand", "expected", "variance", "variance_pct", "variance_value")
Status = ProposedAction.Status


def stage_adjustments_step(run: WorkflowRun) -> StepResult:
    """`stage_adjustments`: the envelope, and one proposed action per line that needs review."""
    sheet = CountSheet.objects.select_related("zone__location").get(run=run)
    lines = sheet.lines.filter(classification=CountLine.Classification.NEEDS_REVIEW, proposed_action=None)
    if not lines.exists():
        return Skipped("Every line matches or is within the guardrails: no human is asked.")
    envelope = stage_envelope(run, sheet)
    staged = propose_lines(envelope, lines, sheet)
    return Done(f"{staged} lines wait for a decision in “{envelope.title}”.")


def stage_envelope(run: WorkflowRun, sheet: CountSheet) -> ProposedAction:
    envelope = ProposedAction.objects.create(
        action_type=ENVELOPE,
        title=f"Count of {sheet.zone}, sheet {sheet.code}",
        risk=RISK,
        workflow_run=run,
        entity_type="inventory_zone",
        entity_ref=run.entity_ref,
        payload={"zone_id": sheet.zone_id, "gross_value": str(sheet.gross_value), "warnings": run.warnings},
    )
    if sheet.counted_by_id:
        envelope.participants.add(sheet.counted_by_id)
    return envelope


def propose_lines(envelope: ProposedAction, lines: QuerySet[CountLine], sheet: CountSheet) -> int:
    """One `inventory_adjustment` per line, and each line linked to its own."""
    fields = (
        *(
            "pk",
            "item__item_code",
            "on_hand",
            "counted",
            "expected",
            "variance",
            "variance_pct",
            "variance_value",
        ),
        *("suggested_reason", "count_number"),
    )
    location, proposed_at = sheet.zone.location.code, now()
    rows = []
    for pk, code, on_hand, counted, expected, variance, pct, value, reason, number in lines.values_list(*fields):
        payload = {
            "item_code": code,
            "location": location,
            "on_hand": _text(on_hand),
            "physical_qty": _text(counted),
            "expected": _text(expected),
            "variance": _text(variance),
            "variance_pct": _text(pct),
            "variance_value": _text(value),
            "suggested_reason": reason,
        }
        title = f"{code}: counted {counted.normalize():f}, expected {expected.normalize():f}"
        title += f" (recount {number})" if number > 1 else ""
        rows.append(
            (ADJUSTMENT, title[:200], "pending", RISK, envelope.workflow_run_id, envelope.pk, "inventory_zone",
             f"count_line:{pk}", payload, proposed_at, "", "", "")
        )  # fmt: skip
    columns = "action_type title status risk workflow_run envelope entity_type entity_ref payload proposed_at"
    insert_rows(ProposedAction, [*columns.split(), "decided_via", "decided_hash", "reason_note"], rows)
    mine = ProposedAction.objects.filter(envelope=envelope, count_line=None, status=Status.PENDING).order_by()
    links = [(int(ref.split(":")[1]), pk) for pk, ref in mine.values_list("pk", "entity_ref")]
    update_rows(CountLine, ["proposed_action"], links)
    return len(rows)


def _text(number: Decimal | None) -> str | None:
    return None if number is None else f"{number:f}"


def hitl_approve_step(run: WorkflowRun) -> StepResult:
    """`hitl_approve`: the run-level sign-off. Waits until every line is decided and the run is signed off."""
    envelope = envelope_of(run)
    if envelope is None:
        return Skipped("Waived: every line is within the guardrails.")
    sign_off = open_sign_off(run, envelope)
    question = open_question(run)
    if question:
        return Waiting(question)
    return Done(f"Signed off: {sign_off.get_status_display().lower()} by {sign_off.decided_by}.")


def open_question(run: WorkflowRun) -> str:
    """What people still have to answer before the run can end, as a sentence; "" when nothing."""
    lines = run.proposed_actions.filter(action_type=ADJUSTMENT, status=Status.PENDING).count()
    recounts = awaiting_recount(run).count()
    parts = [f"{lines} lines to decide"] * bool(lines) + [f"{recounts} recounts to enter"] * bool(recounts)
    if parts:
        return ", ".join(parts) + "."
    sign_off = sign_off_of(run)
    if sign_off and sign_off.status == Status.PENDING:
        return "Waiting for a second person to sign the count off."
    return ""


def envelope_of(run: WorkflowRun) -> ProposedAction | None:
    return run.proposed_actions.filter(action_type=ENVELOPE).order_by("-pk").first()


def sign_off_of(run: WorkflowRun) -> ProposedAction | None:
    """The last one: a run gets another when later approvals need a second person and the first did not."""
    return run.proposed_actions.filter(action_type=SIGN_OFF).order_by("-pk").first()


def open_sign_off(run: WorkflowRun, envelope: ProposedAction) -> ProposedAction:
    return sign_off_of(run) or _new_sign_off(run, envelope)


def _new_sign_off(run: WorkflowRun, envelope: ProposedAction) -> ProposedAction:
    sign_off = ProposedAction.objects.create(
        action_type=SIGN_OFF,
        workflow_run=run,
        title=f"Sign-off: {envelope.title}",
        risk=RISK,
        entity_type="workflow_run",
        entity_ref=f"run:{run.pk}",
        payload={"gross_value": envelope.payload["gross_value"], "second_person": needs_second(run)},
    )
    sign_off.participants.set(envelope.participants.all())
    return sign_off


def needs_second(run: WorkflowRun) -> bool:
    """By the sheet's gross variance as counted, or as it reads now after recounts: the larger of the two."""
    sheet = CountSheet.objects.get(run=run)
    standing = sheet.lines.exclude(decision=CountLine.Decision.RECOUNT)
    gross = standing.aggregate(gross=Sum(Abs("variance_value")))["gross"] or Decimal(0)
    larger = max(round(gross, 2), sheet.gross_value or Decimal(0))
    return second_person.is_needed(larger)


def awaiting_recount(run: WorkflowRun) -> QuerySet[CountLine]:
    return CountLine.objects.filter(sheet__run=run, count_number__gt=1, counted=None)


# -- what a decision is bound to, and what it does ------------------------------------------------------------


def live_lines(actions: list[ProposedAction]) -> dict[int, dict[str, Any]]:
    """The numbers of these adjustments as they are now, by the names the payload uses."""
    wanted = [action.pk for action in actions]
    fields = (
        "pk",
        "proposed_action_id",
        "item_id",
        "counted",
        "counted_at",
        "unit_cost",
        "sheet__zone__location",
    )
    rows = list(CountLine.objects.filter(proposed_action__any_of=wanted).order_by().values_list(*fields))
    if not rows:
        return {}
    location = CountSheet.objects.select_related("zone__location").get(lines=rows[0][0]).zone.location
    when: dict[int, datetime] = {row[2]: row[4] for row in rows}
    on_hand, moved = on_hand_now(location, when), moved_since(location, when)
    live = {}
    for pk, action_id, item_id, counted, _, cost, _ in rows:
        here = on_hand.get(item_id, Decimal(0))
        expected = here - moved.get(item_id, Decimal(0))
        figures = compute_variance(counted, expected, cost)
        live[action_id] = {
            "line": pk,
            "on_hand": _fixed(here),
            "physical_qty": _fixed(counted),
            "expected": _fixed(expected),
            "variance": _fixed(figures.variance),
            "variance_pct": _text(figures.percent),
            "variance_value": _text(figures.value),
        }
    return live


def _fixed(quantity: Decimal) -> str:
    return f"{quantity:.3f}"


def decide_lines(decision: Decision) -> None:
    """Carry the gate's verdicts into the count lines, with the numbers the decision was bound to."""
    envelope = decision.action
    run = envelope.workflow_run
    if run is None:
        return
    approved = decision.verdicts.get(Status.APPROVED, [])
    _set_decision(approved, decision, CountLine.Decision.APPROVED)
    _set_decision(decision.verdicts.get(Status.REJECTED, []), decision, CountLine.Decision.REJECTED)
    _ask_recounts(decision.verdicts.get(Status.SENT_BACK, []), decision)
    _sign_in_same_click(run, decision, bool(approved))
    sign_off_empty(run, envelope, by=decision.by, via=SAME_CLICK, note=decision.note)


def _sign_in_same_click(run: WorkflowRun, decision: Decision, approves: bool) -> None:
    """Sign the run off with the approval itself, unless a second person has to."""
    if not approves:
        return
    sign_off = open_sign_off(run, decision.action)
    second = needs_second(run)
    if second and sign_off.status == Status.APPROVED:
        sign_off = _new_sign_off(run, decision.action)
    if sign_off.status != Status.PENDING:
        return
    if second:
        sign_off.participants.add(decision.by)
    else:
        _sign(sign_off, Status.APPROVED, by=decision.by, via=SAME_CLICK, note="")


def sign_off_empty(run: WorkflowRun, envelope: ProposedAction, *, by: Any, via: str, note: str) -> None:
    """Close the sign-off of a run in which nothing was approved: there is nothing to sign."""
    lines = run.proposed_actions.filter(action_type=ADJUSTMENT)
    if lines.filter(status__in=[Status.PENDING, Status.APPROVED]).exists() or awaiting_recount(run).exists():
        return
    sign_off = open_sign_off(run, envelope)
    if sign_off.status == Status.PENDING:
        _sign(sign_off, Status.REJECTED, by=by, via=via, note=note or "No line was approved.")


def _set_decision(actions: list[ProposedAction], decision: Decision, verdict: str) -> None:
    """The verdict, and the numbers it was bound to where they moved since they were staged."""
    if not actions:
        return
    live = {decision.live[action.pk]["line"]: decision.live[action.pk] for action in actions}
    lines = CountLine.objects.filter(pk__any_of=live)
    stored = lines.order_by().values_list("pk", "on_hand", "expected")
    moved = [
        (pk, *[_number(live[pk][name]) for name in NUMBERS])
        for pk, on_hand, expected in stored
        if (Decimal(live[pk]["on_hand"]), Decimal(live[pk]["expected"])) != (on_hand, expected)
    ]
    update_rows(CountLine, NUMBERS, moved)
    lines.update(decision=verdict)


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _ask_recounts(actions: list[ProposedAction], decision: Decision) -> None:
    """The first count stays as it is; a second, empty line waits for the counter."""
    ids = [decision.live[action.pk]["line"] for action in actions]
    lines = CountLine.objects.filter(pk__any_of=ids)
    again = [
        CountLine(
            sheet_id=line.sheet_id,
            item_id=line.item_id,
            count_number=line.count_number + 1,
            unit_cost=line.unit_cost,
            why=f"Recount asked for: {decision.note}"[:300],
        )
        for line in lines
    ]
    CountLine.objects.bulk_create(again)
    lines.update(decision=CountLine.Decision.RECOUNT)


def _sign(sign_off: ProposedAction, status: str, *, by: Any, via: str, note: str) -> None:
    sign_off.status, sign_off.decided_by, sign_off.decided_at = status, by, now()
    sign_off.decided_via, sign_off.reason_note = via, note
    sign_off.save()


def live_sign_off(actions: list[ProposedAction]) -> dict[int, dict[str, Any]]:
    """A sign-off is bound to what was approved: which lines, and by how much they change stock."""
    live = {}
    for action in actions:
        lines = CountLine.objects.filter(sheet__run=action.workflow_run, decision=CountLine.Decision.APPROVED)
        rows = lines.order_by("pk").values_list("item__item_code", "variance", "variance_value")
        undecided = ProposedAction.objects.filter(
            workflow_run=action.workflow_run, action_type=ADJUSTMENT, status=Status.PENDING
        ).count()
        live[action.pk] = {
            "approved": [[code, _text(variance), _text(value)] for code, variance, value in rows],
            "undecided": undecided,
        }
    return live


def sign_off_objection(decision: Decision) -> str:
    numbers = decision.live[decision.action.pk]
    run = decision.action.workflow_run
    open_recounts = awaiting_recount(run).count() if run else 0
    if numbers["undecided"] or open_recounts:
        return "The sign-off comes last: first decide every line and enter every recount."
    approved_by_same = ProposedAction.objects.filter(
        workflow_run=run, action_type=ADJUSTMENT, status=Status.APPROVED, decided_by=decision.by
    )
    if Status.APPROVED in decision.verdicts and approved_by_same.exists():
        return f"{decision.by} approved lines of this count, so a second person must sign it off."
    return ""


def decide_sign_off(decision: Decision) -> None:
    """A refused sign-off turns the approved lines back: nothing of this run posts."""
    if Status.REJECTED in decision.verdicts and decision.action.workflow_run_id:
        CountLine.objects.filter(
            sheet__run=decision.action.workflow_run, decision=CountLine.Decision.APPROVED, adjustment=None
        ).update(decision=CountLine.Decision.REJECTED)


def stays_open(envelope: ProposedAction) -> bool:
    return envelope.workflow_run is not None and awaiting_recount(envelope.workflow_run).exists()
