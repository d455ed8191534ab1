"""What follows a sync: posting, caches, the word to the manager, alerts, the journal, and the verify checks."""

from decimal import Decimal

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.db.models import Count, Q, Sum
from django.db.models.functions import Abs
from django.utils import timezone

from approvals.alerts import raise_alert, resolve_alert
from approvals.clock import now
from approvals.contract import CheckResult, Done, Skipped, StepResult, passed_if
from approvals.mail.drafting import propose_email
from approvals.models import JournalEntry, WorkflowRun
from approvals.money import dollars
from inventory.excel.gate import EXCEL, named
from inventory.excel.morning import told_today
from inventory.models import Balance, ExcelSync, SyncLine
from inventory.stock.incidents import note_shortfalls
from inventory.variance import posting, verifying

SUMMARY_TEMPLATE = "excel_sync_summary"
SHOWN = 20
Outcome = SyncLine.Classification
IN_WORDS = {
    Outcome.ALERT: ("blocked", "blocked"),
    Outcome.REVIEW: ("to review", "to review"),
    Outcome.MISSING_HERE: ("not kept here", "not kept here"),
    Outcome.NEW_ITEM: ("new item", "new items"),
    Outcome.MISSING_THERE: ("missing in the file", "missing in the file"),
    Outcome.REFUSED: ("row refused", "rows refused"),
}
"""Outcomes that somebody should hear of, worst first: one row, several rows."""


def ns_push_adjustments_step(run: WorkflowRun) -> StepResult:
    """`ns_push_adjustments`: one adjustment per decided batch, one NetSuite push for each."""
    return posting.queue_pushes(EXCEL, run)


def d1_update_balances_step(run: WorkflowRun) -> StepResult:
    """`d1_update_balances`: movements, balances, the event, the journal: one posting each. Nothing is clamped."""
    changed = posting.post(EXCEL, run)
    sync = ExcelSync.objects.select_related("location").get(run=run)
    posted = Balance.objects.filter(location=sync.location, item__sync_lines__adjustment__run=run).order_by()
    rows = posted.distinct().values_list("item", "quantity_reserved", "quantity_on_hand")
    note_shortfalls(sync.location, {item: reserved - on_hand for item, reserved, on_hand in rows}, now())
    return Done(f"{changed} balances changed.")


def kv_invalidate_inventory_step(run: WorkflowRun) -> StepResult:
    """`kv_invalidate_inventory`: after the commit, so that nobody caches what is about to change."""
    zones = ExcelSync.objects.get(run=run).location.zones.values_list("pk", flat=True)
    keys = ["inventory:summary", *(f"inventory:zone:{pk}" for pk in zones)]
    transaction.on_commit(lambda: cache.delete_many(keys), robust=True)
    return Done(f"Invalidated {len(keys)} keys.")


# -- the word to the manager ----------------------------------------------------------------------------------


def manager_summary_step(run: WorkflowRun) -> StepResult:
    """`manager_summary`: alerts, and an e-mail draft when anything is pending; sent only after its own approval."""
    sync = ExcelSync.objects.select_related("location", "upload", "submitted_by").get(run=run)
    _raise_alerts(sync)
    told_today(sync)
    if not any(sync.tally.get(outcome) for outcome in IN_WORDS):
        return Skipped("Nothing is pending, so nobody is written to.")
    draft = propose_email(
        mailbox=settings.INVENTORY_MANAGER_MAILBOX,
        template=SUMMARY_TEMPLATE,
        subject=f"{named(sync)} at {sync.location.code}: {pending_line(sync)}"[:200],
        body=summary_body(sync),
        run=run,
        entity_ref=f"run:{run.pk}:{SUMMARY_TEMPLATE}",
    )
    return Done(f"Draft “{draft.payload['subject']}” waits for approval.")


def _raise_alerts(sync: ExcelSync) -> None:
    where = f"/admin/inventory/excelsync/{sync.pk}/change/"
    blocked, missing = sync.tally.get(Outcome.ALERT, 0), sync.tally.get(Outcome.MISSING_THERE, 0)
    if blocked:
        raise_alert(
            key=f"sync-{sync.pk}-alert",
            severity="critical",
            message=f"Rows of {named(sync)} at {sync.location.code} that differ by more than the alert limit: "
            f"{blocked}. Each is blocked until somebody approves it.",
            link=f"{where}?outcome=alert",
        )
    if missing:
        raise_alert(
            key=f"sync-missing-{sync.location_id}",
            severity="critical",
            message=f"Items kept by Excel at {sync.location.code} that are not in the workbook: {missing}. Each was "
            "left as it is: add its row, or count it.",
            link=f"{where}?outcome=missing_there",
        )
    else:
        resolve_alert(key=f"sync-missing-{sync.location_id}")


