"""What is decided goes to the NetSuite queue and onto the ledger, together.

The engine runs both steps in one transaction for each decided batch: the lines within guardrail at once, then what
each approver approved. Nothing external happens here; the push row is what the drain will send.
"""

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import Abs

from approvals import audit
from approvals.contract import Done, Skipped, StepResult, Waiting
from approvals.failpoints import Failpoint, reach
from approvals.models import Event, JournalEntry, ProposedAction, RunStep, WorkflowRun
from approvals.money import dollars
from inventory.models import Adjustment, VarianceLine
from inventory.stock import ledger
from inventory.variance.gate import open_question, sign_off_of
from inventory.variance.returning import return_moved_lines
from inventory.variance.source import Source, Subject
from netsuite import queue, records

GATE_STEP = "hitl_approve"
Decision = VarianceLine.Decision


def queue_pushes(source: Source, run: WorkflowRun) -> StepResult:
    """One adjustment per decided batch, one NetSuite push for each."""
    subject = source.subject_of(run)
    returned = return_moved_lines(source, run, subject)
    for lines, decided in _batches(source, run, subject):
        adjustment = _open_adjustment(source, run, subject, lines, decided)
        _enqueue(source, adjustment, subject)
    gate_is_over = run.steps.filter(name=GATE_STEP, status__in=RunStep.FINAL).exists()
    question = open_question(source, run) if returned or gate_is_over else ""
    if question:
        return Waiting(f"The record changed before posting: {question}")
    total = run.adjustments.aggregate(lines=Sum("line_count"), pushes=Count("push"))
    if not total["lines"]:
        return Skipped("Nothing was adjusted.")
    return Done(f"{total['lines']} lines in {total['pushes']} NetSuite push(es).")


def _batches(source: Source, run: WorkflowRun, subject: Subject) -> list[tuple[QuerySet[Any], dict[str, Any]]]:
    """Decided lines that are in no adjustment yet, by who decided: the guardrail, then each approver."""
    waiting = source.lines_of(subject).filter(adjustment=None)
    batches: list[tuple[QuerySet[Any], dict[str, Any]]] = []
    within = waiting.filter(decision=Decision.GUARDRAIL)
    if within.exists():
        batches.append((within, {"guardrail": source.guardrail()}))
    sign_off = sign_off_of(source, run)
    approved = waiting.filter(decision=Decision.APPROVED)
    if sign_off and sign_off.status == ProposedAction.Status.APPROVED:
        for approver_id, ids in _by_approver(source, run, approved).items():
            lines = source.lines.objects.filter(pk__any_of=ids)
            batches.append((lines, {"approved_by_id": approver_id, "sign_off": sign_off}))
    return batches


def _by_approver(source: Source, run: WorkflowRun, approved: QuerySet[Any]) -> dict[int | None, list[int]]:
    """{approver id: line ids}. Two plain reads: right after a large count PostgreSQL has no statistics of these rows
    yet, takes the join of the two tables for tiny, and needs 8 s for 10,000 lines."""
    proposals = run.proposed_actions.filter(action_type=source.adjustment).order_by()
    decided_by = dict(proposals.values_list("pk", "decided_by"))
    batches: dict[int | None, list[int]] = {}
    for pk, action_id in approved.order_by().values_list("pk", "proposed_action"):
        batches.setdefault(decided_by[action_id], []).append(pk)
    return batches


def _open_adjustment(
    source: Source, run: WorkflowRun, subject: Subject, lines: QuerySet[Any], decided: dict[str, Any]
) -> Adjustment:
    totals = lines.exclude(variance=0).aggregate(
        count=Count("pk"), net=Sum("variance_value"), gross=Sum(Abs("variance_value"))
    )
    adjustment = Adjustment.objects.create(
        run=run,
        number=run.adjustments.count() + 1,
        location=subject.location,
        line_count=totals["count"],
        net_value=round(totals["net"] or Decimal(0), 2),
        gross_value=round(totals["gross"] or Decimal(0), 2),
        **{source.owner: subject.row},
        **decided,
    )
    lines.update(adjustment=adjustment)
    return adjustment


def _enqueue(source: Source, adjustment: Adjustment, subject: Subject) -> None:
    lines = source.lines.objects.filter(adjustment=adjustment).exclude(variance=0).order_by("pk")
    fields = ("item__item_code", "item__netsuite_id", "variance", "unit_cost")
    given = [
        records.AdjustmentLine(item=records.Reference(code, netsuite_id), quantity=variance, unit_cost=cost)
        for code, netsuite_id, variance, cost in lines.values_list(*fields)
    ]
    if not given:
        return
    location = subject.location
    memo = f"{subject.memo}, run {adjustment.run_id}"
    adjustment.push = queue.enqueue(
        record_type=records.INVENTORY_ADJUSTMENT,
        external_id=external_id(adjustment),
        record=records.inventory_adjustment(
            tran_date=subject.on,
            memo=memo,
            account_id=settings.NETSUITE_ADJUSTMENT_ACCOUNT_ID,
            subsidiary_id=settings.NETSUITE_SUBSIDIARY_ID,
            location=records.Reference(location.code, location.netsuite_id),
            lines=given,
        ),
        label=f"{memo}: {adjustment.line_count} lines, net {dollars(adjustment.net_value)}",
        line_count=len(given),
        workflow_run=adjustment.run,
    )
    adjustment.save(update_fields=["push"])


def external_id(adjustment: Adjustment) -> str:
    """Fixed by the run and the batch, so that asking again is asking for the same record."""
    return f"CS-IA-{adjustment.run.correlation_id.hex[:16].upper()}-{adjustment.number}"


def post(source: Source, run: WorkflowRun) -> int:
    """Movements, balances, the event, the journal: one posting for each adjustment. Lines posted so far."""
    subject = source.subject_of(run)
    for adjustment in run.adjustments.filter(posted_at=None).order_by("number"):
        ledger.post_adjustment(adjustment)
        reach(Failpoint.WHILE_POSTING)
        _record(adjustment, subject)
    return run.adjustments.aggregate(lines=Sum("line_count"))["lines"] or 0


def _record(adjustment: Adjustment, subject: Subject) -> None:
    """The fact, the story and the audit entry of one posting."""
    decided_by = adjustment.guardrail or str(adjustment.approved_by)
    facts = {
        "adjustment": str(adjustment),
        **subject.facts,
        "lines": adjustment.line_count,
        "net_value": f"{adjustment.net_value:.2f}",
        "gross_value": f"{adjustment.gross_value:.2f}",
        "approved_by": decided_by,
        "external_id": adjustment.push.external_id if adjustment.push else "",
    }
    Event.objects.create(
        name="inventory.adjusted", subject=subject.event_subject, payload=facts, workflow_run=adjustment.run
    )
    JournalEntry.objects.create(
        workflow_run=adjustment.run,
        entity_type=subject.entity_type,
        entity_id=str(subject.entity_id),
        outcome="adjusted",
        tags="inventory_adjustment",
        narrative=f"{adjustment.line_count} lines of {subject.name} were adjusted by net "
        f"{dollars(adjustment.net_value)} (gross {dollars(adjustment.gross_value)}), decided by {decided_by}.",
    )
    audit.append(
        actor=adjustment.approved_by,
        actor_name=decided_by,
        verb="inventory.adjusted",
        entity_ref=f"adjustment:{adjustment.pk}",
        details=facts,
    )
