"""Steps 5 and 6 of the contract: what is decided goes to the NetSuite queue and onto the ledger, together.

The engine runs both in one transaction for each decided batch: the lines within guardrail at once, then what each
approver approved. Nothing external happens here; the push row is what the drain will send.
"""

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import Abs
from django.utils import timezone

from approvals import audit
from approvals.contract import Done, Skipped, StepResult, Waiting
from approvals.failpoints import Failpoint, reach
from approvals.models import Event, JournalEntry, ProposedAction, RunStep, WorkflowRun
from approvals.money import dollars
from inventory.counting import limits
from inventory.counting.gate import ADJUSTMENT, open_question, sign_off_of
from inventory.counting.returning import return_moved_lines
from inventory.models import Adjustment, CountLine, CountSheet
from inventory.stock import ledger
from netsuite import queue, records


def ns_push_adjustments_step(run: WorkflowRun) -> StepResult:
    """`ns_push_adjustments`: one adjustment per decided batch, one NetSuite push for each."""
    sheet = CountSheet.objects.select_related("zone__location").get(run=run)
    returned = return_moved_lines(run, sheet)
    for lines, decided in _batches(run, sheet):
        adjustment = _open_adjustment(run, sheet, lines, decided)
        _enqueue(adjustment)
    gate_is_over = run.steps.filter(name="hitl_approve", status__in=RunStep.FINAL).exists()
    question = open_question(run) if returned or gate_is_over else ""
    if question:
        return Waiting(f"The record changed before posting: {question}")
    total = run.adjustments.aggregate(lines=Sum("line_count"), pushes=Count("push"))
    if not total["lines"]:
        return Skipped("Nothing was adjusted.")
    return Done(f"{total['lines']} lines in {total['pushes']} NetSuite push(es).")


def _batches(run: WorkflowRun, sheet: CountSheet) -> list[tuple[QuerySet[CountLine], dict[str, Any]]]:
    """Decided lines that are in no adjustment yet, by who decided: the guardrail, then each approver."""
    waiting = CountLine.objects.filter(sheet=sheet, adjustment=None)
    batches: list[tuple[QuerySet[CountLine], dict[str, Any]]] = []
    within = waiting.filter(decision=CountLine.Decision.GUARDRAIL)
    if within.exists():
        batches.append((within, {"guardrail": limits.limits(limits.LINE).label}))
    sign_off = sign_off_of(run)
    approved = waiting.filter(decision=CountLine.Decision.APPROVED)
    if sign_off and sign_off.status == ProposedAction.Status.APPROVED:
        for approver_id, ids in _by_approver(run, approved).items():
            lines = CountLine.objects.filter(pk__any_of=ids)
            batches.append((lines, {"approved_by_id": approver_id, "sign_off": sign_off}))
    return batches


def _by_approver(run: WorkflowRun, approved: QuerySet[CountLine]) -> dict[int | None, list[int]]:
    """{approver id: line ids}. Two plain reads: right after a large count PostgreSQL has no statistics of these rows
    yet, takes the join of the two tables for tiny, and needs 8 s for 10,000 lines."""
    decided_by = dict(run.proposed_actions.filter(action_type=ADJUSTMENT).order_by().values_list("pk", "decided_by"))
    batches: dict[int | None, list[int]] = {}
    for pk, action_id in approved.order_by().values_list("pk", "proposed_action"):
        batches.setdefault(decided_by[action_id], []).append(pk)
    return batches


def _open_adjustment(
    run: WorkflowRun, sheet: CountSheet, lines: QuerySet[CountLine], decided: dict[str, Any]
) -> Adjustment:
    totals = lines.exclude(variance=0).aggregate(
        count=Count("pk"), net=Sum("variance_value"), gross=Sum(Abs("variance_value"))
    )
    adjustment = Adjustment.objects.create(
        run=run,
        sheet=sheet,
        number=run.adjustments.count() + 1,
        location=sheet.zone.location,
        line_count=totals["count"],
        net_value=round(totals["net"] or Decimal(0), 2),
        gross_value=round(totals["gross"] or Decimal(0), 2),
        **decided,
    )
    lines.update(adjustment=adjustment)
    return adjustment


def _enqueue(adjustment: Adjustment) -> None:
    lines = adjustment.lines.exclude(variance=0).order_by("pk")
    fields = ("item__item_code", "item__netsuite_id", "variance", "unit_cost")
    given = [
        records.AdjustmentLine(item=records.Reference(code, netsuite_id), quantity=variance, unit_cost=cost)
        for code, netsuite_id, variance, cost in lines.values_list(*fields)
    ]
    if not given:
        return
    sheet, location = adjustment.sheet, adjustment.location
    memo = f"Cycle count {sheet.code}, zone {sheet.zone.code}, run {adjustment.run_id}"
    adjustment.push = queue.enqueue(
        record_type=records.INVENTORY_ADJUSTMENT,
        external_id=external_id(adjustment),
        record=records.inventory_adjustment(
            tran_date=timezone.localdate(sheet.counted_at),
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


def d1_update_balances_step(run: WorkflowRun) -> StepResult:
    """`d1_update_balances`: movements, balances, `last_counted_at`, the event, the journal: one posting each."""
    sheet = CountSheet.objects.select_related("zone__location").get(run=run)
    matched = ledger.stamp_matched(sheet)
    for adjustment in run.adjustments.filter(posted_at=None).order_by("number"):
        ledger.post_adjustment(adjustment)
        reach(Failpoint.WHILE_POSTING)
        _record(adjustment)
    posted = run.adjustments.aggregate(lines=Sum("line_count"))["lines"] or 0
    detail = f"{posted} balances changed"
    return Done(detail + (f", {matched} matched lines dated as counted." if matched else "."))


def _record(adjustment: Adjustment) -> None:
    """The fact, the story and the audit entry of one posting."""
    sheet = adjustment.sheet
    decided_by = adjustment.guardrail or str(adjustment.approved_by)
    facts = {
        "adjustment": str(adjustment),
        "sheet": sheet.code,
        "zone": str(sheet.zone),
        "lines": adjustment.line_count,
        "net_value": f"{adjustment.net_value:.2f}",
        "gross_value": f"{adjustment.gross_value:.2f}",
        "approved_by": decided_by,
        "external_id": adjustment.push.external_id if adjustment.push else "",
    }
    Event.objects.create(
        name="inventory.adjusted", subject=f"zone:{sheet.zone_id}", payload=facts, workflow_run=adjustment.run
    )
    JournalEntry.objects.create(
        workflow_run=adjustment.run,
        entity_type="inventory_zone",
        entity_id=str(sheet.zone_id),
        outcome="adjusted",
        tags="inventory_adjustment",
        narrative=f"{adjustment.line_count} lines of {sheet.zone} were adjusted by net {dollars(adjustment.net_value)} "
        f"(gross {dollars(adjustment.gross_value)}), decided by {decided_by}.",
    )
    audit.append(
        actor=adjustment.approved_by,
        actor_name=decided_by,
        verb="inventory.adjusted",
        entity_ref=f"adjustment:{adjustment.pk}",
        details=facts,
    )
