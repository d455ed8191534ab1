"""How each subscription stands: what waits, since when, and what was given up."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min, Q, QuerySet

from approvals import health, watching
from approvals.alerts import raise_alert, resolve_alert
from approvals.models import Alert, Delivery, Subscription
from approvals.outbox.batches import wanted_after
from approvals.outbox.positions import last_position
from approvals.outbox.retention import forget_delivered
from approvals.templatetags.figures import age as age_of

LATE = timedelta(minutes=15)
MOST_COUNTED = 10_000


@dataclass(frozen=True)
class Standing:
    """`waiting` counts what is not delivered yet, at most MOST_COUNTED of it behind the cursor."""

    subscription: Subscription
    waiting: int
    oldest: datetime | None
    dead: int

    @property
    def is_late(self) -> bool:
        age = health.seconds_since(self.oldest)
        return age is not None and age > LATE.total_seconds()


def standings(subscriptions: Iterable[Subscription]) -> list[Standing]:
    """Two statements, and two for each subscription whose cursor is behind."""
    listed, head = list(subscriptions), last_position()
    is_open, is_dead = Q(status__in=Delivery.OPEN), Q(status=Delivery.Status.DEAD)
    grouped = (
        Delivery.objects.filter(is_open | is_dead, subscription__in=listed)
        .order_by()
        .values("subscription_id")
        .annotate(
            waiting=Count("pk", filter=is_open),
            oldest=Min("event__occurred_at", filter=is_open),
            dead=Count("pk", filter=is_dead),
        )
    )
    figures = {row["subscription_id"]: (row["waiting"], row["oldest"], row["dead"]) for row in grouped}
    return [_standing(subscription, head, *figures.get(subscription.pk, (0, None, 0))) for subscription in listed]


def _standing(subscription: Subscription, head: int, waiting: int, oldest: datetime | None, dead: int) -> Standing:
    if subscription.cursor < head:
        behind = wanted_after(subscription)
        first = behind.values_list("occurred_at", flat=True).first()
        # After a replay some of them have open deliveries too.
        waiting += behind.exclude(
            deliveries__in=Delivery.objects.filter(subscription=subscription, status__in=Delivery.OPEN)
        ).order_by()[:MOST_COUNTED].count()  # fmt: skip
        oldest = min((moment for moment in (oldest, first) if moment), default=None)
    return Standing(subscription, waiting, oldest, dead)


def probe() -> health.Line:
    active = standings(_active())
    oldest = min((row.oldest for row in active if row.oldest), default=None)
    waiting, dead = sum(row.waiting for row in active), Delivery.objects.filter(status=Delivery.Status.DEAD).count()
    stopped = Subscription.objects.filter(state=Subscription.State.DISABLED)
    disabled = list(stopped.values_list("name", flat=True))
    said = f"{len(active)} subscribers, {waiting} events on their way."
    if oldest:
        said = f"{said} The oldest is {age_of(oldest)} old."
    problems = [_late(row) for row in active if row.is_late]
    if disabled:
        problems.append(f"Events to {', '.join(disabled)} are stopped: open the subscription, which says why.")
    if dead:
        problems.append(f"{dead} events were given up: retry or skip the dead letters under “Deliveries”.")
    last = Delivery.objects.filter(status=Delivery.Status.DELIVERED).order_by("-delivered_at")
    figures = {
        "last_delivered_age_seconds": health.seconds_since(last.values_list("delivered_at", flat=True).first()),
        "active": len(active),
        "waiting": waiting,
        "oldest_undelivered_seconds": health.seconds_since(oldest),
        "dead_letters": dead,
        "disabled": len(disabled),
    }
    return health.Line("Events out", said, " ".join(problems), figures)


def watch() -> None:
    """At every tick: tell of receivers that have been behind for long, and forget what was delivered long ago."""
    late = {row.subscription.pk: row for row in standings(_active()) if row.is_late}
    for pk in Subscription.objects.values_list("pk", flat=True):
        key = f"events-out-{pk}-late"
        if pk in late:
            link = f"/admin/approvals/subscription/{pk}/change/"
            raise_alert(key=key, severity=Alert.Severity.WARNING, message=_late(late[pk]), link=link)
        else:
            resolve_alert(key=key)
    forget_delivered()


def _active() -> QuerySet[Subscription]:
    return Subscription.objects.filter(state=Subscription.State.ACTIVE)


def _late(row: Standing) -> str:
    return (
        f"Events to {row.subscription.name} are late: {row.waiting} wait, the oldest for {age_of(row.oldest)}. "
        "Look at its last answers under “Deliveries”; nothing is lost meanwhile."
    )


health.register("events_out", probe)
watching.register("events_out", watch)
