"""Steps 7 to 10 of the contract, its post actions, and its verify checks."""

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.db.models import Count, Q, Sum
from django.db.models.functions import Abs

from approvals.contract import CheckResult, Done, Skipped, StepResult, passed_if
from approvals.mail.drafting import propose_email
from approvals.models import JournalEntry, RunStep, WorkflowRun
from approvals.money import dollars
from inventory.counting.assemblies import recompute_assembly_cost_rollup
from inventory.counting.gate import COUNT
from inventory.models import CountLine, CountSheet, Item
from inventory.variance import verifying

SUMMARY_TEMPLATE = "weekly_variance_summary"
Classification = CountLine.Classification


def cache_keys(zone_id: int) -> list[str]:
    return [f"inventory:zone:{zone_id}", "inventory:summary"]


def kv_invalidate_inventory_step(run: WorkflowRun) -> StepResult:
    """`kv_invalidate_inventory`: after the commit, so that nobody caches what is about to change."""
    keys = cache_keys(run.inputs["zone_id"])
    transaction.on_commit(lambda: cache.delete_many(keys), robust=True)
    return Done(f"Invalidated {', '.join(keys)}.")


def variance_summary_notify_step(run: WorkflowRun) -> StepResult:
    """`variance_summary_notify`: an e-mail draft to the warehouse, sent only after its own approval."""
    sheet = CountSheet.objects.select_related("zone").get(run=run)
    draft = propose_email(
        mailbox=settings.WAREHOUSE_MAILBOX,
        template=SUMMARY_TEMPLATE,
        subject=f"Count of {sheet.zone}: {summary_line(sheet)}",
        body=summary_body(sheet),
        run=run,
        entity_ref=f"run:{run.pk}:{SUMMARY_TEMPLATE}",
    )
    return Done(f"Draft “{draft.payload['subject']}” waits for approval.")


def summary_line(sheet: CountSheet) -> str:
    tally = tally_of(sheet)
    return f"{tally['counted']} counted, {tally['differing']} differing, net {dollars(sheet.net_value)}"


def summary_body(sheet: CountSheet) -> str:
    tally = tally_of(sheet)
    valued = sheet.lines.exclude(variance=0).exclude(variance_value=None).select_related("item")
    lines = valued.order_by(Abs("variance_value").desc(), "pk")[:10]
    rows = [
        f"  {line.item.item_code:<16}{line.variance:>+12.3f} {line.item.unit:<8}{dollars(line.variance_value):>14}  "
        f"{line.get_decision_display()}  {line.suggested_reason}"
        for line in lines
    ]
    return "\n".join(
        [
            f"Count {sheet.code} of zone {sheet.zone}, counted {sheet.counted_at:%Y-%m-%d %H:%M} UTC.",
            "",
            f"{tally['counted']} lines counted: {tally['matched']} match, {tally['adjusted']} adjusted, "
            f"{tally['rejected']} rejected. Not counted: {tally['not_counted']}.",
            f"Variance: net {dollars(sheet.net_value)}, gross {dollars(sheet.gross_value)}.",
            "",
            *(["The largest differences:", *rows] if rows else ["Nothing differed. Thank you."]),
        ]
    )


def tally_of(sheet: CountSheet) -> dict[str, int]:
    standing = sheet.lines.exclude(decision=CountLine.Decision.RECOUNT)  # a recount stands for its first count
    tally = standing.aggregate(
        lines_counted=Count("pk", filter=Q(counted__isnull=False)),
        matched=Count("pk", filter=Q(classification=Classification.MATCH)),
        differing=Count("pk", filter=Q(variance__isnull=False) & ~Q(variance=0)),
        adjusted=Count("pk", filter=Q(adjustment__isnull=False)),
        rejected=Count("pk", filter=Q(decision=CountLine.Decision.REJECTED)),
        not_counted=Count("pk", filter=Q(counted=None, count_number=1)),
    )
    return {"counted": tally.pop("lines_counted"), **tally}


def recompute_cost_basis_step(run: WorkflowRun) -> StepResult:
    """`recompute_cost_basis`: IF any_adjusted_item IN assembly_bom, roll the assemblies' costs up again."""
    adjusted = Item.objects.filter(count_lines__adjustment__run=run, used_in__isnull=False).distinct()
    if not adjusted.exists():
        return Skipped("No adjusted item is part of an assembly.")
    changed, looked_at = recompute_assembly_cost_rollup(adjusted)
    return Done(f"{looked_at} assemblies looked at, {changed} costs changed.")


def reflexion_write_step(run: WorkflowRun) -> StepResult:
    """`reflexion_write`: INSERT INTO reflexion_log, the story of the sheet."""
    sheet = CountSheet.objects.select_related("zone").get(run=run)
    tally = tally_of(sheet)
    JournalEntry.objects.get_or_create(
        workflow_run=run,
        tags="inventory,cycle_count,variance",
        defaults={
            "entity_type": "inventory_zone",
            "entity_id": str(sheet.zone_id),
            "outcome": "counted",
            "narrative": f"{sheet.zone} was counted on sheet {sheet.code} by {sheet.counted_by or 'the API'}: "
            f"{summary_line(sheet)}. {tally['adjusted']} lines adjusted, {tally['rejected']} rejected. "
            f"{sheet.guardrail_note}.",
        },
    )
    return Done("Journal written.")


# -- post actions ----------------------------------------------------------------------------------------------


def log_run(run: WorkflowRun) -> None:
    """`log_run`: the run row itself is workflow_run_log; this fills its summary."""
    sheet = CountSheet.objects.get(run=run)
    run.summary = {
        **tally_of(sheet),
        "net_value": f"{sheet.net_value or 0:.2f}",
        "gross_value": f"{sheet.gross_value or 0:.2f}",
        "pushes": run.adjustments.exclude(push=None).count(),
    }
    run.save(update_fields=["summary"])


def reflexion(run: WorkflowRun) -> None:
    """`reflexion`: INSERT reflexion_log with tags=inventory,cycle_count: how the run itself went."""
    steps = run.steps.exclude(status=RunStep.Status.SKIPPED).count()
    retried = run.steps.aggregate(failures=Sum("attempts"))["failures"] or 0
    JournalEntry.objects.create(
        workflow_run=run,
        entity_type="workflow_run",
        entity_id=str(run.pk),
        outcome="completed",
        tags="inventory,cycle_count",
        narrative=f"{run.subject} completed: {steps} steps ran, {retried} attempts failed on the way, "
        f"{len(run.warnings)} warnings were shown.",
    )


# -- verify checks: this run's own rows ------------------------------------------------------------------------


def counts_logged(run: WorkflowRun) -> CheckResult:
    """Expected: n > 0."""
    n = CountLine.objects.filter(sheet__run=run, counted__isnull=False).count()
    return passed_if(n > 0, f"n = {n}")


def adjustments_pushed(run: WorkflowRun) -> CheckResult:
    """Expected: n >= staged_count."""
    return verifying.adjustments_pushed(COUNT, run)


def balances_updated(run: WorkflowRun) -> CheckResult:
    """Expected: n >= staged_count, where n counts balances dated by this run or a later count."""
    sheet = CountSheet.objects.select_related("zone").get(run=run)
    posted = CountLine.objects.filter(sheet=sheet, adjustment__posted_at__isnull=False).exclude(variance=0)
    n = posted.filter(
        item__balances__location=sheet.zone.location_id, item__balances__last_counted_at__gte=sheet.counted_at
    ).count()
    staged = verifying.staged_count(COUNT, run)
    return passed_if(n >= staged, f"n = {n}, staged_count = {staged}")
