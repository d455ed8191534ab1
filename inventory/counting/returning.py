"""Decided lines whose numbers moved before they could be posted.

Between a decision and its posting lies a commit, and after a crash more than that. A count of the same item posted
meanwhile, or a movement recorded late, changes what was expected: posting the old variance would then adjust twice.
Such a line is compared again. What a guardrail decided is judged again; what a person approved goes back to a person.
"""

from collections.abc import Mapping
from decimal import Decimal

from approvals.models import ProposedAction, WorkflowRun
from approvals.set_based import update_rows
from inventory.counting import limits
from inventory.counting.gate import NUMBERS, envelope_of, propose_lines, sign_off_of, stage_envelope
from inventory.models import CountLine, CountSheet
from inventory.stock import ledger
from inventory.variance.expected import moved_since, on_hand_now
from inventory.variance.figures import compute_variance
from inventory.variance.guardrails import judge_line

MOVED = "The record changed between the decision and its posting"
Decision = CountLine.Decision


def return_moved_lines(run: WorkflowRun, sheet: CountSheet) -> int:
    """Compare what is about to be posted once more; returns how many lines went back to a person.

    Locks the balances, so that what holds here still holds when the same transaction posts.
    """
    decided = sheet.lines.filter(adjustment=None, decision__in=postable(run))
    lines = list(decided.order_by().values_list("pk", "item_id", "counted_at", "expected"))
    if not lines:
        return 0
    location = sheet.zone.location
    ledger.lock_balances(location, [item_id for _, item_id, _, _ in lines])
    when = {item_id: counted_at for _, item_id, counted_at, _ in lines if counted_at}
    on_hand, moved = on_hand_now(location, when), moved_since(location, when)
    nothing = Decimal(0)
    now_reads = {
        pk: (on_hand.get(item_id, nothing), on_hand.get(item_id, nothing) - moved.get(item_id, nothing))
        for pk, item_id, _, _ in lines
    }
    stale = {pk: now_reads[pk] for pk, _, _, expected in lines if expected != now_reads[pk][1]}
    return _judge_again(run, sheet, stale) if stale else 0


def postable(run: WorkflowRun) -> list[str]:
    """The decisions whose lines post now: a person's approval waits for the sign-off."""
    sign_off = sign_off_of(run)
    signed = sign_off is not None and sign_off.status == ProposedAction.Status.APPROVED
    return [Decision.GUARDRAIL, *([Decision.APPROVED] if signed else [])]


def _judge_again(run: WorkflowRun, sheet: CountSheet, stale: Mapping[int, tuple[Decimal, Decimal]]) -> int:
    """`stale` is {line id: (on hand, expected) as they read now}."""
    line_limits = limits.limits(limits.LINE)
    back = []
    rows = []
    for line in CountLine.objects.filter(pk__any_of=stale):
        on_hand, expected = stale[line.pk]
        counted = line.counted or Decimal(0)
        figures = compute_variance(counted, expected, line.unit_cost)
        verdict = judge_line(counted, expected, line.unit_cost, line_limits)
        stands = line.decision == Decision.GUARDRAIL and verdict.passes
        if not stands:
            back.append(line.pk)
        kind = CountLine.Classification.WITHIN_GUARDRAIL if stands else CountLine.Classification.NEEDS_REVIEW
        decision = Decision.GUARDRAIL if stands else Decision.NONE
        numbers = (on_hand, expected, figures.variance, figures.percent, figures.value)
        rows.append((line.pk, kind.value, f"{MOVED}. {verdict.why}"[:300], decision.value, *numbers))
    update_rows(CountLine, ["classification", "why", "decision", *NUMBERS], rows)
    if back:
        propose_lines(_open_envelope(run, sheet), CountLine.objects.filter(pk__any_of=back), sheet)
    return len(back)


def _open_envelope(run: WorkflowRun, sheet: CountSheet) -> ProposedAction:
    """The run's envelope; a new one when it has none or its own is closed."""
    envelope = envelope_of(run)
    if envelope and envelope.status == ProposedAction.Status.PENDING:
        return envelope
    opened = stage_envelope(run, sheet)
    if envelope:
        opened.participants.add(*envelope.participants.all())
    return opened
