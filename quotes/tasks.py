"""Celery only wakes us up; which quotes have run out is in their rows."""

from celery import shared_task

from quotes.expiry import expire_due


@shared_task(name="quotes.tasks.expire")
def expire() -> None:
    expire_due()
