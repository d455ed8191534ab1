"""What the approver sees beside the numbers: the workbook, each row's last movements and what workbooks said before."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import F, Window
from django.db.models.functions import RowNumber
from django.urls import reverse
from django.utils import timezone

from approvals.models import WorkflowRun
from approvals.money import dollars
from approvals.templatetags.figures import quantity, signed
from inventory.excel.gate import EXCEL, named
from inventory.models import ExcelSync, SyncLine
from inventory.variance.decision_rows import SHOWN, by_item, decision_rows, lines_shown
from inventory.variance.gate import needs_second

WORDS = {"says": "In Excel", "earlier_what": "syncs"}


def lines_page(page: Any) -> dict[str, Any]:
    """Facts about the sync, and a row for each line shown, in a constant number of queries."""
    sync, lines = _sync(page), lines_shown(EXCEL, page)
    earlier = _earlier_syncs(sync, {line.item_id: line.pk for line in lines.values()})
    return {**sync_facts(sync), **WORDS, "rows": decision_rows(page, lines, sync.location, earlier)}


def sign_off_page(page: Any) -> dict[str, Any]:
    sync = _sync(page)
    approved = sync.lines.filter(decision=SyncLine.Decision.APPROVED).select_related(
        "item", "proposed_action__decided_by"
    )
    return {**sync_facts(sync), **WORDS, "approved": approved.order_by("item_code")}


def _sync(page: Any) -> ExcelSync:
    rows = ExcelSync.objects.select_related("location", "upload", "submitted_by", "run")
    return rows.get(run=page.action.workflow_run)


def sync_facts(sync: ExcelSync) -> dict[str, Any]:
    when = timezone.localtime(sync.as_of)
    named_facts = {
        "Workbook": sync.upload.file_name if sync.upload else sync.get_source_display(),
        "Location": sync.location.code,
        "Brought by": str(sync.submitted_by or "the watched folder"),
        "As of": f"{when:%b %d, %H:%M}",
        "Gross difference": dollars(sync.gross_value),
        "Net difference": dollars(sync.net_value),
    }
    return {
        "facts": [
            {"name": name, "value": value, "strong": "difference" in name} for name, value in named_facts.items()
        ],
        "guardrails": sync.guardrail_note,
        "notices": list(_notices(sync.run)) if sync.run else [],
        "links": [{"url": reverse("admin:inventory_excelsync_change", args=[sync.pk]), "text": named(sync)}],
    }


def _notices(run: WorkflowRun) -> Iterable[str]:
    if needs_second(EXCEL, run):
        yield (
            "The gross difference is above the limit for one signature: after the rows are decided, a second person "
            "must sign the sync off before anything posts."
        )


def _earlier_syncs(sync: ExcelSync, shown: Mapping[int, int]) -> dict[int, list[str]]:
    """What workbooks said of these items before; `shown` is {item id: the line on the page}."""
    ranked = SyncLine.objects.filter(
        item__any_of=shown, sync__location=sync.location_id, counted__isnull=False
    ).annotate(rank=Window(RowNumber(), partition_by=F("item"), order_by=[F("counted_at").desc(), F("pk").desc()]))
    found = by_item(ranked.filter(rank__lte=SHOWN + 1).order_by("item", "rank"))
    return {item_id: [_told(line) for line in lines if line.pk != shown[item_id]] for item_id, lines in found.items()}


def _told(line: SyncLine) -> str:
    when = timezone.localtime(line.counted_at)
    return f"{when:%b} {when.day} said {quantity(line.counted)} ({signed(line.variance)})"
