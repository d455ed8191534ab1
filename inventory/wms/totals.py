"""The feed added up, a piece at a time: what came in since the last time, and no more, is read."""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, DurationField, ExpressionWrapper, F, OuterRef, Q, Subquery, Sum

from inventory.models import WmsClient, WmsMessage, WmsTotals, WmsUpdate

LAG_BOUNDS = (1, 5, 15, 30, 60, 120, 300, 600, 1800, 3600, 21600)
"""Seconds; to change them, start `lag_counts` anew by a migration."""
TOOK_EFFECT = (WmsUpdate.State.APPLIED, WmsUpdate.State.UNCHANGED)
NOT_FOR_SALE = "not_for_sale"
OUTCOMES = (*WmsMessage.OUTCOMES, NOT_FOR_SALE)
PIECE = 200  # messages in one transaction: at most 200,000 updates
PIECES = 20  # at one call; the rest is for the next


def add_up() -> None:
    """Count every client's messages that are not counted yet. Safe to repeat and to run twice at a time."""
    newest = WmsMessage.objects.filter(client=OuterRef("pk")).order_by("-pk").values("pk")[:1]
    clients = WmsClient.objects.annotate(newest=Subquery(newest)).exclude(newest=None).order_by("pk")
    for client_id, newest_id, counted_to in clients.values_list("pk", "newest", "totals__counted_to"):
        if newest_id > (counted_to or 0):
            for _ in range(PIECES):
                if _add_piece(client_id) < PIECE:
                    break


def _add_piece(client_id: int) -> int:
    """How many messages were counted. `counted_to` moves with the counts, in one transaction."""
    WmsTotals.objects.get_or_create(client_id=client_id)
    with transaction.atomic():
        totals = WmsTotals.objects.select_for_update().get(client_id=client_id)
        new = WmsMessage.objects.filter(client_id=client_id, pk__gt=totals.counted_to).order_by("pk")
        rows = list(new.values("pk", *WmsMessage.OUTCOMES)[:PIECE])
        if rows:
            totals.counted_to = rows[-1]["pk"]
            messages = [row["pk"] for row in rows]
            totals.outcomes = _outcomes(totals.outcomes, rows, _not_for_sale(messages))
            _add_lags(totals, messages)
            totals.save()
    return len(rows)


def _outcomes(before: dict[str, int], rows: Iterable[dict[str, int]], not_for_sale: int) -> dict[str, int]:
    counts = Counter(before)
    for row in rows:
        counts.update({outcome: row[outcome] for outcome in WmsMessage.OUTCOMES})
    counts.update({"quarantined": -not_for_sale, NOT_FOR_SALE: not_for_sale})
    return dict(counts)


def _not_for_sale(messages: list[int]) -> int:
    """In quarantine, but no failure: a WMS speaks of damaged and reserved goods every day."""
    return WmsUpdate.objects.filter(message__any_of=messages, reason=WmsUpdate.Reason.NOT_SELLABLE).count()


def _add_lags(totals: WmsTotals, messages: list[int]) -> None:
    """From when it was true, by the sender's clock, until it was taken here and posted."""
    lag = ExpressionWrapper(F("received_at") - F("as_of"), output_field=DurationField())
    within = {f"within_{bound}": Count("pk", filter=Q(lag__lte=timedelta(seconds=bound))) for bound in LAG_BOUNDS}
    updates = WmsUpdate.objects.filter(message__any_of=messages, state__in=TOOK_EFFECT).order_by().annotate(lag=lag)
    found: dict[str, Any] = updates.aggregate(**within, number=Count("pk"), total=Sum("lag"))
    counts = [found[name] for name in (*within, "number")]
    before = totals.lag_counts or [0] * len(counts)
    totals.lag_counts = [was + more for was, more in zip(before, counts, strict=True)]
    totals.lag_seconds += found["total"].total_seconds() if found["total"] else 0
