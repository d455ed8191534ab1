"""One order of events without holes, in which nothing appears behind a reader's back.

PostgreSQL hands out ids before the commit, so an event may become visible after a later one was read; whoever reads
on from the highest id has lost it. Positions are given to what has committed, by one transaction at a time.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import Min

from approvals.models import Event, OutboxHead
from approvals.set_based import update_rows

BATCH = 5_000


def assign_positions() -> int:
    """Give every committed event without a position the next one, in the order of ids; returns how many."""
    given = 0
    while batch := _assign_batch():
        given += batch
        if batch < BATCH:
            break
    return given


def _assign_batch() -> int:
    if not Event.objects.filter(position=None).exists():
        return 0  # nobody is kept waiting for the lock by a look
    OutboxHead.objects.get_or_create(pk=1)
    with transaction.atomic():
        head = OutboxHead.objects.select_for_update().get(pk=1)
        # Read after the lock: what another relay has given a position is no longer among them.
        new = Event.objects.filter(position=None).order_by("pk").values_list("pk", flat=True)[:BATCH]
        rows = [(pk, head.position + place) for place, pk in enumerate(new, 1)]
        update_rows(Event, ["position"], rows)
        OutboxHead.objects.filter(pk=1).update(position=head.position + len(rows))
    return len(rows)


def last_position() -> int:
    head = OutboxHead.objects.filter(pk=1).first()
    return head.position if head else 0


def position_before(moment: datetime) -> int | None:
    """The position after which the events that occurred at `moment` or later begin; None when there are none."""
    first: int | None = Event.objects.filter(occurred_at__gte=moment).aggregate(first=Min("position"))["first"]
    return None if first is None else first - 1
