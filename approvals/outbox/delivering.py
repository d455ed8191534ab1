"""Sending what is due. Each subscription is served by itself, by one process at a time, so none waits for another.

At least once: a delivery is marked `sending`, committed, before its first byte, and its end is recorded after the
answer. Whoever dies in between leaves it to be sent again under the same id.
"""

import logging
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import asdict, dataclass, field
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection
from django.db.models import Exists, OuterRef, Q

from approvals import correlation
from approvals.clock import now
from approvals.models import Delivery, Subscription
from approvals.outbox import batches, leases
from approvals.outbox.addresses import objection_to_sending
from approvals.outbox.calling import Caller
from approvals.outbox.envelope import envelope
from approvals.outbox.lanes import Lanes
from approvals.outbox.packing import Message
from approvals.outbox.positions import assign_positions, last_position
from approvals.outbox.recording import disable, record
from approvals.outbox.retrying import Outcome
from approvals.outbox.secrets_kept import valid_secrets

log = logging.getLogger(__name__)
each = logging.getLogger("countersign.deliveries")
MOST_AT_ONCE = 32
LOOK_AGAIN = 0.2  # seconds, while some subscriber is still being served
STOP = 2  # slices after which a round begins to serve nobody anew


@dataclass
class Report:
    positioned: int = 0
    delivered: int = 0
    failed: int = 0
    busy: list[str] = field(default_factory=list)
    """Subscriptions another process serves."""

    def note(self, outcomes: Iterable[Outcome]) -> None:
        for outcome in outcomes:
            self.delivered += outcome.is_taken
            self.failed += not outcome.is_taken

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def deliver() -> Report:
    """Send every subscriber what is due. Call outside any transaction.

    Ends when nothing is due. As long as a slow receiver is being served, the others get what comes in meanwhile.
    """
    report = Report()
    ends = time.monotonic() + STOP * settings.EVENTS_SLICE
    serving: dict[Future[bool], tuple[int, int]] = {}
    done_up_to: dict[int, int] = {}
    with ThreadPoolExecutor(max_workers=MOST_AT_ONCE, thread_name_prefix="events") as pool:
        while True:
            report.positioned += assign_positions()
            head = last_position()
            served = {pk for pk, _ in serving.values()}
            for subscription in _due(head) if time.monotonic() < ends else ():
                if subscription.pk not in served and done_up_to.get(subscription.pk) != head:
                    turn = pool.submit(copy_context().run, _turn, subscription, report)
                    serving[turn] = subscription.pk, head
            if not serving:
                return report
            for turn in wait(serving, timeout=LOOK_AGAIN, return_when=FIRST_COMPLETED).done:
                pk, seen = serving.pop(turn)
                if not turn.result():
                    done_up_to[pk] = seen


def _due(head: int) -> list[Subscription]:
    """Active subscriptions with something to send or to write down."""
    waiting = Delivery.objects.filter(
        subscription=OuterRef("pk"), status__in=Delivery.OPEN, next_attempt_at__lte=now()
    ).order_by()
    found = Subscription.objects.filter(
        Q(rests_until=None) | Q(rests_until__lte=now()),
        Q(cursor__lt=head) | Exists(waiting),
        state=Subscription.State.ACTIVE,
    )
    return list(found)


def _turn(subscription: Subscription, report: Report) -> bool:
    """Serve it for a slice; True when there is more to do for it at once."""
    try:
        return _serve(subscription, report)
    except leases.LeaseLost as loss:
        log.warning("events out: %s", loss)
    except Exception:  # a lost database, or a mistake of ours: the other subscriptions go on, the next tick tries anew
        log.exception("events out: %s", subscription.name)
    finally:
        connection.close()
    return False


def _serve(subscription: Subscription, report: Report) -> bool:
    token = leases.acquire(subscription)
    if token is None:
        report.busy.append(subscription.name)
        return False
    try:
        batches.take_back_left_over(subscription.pk, token)
        secrets = valid_secrets(subscription)
        if not secrets:
            disable(subscription, "It has no signing secret that can be read: rotate it.")
            return False
        deadline = time.monotonic() + settings.EVENTS_SLICE
        has_more = True
        with (
            Caller(subscription.url, secrets, settings.EVENTS_LANES) as caller,
            Lanes(caller, deadline, subscription.events_per_call) as lanes,
        ):
            while has_more and time.monotonic() < deadline:
                has_more = _batch(subscription.pk, token, lanes, report)
        return has_more
    finally:
        leases.release(subscription.pk, token)


def _batch(subscription_id: int, token: int, lanes: Lanes, report: Report) -> bool:
    """Write down what is new and send what is due; True when there may be more."""
    written = batches.fan_out(subscription_id, token)
    claimed = batches.claim(subscription_id, token)
    if not claimed:
        return written > 0
    messages = [_message(delivery) for delivery in claimed]
    if objection := objection_to_sending(lanes.caller.url):
        outcomes = {messages[0].key: Outcome(None, objection)}
    else:
        outcomes = lanes.send(messages)
    report.note(outcomes.values())
    _tell(claimed, outcomes, urlsplit(lanes.caller.url).hostname)
    return record(subscription_id, token, claimed, outcomes)


def _message(delivery: Delivery) -> Message:
    """For a delivery with the state it had before it was claimed."""
    event = delivery.event
    may_join = delivery.status == Delivery.Status.PENDING and not delivery.has_failed_last
    return Message(delivery.pk, delivery.subject, str(event.uid), envelope(event), event.traceparent, may_join=may_join)


def _tell(claimed: Iterable[Delivery], outcomes: Mapping[int, Outcome], host: str | None) -> None:
    """Of failures always, of each delivery if LOG_EACH_UPDATE. By host only: an address may hold a key."""
    tells_each = each.isEnabledFor(logging.INFO)
    for delivery in claimed:
        outcome, event = outcomes.get(delivery.pk), delivery.event
        if outcome is None or (outcome.is_taken and not tells_each):
            continue
        with correlation.within(event.correlation_id):
            if outcome.is_taken:
                told = {"event_id": event.uid, "event": event.name, "subject": event.subject, "host": host}
                each.info("event delivered", extra={"told": told})
            else:
                said = outcome.status or outcome.answer
                log.warning("event %s of %s to %s: %s", event.uid, event.subject, host, said)
