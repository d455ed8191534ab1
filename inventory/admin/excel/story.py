"""Everything that is known of one sync, for one page, in a constant number of queries.

Blind for whoever may not see expected quantities: then in the order of the file, so that no order tells anything.
"""

from collections import Counter
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import Abs
from django.http import HttpRequest

from approvals.admin.links import page_of
from approvals.models import RunStep
from inventory.admin.counting.pages import page_of_rows
from inventory.admin.excel import finding, kinds
from inventory.admin.excel.pages import ROWS_PER_PAGE, SHOWN_APART
from inventory.admin.excel.previewing import tiles, wanted_kind
from inventory.admin.excel.rows import ShownRow, Sight, of_line
from inventory.excel.gate import ENVELOPE, SIGN_OFF
from inventory.excel.reviewing import PERMISSION as REVIEW
from inventory.models import ExcelSync, SyncLine
from inventory.uploads.stored import SheetRows
from netsuite.models import Push

RUN_COLOURS = {"running": "info", "waiting": "warning", "completed": "success", "failed": "danger"}


def story_of(sync: ExcelSync, request: HttpRequest, sight: Sight) -> dict[str, Any]:
    wanted, sought = wanted_kind(request, sight), finding.sought(request)
    numbers = _numbers(sync, sight)
    page = page_of_rows(request, _lines(sync, wanted, sought, sight), ROWS_PER_PAGE)
    page.object_list = _shown(page.object_list, sight)
    apart = numbers["explained"] if not wanted and not sought else 0
    explained = _line_rows(sync).filter(kinds.EXPLAINED.condition).order_by("pk")[:SHOWN_APART] if apart else []
    return {
        "sync": sync,
        "run": sync.run if sight.expected else None,
        "run_colour": RUN_COLOURS.get(sync.run.status, "") if sync.run else "",
        "sheets": [_sheet(each) for each in sync.sheets],
        "tiles": tiles(numbers, sight),
        "all_rows": sum(numbers.values()),
        "wanted": wanted,
        "sought": sought,
        "rows": page,
        "explained": _shown(explained, sight),
        "explained_total": apart,
        "links": _links(sync, request),
        "refused_later": numbers["refused"] - sum(each["refused"] for each in sync.sheets),
        "waiting_for": _waiting_for(sync) if sight.expected else "",
        "warnings": list(sync.run.warnings) if sync.run else [],
        "adjustments": _adjustments(sync, request),
        "may_review": request.user.has_perm(REVIEW),
        "to_review": _to_review(sync) if sight.expected else 0,
    }


def _numbers(sync: ExcelSync, sight: Sight) -> Counter[str]:
    """Rows of each kind the viewer may know, in one query."""
    rows = sync.lines.order_by().values_list("classification", "is_flagged")
    found: Counter[str] = Counter()
    for outcome, is_flagged, all_rows, explained in rows.annotate(
        all_rows=Count("pk"), explained=Count("pk", filter=Q(unentered__gt=0))
    ):
        for number, unentered in ((explained, Decimal(1)), (all_rows - explained, Decimal(0))):
            kind = kinds.kind_of(outcome, is_flagged=is_flagged, unentered=unentered, seen=sight.expected)
            if kind and number:
                found[kind.key] += number
    return found


def _line_rows(sync: ExcelSync) -> QuerySet[SyncLine]:
    return sync.lines.select_related("item", "proposed_action__decided_by", "reviewed_by", "adjustment")


def _lines(sync: ExcelSync, wanted: str, sought: str, sight: Sight) -> QuerySet[SyncLine]:
    lines = _line_rows(sync).filter(finding.condition_of(sought) if sought else Q())
    if not sight.expected:
        return lines.filter(kinds.condition_of(wanted) if wanted else kinds.any_of(kinds.BLIND)).order_by("pk")
    if wanted:
        lines = lines.filter(kinds.condition_of(wanted))
    elif not sought:
        lines = lines.exclude(kinds.EXPLAINED.condition)
    size = Abs(F("variance_value" if sight.cost else "variance"))
    return lines.order_by(kinds.worst_first(), size.desc(nulls_last=True), "pk")


def _shown(lines: Any, sight: Sight) -> list[ShownRow]:
    return [row for line in lines if (row := of_line(line, sight)) is not None]


def _sheet(stored: dict[str, Any]) -> SheetRows:
    """As it was read; the texts of ignored rows are not kept."""
    return SheetRows(**{**stored, "ignored": tuple((row, why, "") for row, why, *_ in stored["ignored"])})


def _links(sync: ExcelSync, request: HttpRequest) -> list[tuple[str, str, str]]:
    """(icon, text, address) of the rows this sync led to, as far as the viewer may open them."""
    if sync.run is None:
        return []
    found = []
    if request.user.has_perm("approvals.view_workflowrun"):
        found.append(("account_tree", f"Run {sync.run.pk}, step by step", page_of(sync.run)))
    if request.user.has_perm("approvals.view_proposedaction"):
        for action in sync.run.proposed_actions.filter(action_type__in=[ENVELOPE, SIGN_OFF]).order_by("pk"):
            name = "Envelope for the approver" if action.action_type == ENVELOPE else "Sign-off"
            found.append(("gavel", f"{name}: {action.get_status_display().lower()}", page_of(action)))
    return [link for link in found if link[2]]


def _waiting_for(sync: ExcelSync) -> str:
    if sync.run is None:
        return ""
    step = sync.run.steps.filter(status__in=[RunStep.Status.WAITING, RunStep.Status.FAILED]).first()
    return f"{step.get_status_display()}: {step.detail or step.error}" if step else ""


def _adjustments(sync: ExcelSync, request: HttpRequest) -> list[tuple[Any, str, Push | None, str]]:
    """(adjustment, its address, its push, the push's address), as far as the viewer may open them."""
    if not request.user.has_perm("inventory.view_adjustment"):
        return []
    sees_pushes = request.user.has_perm("netsuite.view_push")
    rows = sync.adjustments.select_related("push", "approved_by").order_by("pk")
    return [
        (each, page_of(each), each.push if sees_pushes else None, page_of(each.push) if each.push else "")
        for each in rows
    ]


def _to_review(sync: ExcelSync) -> int:
    return sync.lines.filter(kinds.FLAGGED.condition, reviewed_at=None).count()
