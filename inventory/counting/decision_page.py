"""What the approver sees beside the numbers: the sheet, each line's last movements and earlier counts."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db.models import F, Window
from django.db.models.functions import RowNumber
from django.urls import reverse
from django.utils import timezone

from approvals.models import ProposedAction, WorkflowRun
from approvals.money import dollars
from inventory.counting import limits
from inventory.counting.gate import COUNT, awaiting_recount
from inventory.models import CountLine, CountSheet, Movement
from inventory.stock.second_person import SECOND_APPROVAL
from inventory.variance.gate import needs_second

SHOWN = 4  # movements and earlier counts a line


def lines_page(page: Any) -> dict[str, Any]:
    """Facts about the sheet, and a row for each line shown, in a constant number of queries."""
    sheet = CountSheet.objects.select_related("zone__location", "counted_by", "run").get(run=page.action.workflow_run)
    return {**sheet_facts(sheet), "rows": _rows(sheet, page)}


def sign_off_page(page: Any) -> dict[str, Any]:
    sheet = CountSheet.objects.select_related("zone__location", "counted_by", "run").get(run=page.action.workflow_run)
    approved = sheet.lines.filter(decision=CountLine.Decision.APPROVED).select_related(
        "item", "proposed_action__decided_by"
    )
    return {**sheet_facts(sheet), "approved": approved.order_by("item__item_code")}


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
    lines = {
        line.proposed_action_id: line
        for line in CountLine.objects.filter(proposed_action__any_of=[a.pk for a in page.shown]).select_related("item")
    }
    item_ids = {line.item_id for line in lines.values()}
    movements, counts = _last_movements(sheet, item_ids), _earlier_counts(sheet, item_ids)
    return [
        _row(action, lines[action.pk], page.live.get(action.pk, {}), movements, counts)
        for action in page.shown
        if action.pk in lines
    ]


def _row(
    action: ProposedAction,
    line: CountLine,
    live: dict[str, Any],
    movements: dict[int, list[Movement]],
    counts: dict[int, list[CountLine]],
) -> dict[str, Any]:
    variance = Decimal(live.get("variance") or 0)
    return {
        "action": action,
        "line": line,
        "live": live,
        "direction": "is-more" if variance > 0 else "is-less",
        "movements": movements[line.item_id],
        "counts": [count for count in counts[line.item_id] if count.pk != line.pk],
        "changed": [name for name in ("on_hand", "expected") if str(action.payload.get(name)) != str(live.get(name))],
    }


def _last_movements(sheet: CountSheet, item_ids: set[int]) -> dict[int, list[Movement]]:
    ranked = Movement.objects.filter(item__any_of=item_ids, location=sheet.zone.location).annotate(
        rank=Window(RowNumber(), partition_by=F("item"), order_by=[F("occurred_at").desc(), F("pk").desc()])
    )
    return _by_item(ranked.filter(rank__lte=SHOWN).order_by("item", "rank"))


def _earlier_counts(sheet: CountSheet, item_ids: set[int]) -> dict[int, list[CountLine]]:
    ranked = CountLine.objects.filter(
        item__any_of=item_ids, sheet__zone__location=sheet.zone.location, counted__isnull=False
    ).annotate(rank=Window(RowNumber(), partition_by=F("item"), order_by=[F("counted_at").desc(), F("pk").desc()]))
    return _by_item(ranked.filter(rank__lte=SHOWN + 1).select_related("sheet").order_by("item", "rank"))


def _by_item(rows: Iterable[Any]) -> dict[int, list[Any]]:
    grouped: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        grouped[row.item_id].append(row)
    return grouped
