"""What came of a batch, written down in one transaction and a constant number of statements."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from approvals.alerts import raise_alert
from approvals.clock import now
from approvals.models import Alert, Delivery, Subscription
from approvals.outbox.leases import held
from approvals.outbox.retrying import Outcome, rest_after, wait_after
from approvals.set_based import update_rows

Status = Delivery.Status
COLUMNS = ("status", "attempts", "next_attempt_at", "last_status", "last_answer", "delivered_at")


def record(subscription_id: int, token: int, batch: Sequence[Delivery], outcomes: Mapping[int, Outcome]) -> bool:
    """Outcomes by delivery; what has none goes back to where it was. True when the receiver may get more now.

    Raises LeaseLost, having written nothing, when somebody else serves the subscription: they send it again.
    """
    with transaction.atomic():
        subscription = held(subscription_id, token)
        rows = [_row(delivery, outcomes.get(delivery.pk)) for delivery in batch]
        update_rows(Delivery, COLUMNS, rows)
        if dead := [row for row in rows if row[1] == Status.DEAD]:
            _tell_of_dead_letters(subscription, len(dead))
        return _set_pace(subscription, list(outcomes.values()))


def _row(delivery: Delivery, outcome: Outcome | None) -> tuple[Any, ...]:
    """For a delivery with the state it had before it was claimed."""
    if outcome is None:
        return _values(delivery, delivery.status, delivery.next_attempt_at, delivery.last_status, delivery.last_answer)
    said = (outcome.status, outcome.answer)
    if outcome.is_gone:
        return _values(delivery, Status.RETRYING, now(), *said)  # it waits until the subscription is active again
    delivery.attempts += 1
    if outcome.is_taken:
        delivery.delivered_at = now()
        return _values(delivery, Status.DELIVERED, now(), *said)
    wait = wait_after(delivery.attempts, outcome)
    if wait is None:
        return _values(delivery, Status.DEAD, now(), *said)
    return _values(delivery, Status.RETRYING, now() + wait, *said)


def _values(delivery: Delivery, status: str, due: datetime, code: int | None, answer: str) -> tuple[Any, ...]:
    return (delivery.pk, status, delivery.attempts, due, code, answer, delivery.delivered_at)


def _set_pace(subscription: Subscription, outcomes: Sequence[Outcome]) -> bool:
    """Leave a receiver alone that is down or asks for it; a taken message ends that.

    Calls that fail side by side tell of one trouble: they count as one failure.
    """
    if gone := next((outcome for outcome in outcomes if outcome.is_gone), None):
        disable(subscription, f"Its receiver answered 410 Gone: {gone.answer[:200]}")
        return False
    taken = any(outcome.is_taken for outcome in outcomes)
    failed = [outcome for outcome in outcomes if not outcome.is_taken]
    subscription.failures = 0 if taken else subscription.failures + bool(failed)
    wishes = [outcome for outcome in failed if outcome.asks_to_slow_down]
    if not wishes and not taken:
        wishes = [outcome for outcome in failed if outcome.ends_the_batch]
    rests = [rest_after(max(1, subscription.failures), outcome) for outcome in wishes]
    if rests:
        subscription.rests_until = now() + max(rests)
    elif taken:
        subscription.rests_until = None
    subscription.save(update_fields=["failures", "rests_until"])
    return not rests and bool(outcomes)


def disable(subscription: Subscription, reason: str) -> None:
    """Nothing more is sent until a person resumes it; events go on waiting behind the cursor."""
    moved = Subscription.objects.filter(pk=subscription.pk, state=Subscription.State.ACTIVE).update(
        state=Subscription.State.DISABLED, state_reason=reason[:500]
    )
    if moved:
        raise_alert(
            key=f"events-out-{subscription.pk}-disabled",
            severity=Alert.Severity.CRITICAL,
            message=f"Events to {subscription.name} are stopped. {reason} Ask its owner, then resume it.",
            link=f"/admin/approvals/subscription/{subscription.pk}/change/",
        )


def _tell_of_dead_letters(subscription: Subscription, count: int) -> None:
    raise_alert(
        key=f"events-out-{subscription.pk}-dead",
        severity=Alert.Severity.CRITICAL,
        message=f"{count} more of the events to {subscription.name} were given up after the last attempt. "
        "Later events of the same subject go on without them: retry or skip each dead letter.",
        link=f"/admin/approvals/delivery/?subscription__id__exact={subscription.pk}&status__exact=dead",
    )
