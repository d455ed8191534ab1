"""The queue's figures for monitoring, each from an index."""

from collections.abc import Iterator

from django.db.models import Count, Min
from prometheus_client.metrics_core import Metric

from approvals.metrics import gauge, register
from approvals.models import Alert
from netsuite.halts import INCOMPLETE_ALERT
from netsuite.models import DrainLease, Push
from netsuite.models.lease import NETSUITE


def queue() -> Iterator[Metric]:
    open_ones = Push.objects.filter(status__in=[*Push.WAITING, Push.Status.IN_FLIGHT, *Push.STUCK]).order_by()
    rows = {
        status: (number, oldest)
        for status, number, oldest in open_ones.values_list("status").annotate(
            number=Count("pk"), oldest=Min("created_at")
        )
    }
    counted = {status: rows.get(status, (0, None))[0] for status in (*Push.WAITING, Push.Status.IN_FLIGHT, *Push.STUCK)}
    yield gauge(
        "countersign_netsuite_pushes",
        "Pushes that NetSuite has not confirmed, by what they wait for.",
        [((str(status),), number) for status, number in counted.items()],
        "status",
    )
    waiting = [oldest for status, (_, oldest) in rows.items() if status not in Push.STUCK]
    yield gauge(
        "countersign_netsuite_oldest_timestamp_seconds",
        "When the oldest push that waits to be sent was queued.",
        min(waiting, default=None),
    )
    lease = DrainLease.objects.filter(name=NETSUITE).first()
    yield gauge(
        "countersign_netsuite_drain_timestamp_seconds",
        "When a drain last went through the queue and nothing stopped it.",
        lease.last_drained_at if lease else None,
    )
    is_incomplete = Alert.objects.filter(key=INCOMPLETE_ALERT, resolved_at=None).exists()
    is_stopped = is_incomplete or bool(lease and lease.halt and lease.halt != DrainLease.Halt.THROTTLED)
    yield gauge("countersign_netsuite_stopped", "1 while something but NetSuite's own pace stops pushing.", is_stopped)


register("netsuite_queue", queue)
