"""When a WMS is asked for what is missing: a person wants it, or a gap has been open longer than the window."""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from approvals import audit, watching
from approvals.clock import now
from approvals.refusals import Refused
from inventory.models import WmsClient, WmsGap
from inventory.wms.tasks import backfill

PERMISSION = "inventory.close_wmsgap"


def request_backfill(*, gaps: QuerySet[WmsGap], by: Any) -> int:
    """Have them asked for by the worker, at once; how many. Raises Refused."""
    if not by.has_perm(PERMISSION):
        raise Refused("You may not have updates asked for. Ask an administrator for the approver or integrator role.")
    with transaction.atomic():
        chosen = list(gaps.filter(closed_at=None).select_related("client").order_by("pk"))
        if not chosen:
            raise Refused("None of these gaps is open any more. Look at the list again.")
        if silent := sorted({str(gap.client) for gap in chosen if not gap.client.backfill_url}):
            raise Refused(
                f"{', '.join(silent)} has no backfill address. Give it one on its page, or send the missing ranges to "
                "the people of the WMS and take their file with backfill_wms --file."
            )
        ids = [gap.pk for gap in chosen]
        number = WmsGap.objects.filter(pk__in=ids, closed_at=None).update(ask_at=now(), asks=0)
        audit.append(actor=by, verb="wms_gap.asked_for", entity_ref="wms_gap", details={"gaps": ids})
        _wake()
    return number


def watch_backfill() -> None:
    """Gaps open longer than the window are asked for by the program, where the client has an address for it."""
    late = WmsGap.objects.filter(
        closed_at=None, ask_at=None, asks=0, last_answer="", seen_at__lt=now() - settings.WMS_GAP_WINDOW
    )
    late.filter(client__in=WmsClient.objects.filter(is_enabled=True).exclude(backfill_url="")).update(ask_at=now())
    if WmsGap.objects.filter(ask_at__lte=now(), closed_at=None).exists():
        _wake()


def _wake() -> None:
    transaction.on_commit(backfill.delay, robust=True)


watching.register("wms_backfill", watch_backfill)
