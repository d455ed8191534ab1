"""Taking back proposals that have nothing left to decide, because their reason is gone.

Where the program found that out, nobody is named; where a person's act ended it, that person is. Why is said in
the proposal and in the audit chain.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from approvals import audit
from approvals.clock import now
from approvals.models import ProposedAction
from approvals.operations import close_if_finished

Status = ProposedAction.Status
BY_ITSELF = "program"
BY_A_PERSON = "withdrawn"


def withdraw(reasons: Mapping[int, str], *, by: Any | None = None) -> int:
    """Withdraw these actions, id -> the sentence why, as far as they are still undecided; how many were.

    The caller holds the locks of their envelopes, as the gate does when people decide, and has asked for permission.
    """
    with transaction.atomic():
        rows = ProposedAction.objects.select_for_update().filter(pk__in=reasons, status=Status.PENDING).order_by("pk")
        undecided = list(rows)
        moment = now()
        for action in undecided:
            _take_back(action, reasons[action.pk], by, moment)
            audit.append(
                actor=by,
                verb="action.withdrawn",
                entity_ref=f"proposed_action:{action.pk}",
                details={"title": action.title, "why": reasons[action.pk]},
            )
        for envelope in ProposedAction.objects.filter(lines__in=undecided).distinct().order_by("pk"):
            _close(envelope, by)
    return len(undecided)


def _take_back(action: ProposedAction, why: str, by: Any | None, moment: datetime) -> None:
    action.status, action.decided_by, action.decided_at = Status.WITHDRAWN, by, moment
    action.decided_via, action.reason_note = BY_A_PERSON if by else BY_ITSELF, why
    action.save(update_fields=["status", "decided_by", "decided_at", "decided_via", "reason_note"])


def _close(envelope: ProposedAction, by: Any | None) -> None:
    """With the verdict people gave on its other lines; withdrawn when there is none."""
    lines = envelope.lines.all()
    last = (
        lines.exclude(status=Status.WITHDRAWN)
        .exclude(decided_by=None)
        .select_related("decided_by")
        .order_by("-decided_at", "-pk")
        .first()
    )
    if last is not None:
        close_if_finished(envelope, by=last.decided_by, via=last.decided_via, note=last.reason_note)
    elif envelope.status == Status.PENDING and not lines.filter(status=Status.PENDING).exists():
        _take_back(envelope, "Every line of it was withdrawn.", by, now())
