"""The gaps whose time has come are asked for, by a worker, never in a request.

After a call that failed the program waits longer each time, then leaves it to people.
"""

import logging
from collections.abc import Sequence
from datetime import timedelta
from itertools import groupby
from typing import Any

from django.db import transaction

from approvals.clock import now
from approvals.refusals import Refused
from approvals.set_based import update_rows
from inventory.models import WmsClient, WmsGap
from inventory.wms.backfill_asking import Asked, ask_for_gaps

log = logging.getLogger(__name__)
AGAIN_AFTER = (timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=6))


def ask_due() -> list[Asked]:
    """Ask for every gap whose time has come, client by client."""
    return [asked for client, gaps in _claimed() if (asked := _ask(client, gaps)) is not None]


def _claimed() -> list[tuple[WmsClient, list[WmsGap]]]:
    """Theirs is the next turn only later: two workers do not ask for the same."""
    with transaction.atomic():
        due = WmsGap.objects.select_for_update(of=("self",)).filter(ask_at__lte=now(), closed_at=None)
        gaps = list(due.select_related("client__location").order_by("client_id", "first_missing"))
        rows = [(gap.pk, gap.asks + 1, _next_turn(gap.asks)) for gap in gaps]
        update_rows(WmsGap, ["asks", "ask_at"], rows)
    return [(of_client[0].client, of_client) for of_client in _by_client(gaps)]


def _by_client(gaps: Sequence[WmsGap]) -> list[list[WmsGap]]:
    return [list(of_client) for _, of_client in groupby(gaps, key=lambda gap: gap.client_id)]


def _next_turn(asks: int) -> Any:
    return now() + AGAIN_AFTER[asks] if asks < len(AGAIN_AFTER) else None


def _ask(client: WmsClient, gaps: list[WmsGap]) -> Asked | None:
    try:
        asked = ask_for_gaps(client=client, gaps=gaps)
    except Refused as refusal:
        WmsGap.objects.filter(pk__in=[gap.pk for gap in gaps]).update(ask_at=None, last_answer=str(refusal)[:500])
        return None
    done = {gap.pk for gap in gaps} - {gap.pk for gap in asked.unanswered}
    WmsGap.objects.filter(pk__in=done).update(ask_at=None)
    log.info("wms backfill wms_id=%s calls=%s closed=%s", client.wms_id, asked.calls, len(asked.closed))
    return asked
