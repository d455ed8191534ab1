"""The outbox's figures for monitoring."""

from collections.abc import Iterator

from prometheus_client.metrics_core import Metric

from approvals.metrics import gauge, register
from approvals.models import Delivery, Subscription
from approvals.outbox.standing import standings


def outbox() -> Iterator[Metric]:
    """Subscriptions that were never begun or are paused have nothing pending: a person decided so."""
    rows = standings(Subscription.objects.filter(state=Subscription.State.ACTIVE))
    yield gauge(
        "inventory_outbox_pending",
        "Events not delivered yet, at most 10,000 of them counted beyond those written down.",
        [((row.subscription.name,), row.waiting) for row in rows],
        "subscription",
    )
    yield gauge(
        "inventory_outbox_oldest_timestamp_seconds",
        "When the oldest event that is not delivered yet occurred.",
        [((row.subscription.name,), row.oldest) for row in rows],
        "subscription",
    )
    dead = Delivery.objects.filter(status=Delivery.Status.DEAD).count()
    yield gauge("inventory_dead_letters", "Deliveries given up after the last attempt.", dead)
    stopped = Subscription.objects.filter(state=Subscription.State.DISABLED).count()
    yield gauge("inventory_outbox_disabled", "Subscriptions stopped because of what their receiver answered.", stopped)


register("outbox", outbox)
