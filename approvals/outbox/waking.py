"""A worker is told when events have committed: once a transaction, and only if somebody subscribes.

A call that gets lost costs seconds: beat wakes the same task all the time.
"""

from typing import Any

from django.db import connection, transaction
from django.db.models.signals import post_save

from approvals.models import Event, Subscription
from approvals.tasks import deliver


def wake_on_commit() -> None:
    """For whoever writes events in bulk, inside their transaction; single ones are noticed when saved."""
    if not any(callback is _tell_the_worker for _, callback, *_ in connection.run_on_commit):
        transaction.on_commit(_tell_the_worker, robust=True)


def notice_events() -> None:
    post_save.connect(_noticed, sender=Event, dispatch_uid="approvals.outbox.waking")


def _noticed(sender: type[Event], created: bool, **_: Any) -> None:
    if created:
        wake_on_commit()


def _tell_the_worker() -> None:
    if Subscription.objects.filter(state=Subscription.State.ACTIVE).exists():
        deliver.delay()
