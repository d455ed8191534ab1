"""Celery only wakes what is due; which gaps and which days that is, is in the database."""

from celery import shared_task

from approvals.schedules import run_due_slots
from inventory.wms.backfill_due import ask_due


@shared_task(name="inventory.wms.tasks.backfill")
def backfill() -> None:
    ask_due()


@shared_task(name="inventory.wms.tasks.reconcile")
def reconcile() -> None:
    run_due_slots()
