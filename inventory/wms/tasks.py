from celery import shared_task

from approvals.schedules import run_due_slots


@shared_task(name="inventory.wms.tasks.reconcile")
def reconcile() -> None:
    run_due_slots()
