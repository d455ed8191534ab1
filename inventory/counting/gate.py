"""A count as a source of differences: what the gate and the posting ask of it, and the recounts only a count has."""

from decimal import Decimal

from django.db.models import QuerySet
from django.utils import timezone

from approvals.contract import StepResult
from approvals.models import ProposedAction, WorkflowRun
from approvals.operations import Decision
from inventory.counting import limits
from inventory.models import CountLine, CountSheet
from inventory.variance import gate
from inventory.variance.guardrails import Verdict, judge_line
from inventory.variance.source import Source, Subject

ENVELOPE = "workflow_inventory_reconciliation"
ADJUSTMENT = "inventory_adjustment"
SIGN_OFF = "inventory_adjustment_approval"
Classification = CountLine.Classification


def subject_of(run: WorkflowRun) -> Subject:
    return subject(CountSheet.objects.select_related("zone__location").get(run=run))


def subject(sheet: CountSheet) -> Subject:
    zone = sheet.zone
    return Subject(
        row=sheet,
        location=zone.location,
        name=str(zone),
        title=f"Count of {zone}, sheet {sheet.code}",
        memo=f"Cycle count {sheet.code}, zone {zone.code}",
        on=timezone.localdate(sheet.counted_at),
        entity_type="inventory_zone",
        entity_id=zone.pk,
        event_subject=f"zone:{zone.pk}",
        payload={"zone_id": zone.pk},
        facts={"sheet": sheet.code, "zone": str(zone)},
        participants=(sheet.counted_by_id,) if sheet.counted_by_id else (),
    )


def judge_again(line: CountLine, expected: Decimal) -> tuple[Verdict, str]:
    verdict = judge_line(line.counted or Decimal(0), expected, line.unit_cost, limits.limits(limits.LINE))
    return verdict, Classification.NEEDS_REVIEW.value


def awaiting_recount(run: WorkflowRun) -> QuerySet[CountLine]:
    return CountLine.objects.filter(sheet__run=run, count_number__gt=1, counted=None)


def ask_recounts(actions: list[ProposedAction], decision: Decision) -> None:
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


COUNT = Source(
    owner="sheet",
    lines=CountLine,
    line_link="count_line",
    envelope=ENVELOPE,
    adjustment=ADJUSTMENT,
    sign_off=SIGN_OFF,
    to_people=(Classification.NEEDS_REVIEW,),
    says="counted",
    what="the count",
    guardrail=lambda: limits.limits(limits.LINE).label,
    subject_of=subject_of,
    judge_again=judge_again,
    still_to_come=lambda run: awaiting_recount(run).count(),
    send_back=ask_recounts,
)


def stage_adjustments_step(run: WorkflowRun) -> StepResult:
    """`stage_adjustments`: the envelope, and one proposed action per line that needs review."""
    return gate.stage(COUNT, run)


def hitl_approve_step(run: WorkflowRun) -> StepResult:
    """`hitl_approve`: the run-level sign-off. Waits until every line is decided and the run is signed off."""
    return gate.wait_for_decisions(COUNT, run)
