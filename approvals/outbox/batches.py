"""From events to deliveries, and from deliveries to a batch that is marked as being sent.

Each function is one short transaction under the subscription's lease and a constant number of statements.
"""

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from approvals.clock import now
from approvals.models import Delivery, Event, Subscription
from approvals.outbox.leases import held
from approvals.outbox.positions import last_position
from approvals.set_based import insert_rows

FAN_OUT = 500
SPAN = 50_000  # positions looked at in one step, whether or not their events are wanted
OPEN_WINDOW = 10_000  # open deliveries a subscription may have; further events wait behind the cursor
FRESH, AGAIN = 160, 40  # of one batch: so many first attempts, so many repeated ones
MOST_FRESH = 500  # where one call carries several
Status = Delivery.Status
COLUMNS = ("subscription", "event", "position", "subject", "status", "attempts", "next_attempt_at", "lease_token",
           "last_answer")  # fmt: skip


def wanted_after(subscription: Subscription) -> QuerySet[Event]:
    """Events behind the cursor that this subscription is to get, in order."""
    events = Event.objects.filter(position__gt=subscription.cursor).order_by("position")
    return events if subscription.wants_every_event else events.filter(name__in=subscription.event_names)


def fan_out(subscription_id: int, token: int) -> int:
    """Write down deliveries of the next events and move the cursor behind them; returns how many.

    After a replay the rows of that time exist already: those that had ended wait again.
    """
    with transaction.atomic():
        subscription = held(subscription_id, token)
        end = min(last_position(), subscription.cursor + SPAN)
        room = OPEN_WINDOW - subscription.deliveries.filter(status__in=Delivery.OPEN)[:OPEN_WINDOW].count()
        if subscription.cursor >= end or room <= 0:
            return 0
        most = min(FAN_OUT, room)
        events = wanted_after(subscription).filter(position__lte=end).values_list("pk", "position", "subject")[:most]
        found = list(events)
        _write_down(subscription, found)
        cursor = found[-1][1] if len(found) == most else end
        Subscription.objects.filter(pk=subscription_id).update(cursor=cursor)
    return len(found)


def _write_down(subscription: Subscription, events: list[tuple[int, int | None, str]]) -> None:
    known = subscription.deliveries.filter(event_id__any_of=[pk for pk, _, _ in events])
    have = set(known.values_list("event_id", flat=True))
    Delivery.moved(
        known.filter(status__in=Delivery.FINAL), to=Status.PENDING,
        attempts=0, next_attempt_at=now(), delivered_at=None,
    )  # fmt: skip
    start = (Status.PENDING, 0, now(), 0, "")
    rows = [(subscription.pk, pk, position, subject, *start) for pk, position, subject in events if pk not in have]
    insert_rows(Delivery, COLUMNS, rows)


def take_back_left_over(subscription_id: int, token: int) -> int:
    """What an earlier holder was sending may or may not have arrived: it goes out again, under the same id."""
    with transaction.atomic():
        subscription = held(subscription_id, token)
        rows = subscription.deliveries.filter(status=Status.SENDING, lease_token__lt=token)
        return Delivery.moved(rows, to=Status.RETRYING, next_attempt_at=now())


def claim(subscription_id: int, token: int) -> list[Delivery]:
    """Mark what is due as being sent, and return it with its events, in the order to send it.

    First attempts go first, so that what fails over and over cannot keep them waiting; a subject with something
    to repeat gets nothing else before that. A receiver that was left alone is asked with one message.
    """
    with transaction.atomic():
        subscription = held(subscription_id, token)
        if subscription.state != Subscription.State.ACTIVE:
            return []  # paused meanwhile
        only_one = subscription.rests_until is not None
        due = _due(subscription)
        most = min(MOST_FRESH, FRESH * subscription.events_per_call)
        fresh = list(due.filter(status=Status.PENDING)[: 1 if only_one else most])
        again = [] if only_one and fresh else list(due.filter(status=Status.RETRYING)[: 1 if only_one else AGAIN])
        claimed = [*fresh, *again]
        rows = Delivery.objects.filter(pk__any_of=[delivery.pk for delivery in claimed])
        Delivery.moved(rows, to=Status.SENDING, lease_token=token, last_attempt_at=now())
    return claimed


def _due(subscription: Subscription) -> QuerySet[Delivery]:
    """Beyond the cursor nothing is due: after a replay, older events come first again."""
    before = Delivery.objects.filter(
        subscription=subscription, subject=OuterRef("subject"), position__lt=OuterRef("position")
    )
    unsettled = before.filter(status__in=[Status.RETRYING, Status.SENDING])
    return (
        subscription.deliveries.filter(
            ~Exists(unsettled), position__lte=subscription.cursor, next_attempt_at__lte=now(), status__in=Delivery.OPEN
        )
        .select_related("event")
        .order_by("position")
    )
