"""Celery is the wake-up call; which slots are due is in the database."""

from celery import shared_task

from approvals.schedules import run_due_slots


@shared_task(name="inventory.counting.tasks.weekly_cycle_count")
def weekly_cycle_count() -> None:
    run_due_slots()
