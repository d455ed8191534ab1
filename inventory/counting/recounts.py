"""Entering a recount: a second count of a line, both kept."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from approvals import audit, engine
from approvals.models import ProposedAction, WorkflowRun
from approvals.operations import close_if_finished, wake
from approvals.refusals import Refused
from inventory.counting import limits
from inventory.counting.comparing import ComparedLine
from inventory.counting.gate import COUNT, subject
from inventory.counting.submission import CountedItem, problems_with
from inventory.models import CountLine
from inventory.variance.expected import moved_since, on_hand_now, recent_movements
from inventory.variance.figures import compute_variance, suggest_reason
from inventory.variance.gate import envelope_of, propose_lines, sign_off_empty
from inventory.variance.guardrails import judge_line


class RecountRefused(Refused):
    pass


def enter_recount(*, line: CountLine, counted: Decimal, counted_at: datetime, by: Any) -> CountLine:
    """Store the second count, compare it as of now, and bring it back to the approver unless it matches.

    A recount that differs always goes to a human, whatever the guardrails say: a human asked for it. Whoever
    recounts took part in the count and cannot decide it.
    """
    with transaction.atomic():
        run, line = _locked(line)
        envelope = envelope_of(COUNT, run) if run else None
        if run is None or envelope is None:
            raise RecountRefused("This count has no proposal to come back to.")
        _check(line, counted, counted_at)
        _compare(line, counted, counted_at)
        for action in run.proposed_actions.filter(action_type__in=[envelope.action_type, COUNT.sign_off]):
            action.participants.add(by)
        if line.classification == CountLine.Classification.NEEDS_REVIEW:
            propose_lines(COUNT, envelope, CountLine.objects.filter(pk=line.pk), subject(line.sheet))
        else:
            _close_matched(run, envelope, by)
        wake(run.pk)
        audit.append(
            actor=by, verb="count.recounted", entity_ref=run.entity_ref,
            details={"item_code": line.item.item_code, "counted": counted},
        )  # fmt: skip
    engine.advance(run.pk)
    line.refresh_from_db()
    return line


def _locked(line: CountLine) -> tuple[WorkflowRun | None, CountLine]:
    """The line and its run, locked in the order the engine and the gate use."""
    run = WorkflowRun.objects.select_for_update().filter(count_sheet=line.sheet_id).first()
    rows = CountLine.objects.select_for_update(of=("self",)).select_related("item", "sheet__zone__location")
    return run, rows.get(pk=line.pk)


def _close_matched(run: WorkflowRun, envelope: ProposedAction, by: Any) -> None:
    """When that was the last open question, close the envelope in the name of who decided last."""
    last = envelope.lines.exclude(decided_by=None).order_by("-decided_at").first()
    decider = last.decided_by if last else by
    note = "The recount matched."
    close_if_finished(envelope, by=decider, via="recount", note=note)
    sign_off_empty(COUNT, run, envelope, by=decider, via="recount", note=note)


def _check(line: CountLine, counted: Decimal, counted_at: datetime) -> None:
    if line.counted is not None or line.count_number == 1:
        raise RecountRefused(f"No recount of {line.item.item_code} is open on this sheet: it was entered already.")
    problems = problems_with([CountedItem(line.item.item_code, counted)], counted_at)
    if problems:
        raise RecountRefused(sentence for _, sentence in problems)


def _compare(line: CountLine, counted: Decimal, counted_at: datetime) -> None:
    location, item = line.sheet.zone.location, line.item
    when = {item.pk: counted_at}
    line.counted, line.counted_at, line.unit_cost = counted, counted_at, item.avg_cost
    line.on_hand = on_hand_now(location, when).get(item.pk, Decimal(0))
    line.expected = line.on_hand - moved_since(location, when).get(item.pk, Decimal(0))
    figures = compute_variance(counted, line.expected, item.avg_cost)
    line.variance, line.variance_pct, line.variance_value = figures.variance, figures.percent, figures.value
    compared = ComparedLine(line.pk, item.pk, counted, line.expected, item.avg_cost, item.case_pack)
    if compared.variance == 0 and line.expected >= 0:
        line.classification, line.why = CountLine.Classification.MATCH, "The recount matches the ledger"
    else:
        verdict = judge_line(counted, line.expected, item.avg_cost, limits.limits(limits.LINE))
        line.classification, line.why = CountLine.Classification.NEEDS_REVIEW, f"Recount. {verdict.why}"[:300]
        line.suggested_reason = suggest_reason(
            counted=counted,
            expected=line.expected,
            case_pack=item.case_pack,
            recent_deltas=[(d, name) for d, name, _ in recent_movements(location, when).get(item.pk, [])],
        )[:200]
    line.save()
