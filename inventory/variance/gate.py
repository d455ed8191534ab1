"""Differences that a human must decide, and what the decision does to their lines.

One envelope per run holds one proposal per line beyond the guardrails. The approver opens the envelope and approves
all, or approves and rejects single lines. The run-level sign-off is given by the same click, unless the gross variance
is above `inventory_second_approval`: then a second person gives it, and nothing posts before.
"""

from decimal import Decimal
from typing import Any

from django.db.models import QuerySet, Sum
from django.db.models.functions import Abs

from approvals.clock import now
from approvals.contract import Done, Skipped, StepResult, Waiting
from approvals.models import ProposedAction, WorkflowRun
from approvals.operations import Decision
from approvals.set_based import insert_rows, update_rows
from inventory.models import VarianceLine
from inventory.stock import second_person
from inventory.variance.figures import compute_variance
from inventory.variance.source import Source, Subject

SAME_CLICK = "same click"
RISK = 3
NUMBERS = ("on_hand", "expected", "variance", "variance_pct", "variance_value")
Status = ProposedAction.Status
Verdict = VarianceLine.Decision


def stage(source: Source, run: WorkflowRun) -> StepResult:
    """The envelope, and one proposed action per line that people decide."""
    subject = source.subject_of(run)
    undecided = source.lines_of(subject).filter(decision=Verdict.NONE, proposed_action=None)
    lines = undecided.filter(classification__in=source.to_people)
    if not lines.exists():
        return Skipped("Every line matches or is within the guardrails: no human is asked.")
    envelope = stage_envelope(source, run, subject)
    staged = propose_lines(source, envelope, lines, subject)
    return Done(f"{staged} lines wait for a decision in “{envelope.title}”.")


def stage_envelope(source: Source, run: WorkflowRun, subject: Subject) -> ProposedAction:
    envelope = ProposedAction.objects.create(
        action_type=source.envelope,
        title=subject.title[:200],
        risk=RISK,
        workflow_run=run,
        entity_type=subject.entity_type,
        entity_ref=run.entity_ref,
        payload={**subject.payload, "gross_value": str(subject.row.gross_value), "warnings": run.warnings},
    )
    envelope.participants.add(*subject.participants)
    return envelope


def propose_lines(source: Source, envelope: ProposedAction, lines: QuerySet[Any], subject: Subject) -> int:
    """One proposal per line, and each line linked to its own."""
    again = ("count_number",) if hasattr(source.lines, "count_number") else ()
    fields = ("pk", "item__item_code", "counted", *NUMBERS, "suggested_reason", *again)
    proposed_at = now()
    rows = []
    for pk, code, counted, on_hand, expected, variance, pct, value, reason, *number in lines.values_list(*fields):
        payload = {
            "item_code": code,
            "location": subject.location.code,
            "on_hand": _text(on_hand),
            "physical_qty": _text(counted),
            "expected": _text(expected),
            "variance": _text(variance),
            "variance_pct": _text(pct),
            "variance_value": _text(value),
            "suggested_reason": reason,
        }
        title = f"{code}: {source.says} {counted.normalize():f}, expected {expected.normalize():f}"
        title += f" (recount {number[0]})" if number and number[0] > 1 else ""
        rows.append(
            (source.adjustment, title[:200], "pending", RISK, envelope.workflow_run_id, envelope.pk,
             subject.entity_type, f"{source.line_link}:{pk}", payload, proposed_at, "", "", "")
        )  # fmt: skip
    columns = "action_type title status risk workflow_run envelope entity_type entity_ref payload proposed_at"
    insert_rows(ProposedAction, [*columns.split(), "decided_via", "decided_hash", "reason_note"], rows)
    mine = ProposedAction.objects.filter(envelope=envelope, status=Status.PENDING, **{source.line_link: None})
    links = [(int(ref.split(":")[1]), pk) for pk, ref in mine.order_by().values_list("pk", "entity_ref")]
    update_rows(source.lines, ["proposed_action"], links)
    return len(rows)


def _text(number: Decimal | None) -> str | None:
    return None if number is None else f"{number:f}"


