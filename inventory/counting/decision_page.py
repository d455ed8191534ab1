"""What the approver sees beside the numbers: the sheet, each line's last movements and earlier counts."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import F, Window
from django.db.models.functions import RowNumber
from django.urls import reverse
from django.utils import timezone

from approvals.models import WorkflowRun
from approvals.money import dollars
from approvals.templatetags.figures import quantity, signed
from inventory.counting import limits
from inventory.counting.gate import COUNT, awaiting_recount
from inventory.models import CountLine, CountSheet
from inventory.stock.second_person import SECOND_APPROVAL
from inventory.variance.decision_rows import SHOWN, by_item, decision_rows, lines_shown
from inventory.variance.gate import needs_second


def lines_page(page: Any) -> dict[str, Any]:
    """Facts about the sheet, and a row for each line shown, in a constant number of queries."""
    sheet = CountSheet.objects.select_related("zone__location", "counted_by", "run").get(run=page.action.workflow_run)
    return {**sheet_facts(sheet), "says": "Counted", "earlier_what": "counts", "rows": _rows(sheet, page)}


def sign_off_page(page: Any) -> dict[str, Any]:
    sheet = CountSheet.objects.select_related("zone__location", "counted_by", "run").get(run=page.action.workflow_run)
    approved = sheet.lines.filter(decision=CountLine.Decision.APPROVED).select_related(
        "item", "proposed_action__decided_by"
    )
    return {**sheet_facts(sheet), "says": "Counted", "approved": approved.order_by("item__item_code")}


def sheet_facts(sheet: CountSheet) -> dict[str, Any]:
    fact = lambda name, value, strong=False: {"name": name, "value": value, "strong": strong}  # noqa: E731
    return {
        "sheet": sheet,
        "facts": [
            fact("Zone", str(sheet.zone)),
            fact("Sheet", sheet.code),
            fact("Counted by", str(sheet.counted_by or "API")),
            fact("Counted at", f"{timezone.localtime(sheet.counted_at):%b %d, %H:%M}" if sheet.counted_at else "–"),
            fact("Gross variance", dollars(sheet.gross_value), True),
            fact("Net variance", dollars(sheet.net_value), True),
            fact("Zone value", dollars(sheet.zone_value)),
        ],
        "guardrails": sheet.guardrail_note,
        "notices": list(_notices(sheet.run)) if sheet.run else [],
        "links": [
            {
                "url": reverse("admin:inventory_countsheet_change", args=[sheet.pk]),
                "text": f"Sheet {sheet.code}",
            },
        ],
    }


def _notices(run: WorkflowRun) -> Iterable[str]:
    if needs_second(COUNT, run):
        limit = limits.limits(SECOND_APPROVAL)
        yield (
            f"The gross variance is above {dollars(limit.value)} ({limit.label}): after the lines are decided, "
            "a second person must sign the count off before anything posts."
        )
    recounts = awaiting_recount(run).count()
    if recounts:
        yield f"{recounts} recount(s) are still to be entered on the sheet."


def _rows(sheet: CountSheet, page: Any) -> list[dict[str, Any]]:
    lines = lines_shown(COUNT, page)
    earlier = _earlier_counts(sheet, {line.item_id: line.pk for line in lines.values()})
    return decision_rows(page, lines, sheet.zone.location, earlier)


def _earlier_counts(sheet: CountSheet, shown: Mapping[int, int]) -> dict[int, list[str]]:
    """What was counted of these items before; `shown` is {item id: the line on the page}."""
    ranked = CountLine.objects.filter(
        item__any_of=shown, sheet__zone__location=sheet.zone.location, counted__isnull=False
    ).annotate(rank=Window(RowNumber(), partition_by=F("item"), order_by=[F("counted_at").desc(), F("pk").desc()]))
    found = by_item(ranked.filter(rank__lte=SHOWN + 1).order_by("item", "rank"))
    return {item_id: [_told(line) for line in lines if line.pk != shown[item_id]] for item_id, lines in found.items()}


def _told(line: CountLine) -> str:
    when = timezone.localtime(line.counted_at)
    return f"{when:%b} {when.day} counted {quantity(line.counted)} ({signed(line.variance)})"
