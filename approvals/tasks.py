"""Celery is the wake-up call: no payload, so a lost or doubled message changes nothing."""

from celery import shared_task

from approvals.outbox.delivering import deliver as deliver_events
from approvals.ticking import tick as run_tick


@shared_task(name="approvals.tasks.tick")
def tick() -> None:
    run_tick()


@shared_task(name="approvals.tasks.deliver")
def deliver() -> None:
    deliver_events()
