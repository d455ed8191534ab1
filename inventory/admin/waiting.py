"""What waits for this very user: decisions for those who may take them, counting for those who count."""

from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from approvals.admin.desks import Desk, Pile, Task, add_desk
from approvals.admin.links import list_of, page_of
from approvals.mail.drafting import EMAIL_DRAFT
from approvals.models import Guardrail, ProposedAction
from approvals.operations import SEPARATION_OF_DUTIES
from inventory.admin.rotation import rotation_page
from inventory.counting import gate as counting_gate
from inventory.excel import gate as excel_gate
from inventory.models import CountLine, CountSheet

SHOWN = 6
Status = ProposedAction.Status
LINES = (counting_gate.ADJUSTMENT, excel_gate.ADJUSTMENT)
SIGN_OFFS = (counting_gate.SIGN_OFF, excel_gate.SIGN_OFF)


DECIDER = "Counts and workbooks beyond the guardrails, quotes, sign-offs and e-mail drafts will appear here."
COUNTER = "A sheet appears here when the Monday plan puts one out, or when you print one on the rotation plan."


def deciding(user: Any) -> Desk | None:
    return Desk(_decisions(user), DECIDER) if user.has_perm("approvals.decide_proposedaction") else None


def counting(user: Any) -> Desk | None:
    if not user.has_perm("inventory.submit_count"):
        return None
    plan = ("Rotation plan", rotation_page()) if user.has_perm("inventory.view_zone") else None
    return Desk([_recounts(), _sheets()], COUNTER, plan)


def open_actions() -> QuerySet[ProposedAction]:
    """What can be decided now: envelopes with undecided lines, and actions of their own whose turn has come."""
    undecided = ProposedAction.objects.filter(
        workflow_run=OuterRef("workflow_run"), action_type__in=LINES, status=Status.PENDING
    )
    recounts = CountLine.objects.filter(sheet__run=OuterRef("workflow_run"), count_number__gt=1, counted=None)
    actions = ProposedAction.objects.filter(status=Status.PENDING, envelope=None).annotate(
        all_lines=Count("lines"), open_lines=Count("lines", filter=Q(lines__status=Status.PENDING))
    )
    actions = actions.exclude(all_lines__gt=0, open_lines=0)
    return actions.exclude(Q(action_type__in=SIGN_OFFS) & (Exists(undecided) | Exists(recounts)))


def _decisions(user: Any) -> list[Pile]:
    took_part = ProposedAction.participants.through.objects.filter(proposedaction_id=OuterRef("pk"), user_id=user.pk)
    rows: list[Any] = list(open_actions().annotate(took_part=Exists(took_part)).order_by("proposed_at", "pk")[:500])
    switched_off = Guardrail.objects.filter(name=SEPARATION_OF_DUTIES, is_enabled=False).exists()
    mine = [row for row in rows if switched_off or not row.took_part]
    others = len(rows) - len(mine)
    emails = [row for row in mine if row.action_type == EMAIL_DRAFT]
    sign_offs = [row for row in mine if row.action_type in SIGN_OFFS]
    envelopes = [row for row in mine if row.action_type not in {EMAIL_DRAFT, *SIGN_OFFS}]
    note = f"{others} more for somebody else: you took part in it." if others else ""
    return [
        _pile("To decide", "gavel", envelopes, note),
        _pile("To sign off as second person", "verified_user", sign_offs),
        _pile("E-mail drafts to approve", "mail", emails),
    ]


def _pile(title: str, icon: str, actions: list[Any], note: str = "") -> Pile:
    tasks = [
        Task(
            title=action.title,
            detail=f"{action.open_lines} line{'s' * (action.open_lines != 1)} to decide" if action.open_lines else "",
            url=page_of(action),
            since=action.proposed_at,
            risk=action.risk,
        )
        for action in actions[:SHOWN]
    ]
    return Pile(title, icon, len(actions), tasks, list_of(ProposedAction, status__exact="pending"), note)


def _recounts() -> Pile:
    lines = CountLine.objects.filter(count_number__gt=1, counted=None, sheet__status=CountSheet.Status.COUNTED)
    shown = lines.select_related("item", "sheet__zone__location").order_by("pk")[:SHOWN]
    tasks = [
        Task(
            title=f"{line.item.item_code} {line.item.description}",
            detail=f"Zone {line.sheet.zone}, sheet {line.sheet.code}. {line.why}",
            url=page_of(line.sheet),
            since=line.sheet.submitted_at or line.sheet.created_at,
        )
        for line in shown
    ]
    return Pile("Recounts to enter", "restart_alt", lines.count(), tasks, list_of(CountSheet))


def _sheets() -> Pile:
    sheets = CountSheet.objects.filter(status=CountSheet.Status.PLANNED)
    shown = sheets.select_related("zone__location").order_by("planned_for", "pk")[:SHOWN]
    tasks = [
        Task(
            title=f"Zone {sheet.zone}",
            detail=f"Sheet {sheet.code}: {sheet.planned_because or 'waits to be walked'}",
            url=page_of(sheet),
            since=sheet.created_at,
        )
        for sheet in shown
    ]
    return Pile("Sheets to count", "fact_check", sheets.count(), tasks, list_of(CountSheet, status__exact="planned"))


add_desk(deciding)
add_desk(counting)