def wait_for_decisions(source: Source, run: WorkflowRun) -> StepResult:
    """The run-level sign-off. Waits until every line is decided and the run is signed off."""
    envelope = envelope_of(source, run)
    if envelope is None:
        return Skipped("Waived: every line is within the guardrails.")
    sign_off = open_sign_off(source, run, envelope)
    question = open_question(source, run)
    if question:
        return Waiting(question)
    return Done(f"Signed off: {sign_off.get_status_display().lower()} by {sign_off.decided_by}.")


def open_question(source: Source, run: WorkflowRun) -> str:
    """What people still have to answer before the run can end, as a sentence; "" when nothing."""
    lines = run.proposed_actions.filter(action_type=source.adjustment, status=Status.PENDING).count()
    recounts = source.still_to_come(run)
    parts = [f"{lines} lines to decide"] * bool(lines) + [f"{recounts} recounts to enter"] * bool(recounts)
    if parts:
        return ", ".join(parts) + "."
    sign_off = sign_off_of(source, run)
    if sign_off and sign_off.status == Status.PENDING:
        return f"Waiting for a second person to sign {source.what} off."
    return ""


def envelope_of(source: Source, run: WorkflowRun) -> ProposedAction | None:
    return run.proposed_actions.filter(action_type=source.envelope).order_by("-pk").first()


def sign_off_of(source: Source, run: WorkflowRun) -> ProposedAction | None:
    """The last one: a run gets another when later approvals need a second person and the first did not."""
    return run.proposed_actions.filter(action_type=source.sign_off).order_by("-pk").first()


def open_sign_off(source: Source, run: WorkflowRun, envelope: ProposedAction) -> ProposedAction:
    return sign_off_of(source, run) or _new_sign_off(source, run, envelope)


def _new_sign_off(source: Source, run: WorkflowRun, envelope: ProposedAction) -> ProposedAction:
    sign_off = ProposedAction.objects.create(
        action_type=source.sign_off,
        workflow_run=run,
        title=f"Sign-off: {envelope.title}"[:200],
        risk=RISK,
        entity_type="workflow_run",
        entity_ref=f"run:{run.pk}",
        payload={"gross_value": envelope.payload["gross_value"], "second_person": needs_second(source, run)},
    )
    sign_off.participants.set(envelope.participants.all())
    return sign_off


def needs_second(source: Source, run: WorkflowRun) -> bool:
    """By the gross variance as first stated, or as it reads now after recounts: the larger of the two."""
    subject = source.subject_of(run)
    standing = source.lines_of(subject).exclude(decision=Verdict.RECOUNT)
    gross = standing.aggregate(gross=Sum(Abs("variance_value")))["gross"] or Decimal(0)
    return second_person.is_needed(max(round(gross, 2), subject.row.gross_value or Decimal(0)))


# -- what a decision is bound to, and what it does ------------------------------------------------------------


def live_lines(source: Source, actions: list[ProposedAction]) -> dict[int, dict[str, Any]]:
    """The numbers of these proposals as they are now, by the names the payload uses. All of one run."""
    lines = source.lines.objects.filter(proposed_action__any_of=[action.pk for action in actions]).order_by()
    fields = ("pk", "proposed_action_id", "item_id", "counted", "counted_at", "unit_cost")
    rows = list(lines.values_list(*fields))
    if not rows or actions[0].workflow_run is None:
        return {}
    location = source.subject_of(actions[0].workflow_run).location
    ledger = source.expected(location, [(pk, item_id, when) for pk, _, item_id, _, when, _ in rows])
    live = {}
    for pk, action_id, _, counted, _, cost in rows:
        here, expected = ledger[pk]
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


def decide_lines(source: Source, decision: Decision) -> None:
    """Carry the gate's verdicts into the lines, with the numbers the decision was bound to."""
    envelope = decision.action
    run = envelope.workflow_run
    if run is None:
        return
    approved = decision.verdicts.get(Status.APPROVED, [])
    _set_decision(source, approved, decision, Verdict.APPROVED)
    _set_decision(source, decision.verdicts.get(Status.REJECTED, []), decision, Verdict.REJECTED)
    source.send_back(decision.verdicts.get(Status.SENT_BACK, []), decision)
    _sign_in_same_click(source, run, decision, bool(approved))
    sign_off_empty(source, run, envelope, by=decision.by, via=SAME_CLICK, note=decision.note)


