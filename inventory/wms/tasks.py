"""Celery only wakes the asking up; which gaps are due is in the database."""

from celery import shared_task

from inventory.wms.backfill_due import ask_due


@shared_task(name="inventory.wms.tasks.backfill")
def backfill() -> None:
    ask_due()
