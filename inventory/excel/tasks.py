"""Celery only wakes us up; what was synced is in the database."""

from celery import shared_task

from approvals.schedules import run_due_slots
from inventory.excel.folder import look_into_folders


@shared_task(name="inventory.excel.tasks.look_into_folders")
def look() -> None:
    look_into_folders()


@shared_task(name="inventory.excel.tasks.morning_sync")
def morning_sync() -> None:
    """The folder first, so that a workbook dropped at the last minute is there when the morning is judged."""
    look_into_folders()
    run_due_slots()
