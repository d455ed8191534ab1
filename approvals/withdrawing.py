"""What nobody has decided yet can be taken back by the room that proposed it, when its reason is gone."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from approvals import audit
from approvals.clock import now
from approvals.models import ProposedAction
from approvals.operations import close_if_finished

VIA = "withdrawn"
Status = ProposedAction.Status


def withdraw(actions: Iterable[ProposedAction], *, by: Any, reason: str) -> int:
    """Close those still undecided as rejected by `by`, whose operation asks for the permission; how many.

    An envelope closes with its last line. Belongs inside the transaction of the operation that ends their reason.
    """
    withdrawn = []
    with transaction.atomic():
        for action in actions:
            closed = ProposedAction.objects.filter(pk=action.pk, status=Status.PENDING).update(
                status=Status.REJECTED, decided_by=by, decided_at=now(), decided_via=VIA, reason_note=reason
            )
            if not closed:
                continue
            withdrawn.append(action.pk)
            if action.envelope_id:
                envelope = ProposedAction.objects.select_for_update().get(pk=action.envelope_id)
                close_if_finished(envelope, by=by, via=VIA, note=reason)
        if withdrawn:
            audit.append(
                actor=by,
                verb="action.withdrawn",
                entity_ref=f"proposed_action:{withdrawn[0]}",
                details={"withdrawn": withdrawn, "note": reason},
            )
    return len(withdrawn)
