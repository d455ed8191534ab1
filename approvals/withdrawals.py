"""Taking back proposals that have nothing left to decide, because what they were about has gone away by itself.

Nobody decides here, so nobody is named: the program says why, in the proposal and in the audit chain.
"""

from collections.abc import Mapping

from django.db import transaction

from approvals import audit
from approvals.clock import now
from approvals.models import ProposedAction
from approvals.operations import close_if_finished

Status = ProposedAction.Status
BY_ITSELF = "program"


def withdraw(reasons: Mapping[int, str]) -> int:
    """Withdraw these actions, id -> the sentence why, as far as they are still undecided; how many were.

    The caller holds the locks of their envelopes, as the gate does when people decide.
    """
    with transaction.atomic():
        rows = ProposedAction.objects.select_for_update().filter(pk__in=reasons, status=Status.PENDING).order_by("pk")
        undecided = list(rows)
        moment = now()
        for action in undecided:
            action.status, action.decided_at = Status.WITHDRAWN, moment
            action.decided_via, action.reason_note = BY_ITSELF, reasons[action.pk]
            action.save(update_fields=["status", "decided_at", "decided_via", "reason_note"])
            audit.append(
                actor=None,
                verb="action.withdrawn",
                entity_ref=f"proposed_action:{action.pk}",
                details={"title": action.title, "why": reasons[action.pk]},
            )
        for envelope in ProposedAction.objects.filter(lines__in=undecided).distinct().order_by("pk"):
            _close(envelope)
    return len(undecided)


def _close(envelope: ProposedAction) -> None:
    """With the verdict people gave on its other lines; withdrawn when there is none."""
    lines = envelope.lines.all()
    last = lines.exclude(decided_by=None).select_related("decided_by").order_by("-decided_at", "-pk").first()
    if last is not None:
        close_if_finished(envelope, by=last.decided_by, via=last.decided_via, note=last.reason_note)
    elif envelope.status == Status.PENDING and not lines.filter(status=Status.PENDING).exists():
        envelope.status, envelope.decided_at, envelope.decided_via = Status.WITHDRAWN, now(), BY_ITSELF
        envelope.reason_note = "Every line of it was withdrawn."
        envelope.save(update_fields=["status", "decided_at", "decided_via", "reason_note"])
