"""Everything that is known of one sheet, for one page. Blind for whoever may not see expected quantities."""

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from approvals.admin.links import page_of
from approvals.models import RunStep
from inventory.admin.counting.pages import page_of_rows
from inventory.admin.sight import sees_expected
from inventory.counting.gate import ENVELOPE, SIGN_OFF
from inventory.models import Balance, CountLine, CountSheet
from netsuite.models import Push

Kind = CountLine.Classification
SHOWN = 100
OPEN_RECOUNT = Q(count_number__gt=1, counted=None)


@dataclass(frozen=True)
class Group:
    """One kind of lines. `rows` are the first SHOWN, or a page of all when only this group is asked for."""

    key: str
    title: str
    colour: str
    explanation: str
    total: int
    rows: Any

    @property
    def has_more(self) -> bool:
        return not isinstance(self.rows, Page) and self.total > SHOWN


SEEN_GROUPS = (
    ("review", "Needs review", "warning", "Beyond a guardrail: a person decides.",
     Q(classification=Kind.NEEDS_REVIEW)),
    ("adjusted", "Adjusted within guardrail", "info", "Small enough to post without a human.",
     Q(classification=Kind.WITHIN_GUARDRAIL)),
    ("matched", "Matches", "success", "The count is what the ledger expected.", Q(classification=Kind.MATCH)),
)  # fmt: skip
BLIND_GROUPS = (("counted", "Counted", "success", "", Q(counted__isnull=False)),)
UNCOUNTED_GROUPS = (
    ("not_counted", "Not counted", "", "On the sheet, left empty: nothing changes for them.",
     Q(counted=None, is_on_sheet=True, count_number=1)),
    ("not_on_sheet", "Not on the sheet", "", "At home here, not mentioned: nothing changes for them.",
     Q(is_on_sheet=False)),
)  # fmt: skip


def story_of(sheet: CountSheet, request: HttpRequest) -> dict[str, Any]:
    seen = sees_expected(request)
    wanted = request.GET.get("group", "")
    kinds = (*(SEEN_GROUPS if seen else BLIND_GROUPS), *UNCOUNTED_GROUPS)
    groups = [_group(sheet, request, kind, wanted) for kind in kinds if wanted in ("", kind[0])]
    return {
        "sheet": sheet,
        "to_count": Balance.objects.filter(zone=sheet.zone, item__is_active=True).count(),
        "groups": [group for group in groups if group.total or wanted],
        "only_group": wanted,
        "recounts": list(_lines(sheet).filter(OPEN_RECOUNT)[:SHOWN]),
        "figures": _figures(sheet, seen),
        "links": _links(sheet, request),
        "pushes": _pushes(sheet) if request.user.has_perm("netsuite.view_push") else [],
        "waiting_for": _waiting_for(sheet) if seen else "",
        "warnings": list(sheet.run.warnings) if sheet.run else [],
    }


def _lines(sheet: CountSheet) -> QuerySet[CountLine]:
    return sheet.lines.select_related("item", "proposed_action__decided_by").order_by("item__item_code", "count_number")


def _group(sheet: CountSheet, request: HttpRequest, kind: tuple[Any, ...], wanted: str) -> Group:
    key, title, colour, explanation, condition = kind
    lines = _lines(sheet).filter(condition)
    rows: Any = page_of_rows(request, lines) if wanted else list(lines[:SHOWN])
    total = rows.paginator.count if wanted else (len(rows) if len(rows) < SHOWN else lines.count())
    return Group(key, title, colour, explanation, total, rows)


def _figures(sheet: CountSheet, seen: bool) -> list[tuple[str, int]]:
    """How many lines of each kind, of those the viewer may know."""
    first = sheet.lines.filter(count_number=1)
    counted = first.filter(counted__isnull=False).count()
    left = first.filter(counted=None, is_on_sheet=True).count()
    figures = [("Counted", counted), ("Not counted", left)]
    if seen:
        figures += [(title, first.filter(condition).count()) for _, title, _, _, condition in SEEN_GROUPS]
    return figures


def _links(sheet: CountSheet, request: HttpRequest) -> list[tuple[str, str, str]]:
    """(icon, text, address) of the rows this sheet led to, as far as the viewer may open them."""
    if sheet.run is None:
        return []
    found = []
    if request.user.has_perm("approvals.view_workflowrun"):
        found.append(("account_tree", f"Run {sheet.run.pk}, step by step", page_of(sheet.run)))
    if request.user.has_perm("approvals.view_proposedaction"):
        for action in sheet.run.proposed_actions.filter(action_type__in=[ENVELOPE, SIGN_OFF]).order_by("pk"):
            name = "Envelope for the approver" if action.action_type == ENVELOPE else "Sign-off"
            text = f"{name}: {action.get_status_display().lower()}"
            found.append(("gavel", text, page_of(action)))
    return [link for link in found if link[2]]


def _pushes(sheet: CountSheet) -> list[tuple[Push, str]]:
    pushes = Push.objects.filter(adjustment__sheet=sheet).order_by("pk")
    return [(push, page_of(push)) for push in pushes]


def _waiting_for(sheet: CountSheet) -> str:
    if sheet.run is None:
        return ""
    step = sheet.run.steps.filter(status__in=[RunStep.Status.WAITING, RunStep.Status.FAILED]).first()
    return f"{step.get_status_display()}: {step.detail or step.error}" if step else ""
