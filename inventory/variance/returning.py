"""Decided lines whose numbers moved before they could be posted.

Between a decision and its posting lies a commit, and after a crash more than that. A count of the same item posted
meanwhile, or a movement recorded late, changes what was expected: posting the old variance would then adjust twice.
Such a line is compared again. What a guardrail decided is judged again; what a person approved goes back to a person.
"""

from collections.abc import Mapping
from decimal import Decimal

from approvals.models import ProposedAction, WorkflowRun
from approvals.set_based import update_rows
from inventory.models import VarianceLine
from inventory.stock import ledger
from inventory.variance.figures import compute_variance
from inventory.variance.gate import NUMBERS, envelope_of, propose_lines, sign_off_of, stage_envelope
from inventory.variance.source import Source, Subject

MOVED = "The record changed between the decision and its posting"
Decision = VarianceLine.Decision


def return_moved_lines(source: Source, run: WorkflowRun, subject: Subject) -> int:
    """Compare what is about to be posted once more; returns how many lines went back to a person.

    Locks the balances, so that what holds here still holds when the same transaction posts.
    """
    decided = source.lines_of(subject).filter(adjustment=None, decision__in=postable(source, run))
    lines = list(decided.order_by().values_list("pk", "item_id", "counted_at", "expected"))
    if not lines:
        return 0
    ledger.lock_balances(subject.location, [item_id for _, item_id, _, _ in lines])
    reads = source.expected(subject.location, [(pk, item_id, when) for pk, item_id, when, _ in lines])
    stale = {pk: reads[pk] for pk, _, _, expected in lines if expected != reads[pk][1]}
    return _judge_again(source, run, subject, stale) if stale else 0


def postable(source: Source, run: WorkflowRun) -> list[str]:
    """The decisions whose lines post now: a person's approval waits for the sign-off."""
    sign_off = sign_off_of(source, run)
    signed = sign_off is not None and sign_off.status == ProposedAction.Status.APPROVED
    return [Decision.GUARDRAIL, *([Decision.APPROVED] if signed else [])]


def _judge_again(
    source: Source, run: WorkflowRun, subject: Subject, stale: Mapping[int, tuple[Decimal, Decimal]]
) -> int:
    """`stale` is {line id: (on hand, expected) as they read now}."""
    back, rows = [], []
    for line in source.lines.objects.filter(pk__any_of=stale):
        on_hand, expected = stale[line.pk]
        figures = compute_variance(line.counted or Decimal(0), expected, line.unit_cost)
        verdict, kind = source.judge_again(line, expected)
        stands = line.decision == Decision.GUARDRAIL and verdict.passes
        if not stands:
            back.append(line.pk)
        decision = Decision.GUARDRAIL if stands else Decision.NONE
        kind = line.classification if stands else kind
        numbers = (on_hand, expected, figures.variance, figures.percent, figures.value)
        rows.append((line.pk, kind, f"{MOVED}. {verdict.why}"[:300], decision.value, *numbers))
    update_rows(source.lines, ["classification", "why", "decision", *NUMBERS], rows)
    if back:
        lines = source.lines.objects.filter(pk__any_of=back)
        propose_lines(source, _open_envelope(source, run, subject), lines, subject)
    return len(back)


def _open_envelope(source: Source, run: WorkflowRun, subject: Subject) -> ProposedAction:
    """The run's envelope; a new one when it has none or its own is closed."""
    envelope = envelope_of(source, run)
    if envelope and envelope.status == ProposedAction.Status.PENDING:
        return envelope
    opened = stage_envelope(source, run, subject)
    if envelope:
        opened.participants.add(*envelope.participants.all())
    return opened
