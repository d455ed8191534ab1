"""How pushing to NetSuite stands, for the screens: what waits, what is stuck, what stops it and what to check."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min, Q

from approvals.clock import now
from approvals.models import Alert
from netsuite.halts import INCOMPLETE_ALERT
from netsuite.models import DrainLease, Push
from netsuite.models.lease import NETSUITE

DRAIN_SILENT_AFTER = timedelta(minutes=5)


@dataclass(frozen=True)
class Standing:
    """`halted` is the sentence why nothing is sent, with what to check; empty when pushing goes on."""

    waiting: int
    stuck: int
    confirmed_today: int
    oldest_waiting_since: datetime | None
    drained_at: datetime | None
    halted: str
    halted_until: datetime | None
    halt: str
    is_throttled: bool

    @property
    def is_silent(self) -> bool:
        """Something has waited for longer than a drain should be away."""
        waited = self.oldest_waiting_since
        if waited is None or now() - waited < DRAIN_SILENT_AFTER:
            return False
        return self.drained_at is None or now() - self.drained_at > DRAIN_SILENT_AFTER


def standing() -> Standing:
    waiting = Q(status__in=[*Push.WAITING, Push.Status.IN_FLIGHT])
    figures = Push.objects.aggregate(
        waiting=Count("pk", filter=waiting),
        stuck=Count("pk", filter=Q(status__in=Push.STUCK)),
        confirmed_today=Count("pk", filter=Q(confirmed_at__gte=now() - timedelta(days=1))),
        oldest_waiting_since=Min("created_at", filter=waiting),
    )
    lease = DrainLease.objects.filter(name=NETSUITE).first()
    drained_at = lease.last_drained_at if lease else None
    # The settings that count are the worker's, so its alert is asked, not this process's environment.
    incomplete = Alert.objects.filter(key=INCOMPLETE_ALERT, resolved_at=None).first()
    if incomplete:
        return Standing(**figures, drained_at=drained_at, **_not_set_up(incomplete.message))
    return Standing(
        **figures,
        drained_at=drained_at,
        halted=lease.halted_reason if lease else "",
        halted_until=lease.halted_until if lease else None,
        halt=lease.get_halt_display() if lease and lease.halt else "",
        is_throttled=bool(lease and lease.halt == DrainLease.Halt.THROTTLED),
    )


def _not_set_up(message: str) -> dict[str, Any]:
    halt = "Settings for NetSuite are missing"
    return {"halted": message, "halted_until": None, "halt": halt, "is_throttled": False}
