"""What a WMS said that nobody could take, on the first page of those who can."""

from typing import Any

from django.db.models import Count, Min

from approvals.admin.desks import Desk, Pile, Task, add_desk
from approvals.admin.links import list_of
from inventory.models import WmsUpdate
from inventory.wms.retaking import PERMISSION, to_be_mended

Reason = WmsUpdate.Reason
HINT = "Updates of a WMS that cannot be taken appear here, by what is wrong with them."


def quarantine(user: Any) -> Desk | None:
    return Desk([_in_quarantine()], HINT) if user.has_perm(PERMISSION) else None


def _in_quarantine() -> Pile:
    groups = to_be_mended().order_by().values_list("client", "client__wms_id", "reason")
    found = groups.annotate(number=Count("pk"), first=Min("received_at")).order_by("first")
    tasks = [
        Task(
            title=f"{Reason(reason).label}: {number:,} of {wms_id}",
            detail="Look at why, mend the cause, and have them taken again.",
            url=list_of(WmsUpdate, client__id__exact=client, reason__exact=reason),
            since=first,
        )
        for client, wms_id, reason, number, first in found
    ]
    total = sum(number for *_, number, _ in found)
    return Pile("WMS updates in quarantine", "block", total, tasks, list_of(WmsUpdate))


add_desk(quarantine)