def pending_line(sync: ExcelSync) -> str:
    """`1 blocked, 3 to review, 2 missing in the file`, or `nothing is pending`."""
    found = [(sync.tally.get(outcome, 0), words) for outcome, words in IN_WORDS.items()]
    return ", ".join(f"{number:,} {words[number != 1]}" for number, words in found if number) or "nothing is pending"


def summary_body(sync: ExcelSync) -> str:
    pending = sync.lines.filter(classification__in=list(IN_WORDS))
    by_size = pending.order_by(Abs("variance_value").desc(nulls_last=True), "pk")
    rows = [
        f"  {line.item_code:<16}{_number(line.counted):>10} in the workbook {_number(line.expected):>10} here  "
        f"{line.get_classification_display()}: {line.suggested_reason or line.why}"
        for line in by_size[:SHOWN]
    ]
    more = max(0, pending.count() - len(rows))
    when = timezone.localtime(sync.as_of)
    tally = ", ".join(f"{number:,} {Outcome(kind).label.lower()}" for kind, number in sync.tally.items())
    return "\n".join(
        [
            f"{named(sync)} at {sync.location}, as of {when:%Y-%m-%d %H:%M}.",
            "",
            f"{tally}.",
            f"Differences: net {dollars(sync.net_value)}, gross {dollars(sync.gross_value)}.",
            "",
            *rows,
            *([f"  ... and {more:,} more: see the sync's page."] if more else []),
        ]
    )


def _number(quantity: Decimal | None) -> str:
    return "-" if quantity is None else f"{quantity.normalize():f}"


# -- the end of the run ---------------------------------------------------------------------------------------


def tally_of(sync: ExcelSync) -> dict[str, int]:
    found: dict[str, int] = sync.lines.aggregate(
        adjusted=Count("pk", filter=Q(adjustment__isnull=False)),
        rejected=Count("pk", filter=Q(decision=SyncLine.Decision.REJECTED)),
        flagged=Count("pk", filter=Q(is_flagged=True)),
    )
    return {**sync.tally, **found}


def reflexion_write_step(run: WorkflowRun) -> StepResult:
    """`reflexion_write`: the story of the sync; the alert about blocked rows is over when they are decided."""
    sync = ExcelSync.objects.select_related("location", "upload", "submitted_by").get(run=run)
    resolve_alert(key=f"sync-{sync.pk}-alert")
    tally = tally_of(sync)
    JournalEntry.objects.get_or_create(
        workflow_run=run,
        tags="inventory,excel_sync,variance",
        defaults={
            "entity_type": "inventory_location",
            "entity_id": str(sync.location_id),
            "outcome": "synced",
            "narrative": f"{named(sync)} was compared with {sync.location} by {sync.submitted_by or 'the schedule'}: "
            f"{pending_line(sync)}; {tally['adjusted']} adjusted, {tally['rejected']} rejected. "
            f"{sync.guardrail_note}.",
        },
    )
    return Done("Journal written.")


def log_run(run: WorkflowRun) -> None:
    """`log_run`: the run row itself is workflow_run_log; this fills its summary."""
    sync = ExcelSync.objects.get(run=run)
    run.summary = {
        **tally_of(sync),
        "net_value": f"{sync.net_value or 0:.2f}",
        "gross_value": f"{sync.gross_value or 0:.2f}",
        "pushes": run.adjustments.exclude(push=None).count(),
    }
    run.save(update_fields=["summary"])


# -- verify checks: this run's own rows -----------------------------------------------------------------------


def rows_accounted(run: WorkflowRun) -> CheckResult:
    """Expected: rows in = rows accounted for, over all sheets of the workbook."""
    sync = ExcelSync.objects.get(run=run)
    rows_in = sum(sheet["rows_in"] for sheet in sync.sheets)
    found = sync.lines.aggregate(rows=Sum("rows"))["rows"] or 0
    return passed_if(found == rows_in, f"rows in = {rows_in}, accounted for = {found}")


def adjustments_pushed(run: WorkflowRun) -> CheckResult:
    """Expected: n >= staged_count."""
    return verifying.adjustments_pushed(EXCEL, run)


def balances_updated(run: WorkflowRun) -> CheckResult:
    """Expected: n >= staged_count."""
    return verifying.lines_on_ledger(EXCEL, run)
