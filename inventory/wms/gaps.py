"""Holes in a client's sequence: noted when they appear, filled by what comes late, told of when they stay."""

from bisect import bisect_left, bisect_right
from collections.abc import Collection
from datetime import datetime
from itertools import pairwise

from django.conf import settings

from approvals import watching
from approvals.alerts import raise_alert, resolve_alert
from approvals.clock import now
from approvals.models import Alert
from approvals.set_based import insert_rows, update_rows, update_where_pk_in
from inventory.models import WmsClient, WmsGap


def note_arrivals(client: WmsClient, arrived: Collection[int], highest: int | None, at: datetime) -> int | None:
    """The highest sequence now. `arrived` are sequences stored for the first time; the caller holds the intake."""
    if not arrived:
        return highest
    late = [sequence for sequence in arrived if highest is not None and sequence < highest]
    if late:
        _fill(client, late, at)
    newer = sorted(sequence for sequence in arrived if highest is None or sequence > highest)
    steps = newer if highest is None else [highest, *newer]
    holes = [(before + 1, after - 1) for before, after in pairwise(steps) if after > before + 1]
    insert_rows(
        WmsGap,
        ["client", "first_missing", "last_missing", "still_missing", "seen_at"],
        [(client.pk, first, last, last - first + 1, at) for first, last in holes],
    )
    return newer[-1] if newer else highest


def _fill(client: WmsClient, late: list[int], at: datetime) -> None:
    """Each sequence is stored once and gaps do not overlap, so counting is enough to know when one is full."""
    late.sort()
    gaps = WmsGap.objects.filter(client=client, closed_at=None, last_missing__gte=late[0], first_missing__lte=late[-1])
    rows = []
    for pk, first, last, missing in gaps.order_by().values_list("pk", "first_missing", "last_missing", "still_missing"):
        filled = bisect_right(late, last) - bisect_left(late, first)
        if filled:
            rows.append((pk, missing - filled, at if missing == filled else None))
    update_rows(WmsGap, ["still_missing", "closed_at"], rows)


def watch_gaps() -> None:
    """Out of order looks like a gap until it fills: only what is open after the window is told of, once."""
    overdue = WmsGap.objects.filter(closed_at=None, alerted_at=None, seen_at__lt=now() - settings.WMS_GAP_WINDOW)
    found = list(overdue.select_related("client").order_by("client", "pk"))
    for client in {gap.client for gap in found}:
        missing = sum(gap.still_missing for gap in found if gap.client_id == client.pk)
        first = next(gap for gap in found if gap.client_id == client.pk)
        raise_alert(
            key=_key(client.pk),
            severity=Alert.Severity.WARNING,
            message=f"{missing} updates of {client} never came, the first of them sequence {first.first_missing}. "
            "Have the WMS send them again.",
            link="/admin/inventory/wmsgap/?standing=open",
        )
    update_where_pk_in(WmsGap.objects.order_by(), [gap.pk for gap in found], alerted_at=now())
    end_alerts()


def end_alerts() -> None:
    """Of what was told of and has been filled or given up since."""
    told = Alert.objects.filter(key__startswith=_key(""), resolved_at=None).values_list("key", flat=True)
    still = set(
        WmsGap.objects.filter(closed_at=None, alerted_at__isnull=False).order_by().values_list("client", flat=True)
    )
    for key in told:
        if key not in {_key(client_id) for client_id in still}:
            resolve_alert(key=key)


def _key(client_id: int | str) -> str:
    return f"wms-gap-{client_id}"


watching.register("wms_gaps", watch_gaps)
