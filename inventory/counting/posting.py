"""Steps 5 and 6 of the contract: what is decided goes to the NetSuite queue and onto the ledger, together."""

from approvals.contract import Done, StepResult
from approvals.models import WorkflowRun
from inventory.counting.gate import COUNT
from inventory.models import CountSheet
from inventory.stock import ledger
from inventory.variance import posting


def ns_push_adjustments_step(run: WorkflowRun) -> StepResult:
    """`ns_push_adjustments`: one adjustment per decided batch, one NetSuite push for each."""
    return posting.queue_pushes(COUNT, run)


def d1_update_balances_step(run: WorkflowRun) -> StepResult:
    """`d1_update_balances`: movements, balances, `last_counted_at`, the event, the journal: one posting each."""
    matched = ledger.stamp_matched(CountSheet.objects.select_related("zone").get(run=run))
    changed = posting.post(COUNT, run)
    dated = f", {matched} matched lines dated as counted" if matched else ""
    return Done(f"{changed} balances changed{dated}.")
