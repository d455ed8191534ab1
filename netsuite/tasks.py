"""Celery only wakes the drain up; what is due is in the database."""

from celery import shared_task

from netsuite import drain as draining


@shared_task(name="netsuite.tasks.drain")
def drain() -> None:
    draining.drain()