def _sign_in_same_click(source: Source, run: WorkflowRun, decision: Decision, approves: bool) -> None:
    """Sign the run off with the approval itself, unless a second person has to."""
    if not approves:
        return
    sign_off = open_sign_off(source, run, decision.action)
    second = needs_second(source, run)
    if second and sign_off.status == Status.APPROVED:
        sign_off = _new_sign_off(source, run, decision.action)
    if sign_off.status != Status.PENDING:
        return
    if second:
        sign_off.participants.add(decision.by)
    else:
        _sign(sign_off, Status.APPROVED, by=decision.by, via=SAME_CLICK, note="")


def sign_off_empty(source: Source, run: WorkflowRun, envelope: ProposedAction, *, by: Any, via: str, note: str) -> None:
    """Close the sign-off of a run in which nothing was approved: there is nothing to sign."""
    lines = run.proposed_actions.filter(action_type=source.adjustment)
    if lines.filter(status__in=[Status.PENDING, Status.APPROVED]).exists() or source.still_to_come(run):
        return
    sign_off = open_sign_off(source, run, envelope)
    if sign_off.status == Status.PENDING:
        _sign(sign_off, Status.REJECTED, by=by, via=via, note=note or "No line was approved.")


def _set_decision(source: Source, actions: list[ProposedAction], decision: Decision, verdict: str) -> None:
    """The verdict, and the numbers it was bound to where they moved since they were staged."""
    if not actions:
        return
    live = {decision.live[action.pk]["line"]: decision.live[action.pk] for action in actions}
    lines = source.lines.objects.filter(pk__any_of=live)
    stored = lines.order_by().values_list("pk", "on_hand", "expected")
    moved = [
        (pk, *[_number(live[pk][name]) for name in NUMBERS])
        for pk, on_hand, expected in stored
        if (Decimal(live[pk]["on_hand"]), Decimal(live[pk]["expected"])) != (on_hand, expected)
    ]
    update_rows(source.lines, NUMBERS, moved)
    lines.update(decision=verdict)


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _sign(sign_off: ProposedAction, status: str, *, by: Any, via: str, note: str) -> None:
    sign_off.status, sign_off.decided_by, sign_off.decided_at = status, by, now()
    sign_off.decided_via, sign_off.reason_note = via, note
    sign_off.save()


def live_sign_off(source: Source, actions: list[ProposedAction]) -> dict[int, dict[str, Any]]:
    """A sign-off is bound to what was approved: which lines, and by how much they change stock."""
    live = {}
    for action in actions:
        lines = source.lines.objects.filter(**{f"{source.owner}__run": action.workflow_run}, decision=Verdict.APPROVED)
        rows = lines.order_by("pk").values_list("item__item_code", "variance", "variance_value")
        undecided = ProposedAction.objects.filter(
            workflow_run=action.workflow_run, action_type=source.adjustment, status=Status.PENDING
        ).count()
        live[action.pk] = {
            "approved": [[code, _text(variance), _text(value)] for code, variance, value in rows],
            "undecided": undecided,
        }
    return live


def sign_off_objection(source: Source, decision: Decision) -> str:
    numbers = decision.live[decision.action.pk]
    run = decision.action.workflow_run
    open_recounts = source.still_to_come(run) if run else 0
    if numbers["undecided"] or open_recounts:
        return "The sign-off comes last: first decide every line and enter every recount."
    approved_by_same = ProposedAction.objects.filter(
        workflow_run=run, action_type=source.adjustment, status=Status.APPROVED, decided_by=decision.by
    )
    if Status.APPROVED in decision.verdicts and approved_by_same.exists():
        return f"{decision.by} approved lines of {source.what}, so a second person must sign it off."
    return ""


def decide_sign_off(source: Source, decision: Decision) -> None:
    """A refused sign-off turns the approved lines back: nothing of this run posts."""
    if Status.REJECTED in decision.verdicts and decision.action.workflow_run_id:
        source.lines.objects.filter(
            **{f"{source.owner}__run": decision.action.workflow_run}, decision=Verdict.APPROVED, adjustment=None
        ).update(decision=Verdict.REJECTED)


def stays_open(source: Source, envelope: ProposedAction) -> bool:
    return envelope.workflow_run is not None and bool(source.still_to_come(envelope.workflow_run))
