from celery import shared_task

from approvals.schedules import run_due_slots


@shared_task(name="inventory.day_end.tasks.end_of_day")
def end_of_day() -> None:
    run_due_slots()
