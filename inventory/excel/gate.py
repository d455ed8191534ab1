"""A workbook as a source of differences: what the gate and the posting ask of it."""

from collections.abc import Iterable
from decimal import Decimal

from django.utils import timezone

from approvals.contract import StepResult
from approvals.models import ProposedAction, WorkflowRun
from approvals.operations import wake
from approvals.withdrawals import withdraw
from inventory.excel import limits
from inventory.excel.comparing import TO_PEOPLE
from inventory.excel.ledger_side import expected_with_unentered
from inventory.excel.tiers import Tier, judge_difference
from inventory.models import ExcelSync, SyncLine
from inventory.variance import gate
from inventory.variance.guardrails import Verdict
from inventory.variance.source import Source, Subject

ENVELOPE = "workflow_excel_sync"
ADJUSTMENT = "excel_adjustment"
SIGN_OFF = "excel_sync_approval"
Outcome = SyncLine.Classification
Status = ProposedAction.Status


def subject_of(run: WorkflowRun) -> Subject:
    return subject(ExcelSync.objects.select_related("location", "upload", "submitted_by").get(run=run))


def subject(sync: ExcelSync) -> Subject:
    location, when = sync.location, timezone.localtime(sync.as_of)
    return Subject(
        row=sync,
        location=location,
        name=location.code,
        title=f"{named(sync)} at {location.code}, as of {when:%b %d, %H:%M}",
        memo=f"Excel sync {sync.pk}, {location.code}",
        on=when.date(),
        entity_type="inventory_location",
        entity_id=location.pk,
        event_subject=f"location:{location.pk}",
        payload={"location": location.code, "sync_id": sync.pk},
        facts={"sync": sync.pk, "location": location.code, "source": sync.source},
        participants=(sync.submitted_by_id,) if sync.submitted_by_id else (),
    )


def named(sync: ExcelSync) -> str:
    """What was compared, in a person's words."""
    if sync.source == ExcelSync.Source.ANSWER:
        return f"What {sync.submitted_by} found"
    return f"Workbook {sync.upload.file_name}" if sync.upload else f"Sync {sync.pk}"


def judge_again(line: SyncLine, expected: Decimal) -> tuple[Verdict, str]:
    found = judge_difference(
        line.counted or Decimal(0),
        expected,
        line.unit_cost,
        adjust=limits.limits(limits.LINE),
        alert=limits.limits(limits.ALERT),
    )
    small = found.tier in {Tier.MATCH, Tier.ADJUST}
    stands = small or (line.is_flagged and found.tier is Tier.REVIEW and found.by_units_alone)
    kind = Outcome.ALERT if found.tier is Tier.ALERT else Outcome.REVIEW
    return Verdict(stands, found.why), kind.value


EXCEL = Source(
    owner="sync",
    lines=SyncLine,
    line_link="sync_line",
    envelope=ENVELOPE,
    adjustment=ADJUSTMENT,
    sign_off=SIGN_OFF,
    to_people=tuple(outcome.value for outcome in TO_PEOPLE),
    says="Excel says",
    what="the sync",
    guardrail=lambda: limits.limits(limits.LINE).label,
    subject_of=subject_of,
    judge_again=judge_again,
    expected=expected_with_unentered,
)


def stage_differences_step(run: WorkflowRun) -> StepResult:
    """`stage_differences`: the envelope, and one proposal per row that needs a person; older ones are withdrawn."""
    sync = ExcelSync.objects.get(run=run)
    supersede(sync)
    return gate.stage(EXCEL, run)


def supersede(sync: ExcelSync) -> int:
    """Withdraw what earlier syncs still ask about items that this one speaks of: its word is newer."""
    stated = SyncLine.objects.filter(sync=sync, counted__isnull=False).order_by().values_list("item_id", flat=True)
    older = SyncLine.objects.filter(
        sync__location=sync.location_id, sync__lt=sync.pk, proposed_action__status=Status.PENDING
    )
    rows = older.filter(item__any_of=list(stated)).order_by("sync_id", "pk")
    found = list(rows.values_list("proposed_action_id", "sync__run_id"))
    if not found:
        return 0
    _lock(run_id for _, run_id in found)
    why = f"{named(sync)} is newer; what it says of this item is in sync {sync.pk}."
    withdrawn = withdraw({pk: why for pk, _ in found})
    for run_id in sorted({run_id for _, run_id in found if run_id}):
        _withdraw_empty_sign_off(run_id, why)
        wake(run_id)
    return withdrawn


def _lock(runs: Iterable[int | None]) -> None:
    """Runs, then envelopes, each in order: as the gate does."""
    ids = sorted({pk for pk in runs if pk})
    list(WorkflowRun.objects.select_for_update().filter(pk__in=ids).order_by("pk").values_list("pk"))
    envelopes = ProposedAction.objects.select_for_update().filter(workflow_run__in=ids, action_type=ENVELOPE)
    list(envelopes.order_by("pk").values_list("pk"))


def _withdraw_empty_sign_off(run_id: int, why: str) -> None:
    actions = ProposedAction.objects.filter(workflow_run=run_id)
    if not actions.filter(action_type=ADJUSTMENT, status__in=[Status.PENDING, Status.APPROVED]).exists():
        open_ones = actions.filter(action_type=SIGN_OFF, status=Status.PENDING)
        withdraw(dict.fromkeys(open_ones.values_list("pk", flat=True), why))


def hitl_approve_step(run: WorkflowRun) -> StepResult:
    """`hitl_approve`: waits until every proposed row is decided, and a second person has signed where one must."""
    return gate.wait_for_decisions(EXCEL, run)
