"""Celery is the wake-up call: no payload, so a lost or doubled message changes nothing."""

from celery import shared_task

from approvals.ticking import tick as run_tick


@shared_task(name="approvals.tasks.tick")
def tick() -> None:
    run_tick()
