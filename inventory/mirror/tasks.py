"""Celery only wakes the mirror up; what it did last is in the database."""

from celery import shared_task

from inventory.mirror.mirroring import mirror_netsuite


@shared_task(name="inventory.mirror.tasks.mirror")
def mirror() -> None:
    mirror_netsuite()
