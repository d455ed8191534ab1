"""Decided lines whose numbers moved before they could be posted.

Between a decision and its posting lies a commit, and after a crash more than that. A count of the same item posted
meanwhile, or a movement recorded late, changes what was expected: posting the old variance would then adjust twice.
Such a line is compared again. What a guardrail decided is judged again; what a person approved goes back to a person.
"""

from collections.abc import Iterable
from decimal import Decimal

from approvals.models import ProposedAction, WorkflowRun
from approvals.set_based import update_rows
from inventory.counting import limits
from inventory.counting.expected import moved_since, on_hand_now
from inventory.counting.gate import envelope_of, propose_lines, stage_envelope
from inventory.counting.guardrails import judge_line
from inventory.counting.variance import compute_variance
from inventory.models import CountLine, CountSheet
from inventory.stock import ledger

MOVED = "The record changed between the decision and its posting"
NUMBERS = ("on_hand", "expected", "variance", "variance_pct", "variance_value")
Decision = CountLine.Decision


def return_moved_lines(run: WorkflowRun, sheet: CountSheet) -> int:
    """Compare what is about to be posted once more; returns how many lines went back to a person.

    Locks the balances, so that what holds here still holds when the same transaction posts.
    """
    decided = sheet.lines.filter(adjustment=None, decision__in=[Decision.GUARDRAIL, Decision.APPROVED])
    fields = ("sheet", "item", "counted", "counted_at", "expected", "unit_cost", "decision")
    lines = list(decided.order_by("pk").only(*fields))
    if not lines:
        return 0
    location = sheet.zone.location
    ledger.lock_balances(location, [line.item_id for line in lines])
    when = {line.item_id: line.counted_at for line in lines if line.counted_at}
    on_hand, moved = on_hand_now(location, when), moved_since(location, when)
    stale = []
    for line in lines:
        here = on_hand.get(line.item_id, Decimal(0))
        expected = here - moved.get(line.item_id, Decimal(0))
        if expected != line.expected:
            line.on_hand, line.expected = here, expected
            stale.append(line)
    return _judge_again(run, sheet, stale) if stale else 0


def _judge_again(run: WorkflowRun, sheet: CountSheet, stale: Iterable[CountLine]) -> int:
    line_limits = limits.limits(limits.LINE)
    back = []
    rows = []
    for line in stale:
        counted, expected = line.counted or Decimal(0), line.expected or Decimal(0)
        figures = compute_variance(counted, expected, line.unit_cost)
        verdict = judge_line(counted, expected, line.unit_cost, line_limits)
        stands = line.decision == Decision.GUARDRAIL and verdict.passes
        if not stands:
            back.append(line.pk)
        kind = CountLine.Classification.WITHIN_GUARDRAIL if stands else CountLine.Classification.NEEDS_REVIEW
        decision = Decision.GUARDRAIL if stands else Decision.NONE
        numbers = (line.on_hand, expected, figures.variance, figures.percent, figures.value)
        rows.append((line.pk, kind.value, f"{MOVED}. {verdict.why}"[:300], decision.value, *numbers))
    update_rows(CountLine, ["classification", "why", "decision", *NUMBERS], rows)
    if back:
        propose_lines(_open_envelope(run, sheet), CountLine.objects.filter(pk__in=back), sheet)
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
