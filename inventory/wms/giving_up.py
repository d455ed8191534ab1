"""A gap that will never fill: the WMS never had these numbers, or has lost them. A person closes it, with a reason."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from approvals import audit
from approvals.clock import now
from approvals.refusals import Refused
from inventory.models import WmsClient, WmsGap
from inventory.wms.backfill_requests import PERMISSION
from inventory.wms.gaps import end_alerts
from inventory.wms.intake import hold_intake

LONGEST_REASON = 300


def give_up_gaps(*, gaps: QuerySet[WmsGap], reason: str, by: Any) -> int:
    """How many were closed; their alert ends. What comes late is still taken as any update. Raises Refused."""
    reason = " ".join(reason.split())
    if not by.has_perm(PERMISSION):
        raise Refused("You may not give up on gaps. Ask an administrator for the approver or integrator role.")
    if not reason or len(reason) > LONGEST_REASON:
        raise Refused(f"Say why in at most {LONGEST_REASON} characters: it is kept with the gap.")
    with transaction.atomic():
        chosen = gaps.filter(closed_at=None).order_by()
        concerned = set(chosen.values_list("client_id", flat=True))
        # A message that fills one of them must not come in between. In one order, so that two people do not deadlock.
        for client in WmsClient.objects.filter(pk__in=concerned).order_by("pk"):
            hold_intake(client)
        ids = sorted(chosen.values_list("pk", flat=True))
        if not ids:
            raise Refused("None of these gaps is open any more. Look at the list again.")
        at = now()
        number = WmsGap.objects.filter(pk__in=ids).update(
            closed_at=at, given_up_at=at, given_up_by=by, given_up_reason=reason, ask_at=None
        )
        audit.append(actor=by, verb="wms_gap.given_up", entity_ref="wms_gap", details={"gaps": ids, "reason": reason})
        end_alerts()
    return number
