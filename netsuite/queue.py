"""Putting a push into the queue. What people may do with one that is stuck: netsuite.decisions."""

import re

from django.db import IntegrityError, transaction

from approvals.failpoints import Failpoint, reach
from approvals.models import WorkflowRun
from approvals.refusals import Refused
from netsuite.models import Push
from netsuite.records import Json, payload_hash
from netsuite.tasks import drain

EXTERNAL_ID = re.compile(r"[A-Z0-9_-]{1,64}")
"""NetSuite compares external ids without regard to case, for all transaction types together."""


class PushRefused(Refused):
    """The push cannot be queued, or not be decided like this; the sentence says why."""


class ExternalIdTaken(PushRefused):
    """The external id is in the queue with another content."""


def enqueue(
    *,
    record_type: str,
    external_id: str,
    record: Json,
    label: str,
    line_count: int,
    workflow_run: WorkflowRun | None = None,
) -> Push:
    """Queue one record inside the caller's transaction, or return the push already queued for it.

    Raises ExternalIdTaken when the id is queued with another content. A worker is woken after commit; if that
    call is lost, the next tick finds the row.
    """
    if not EXTERNAL_ID.fullmatch(external_id):
        raise PushRefused(f"{external_id!r} cannot be an external id: use A-Z, 0-9, _ and -, at most 64 characters.")
    wanted = Push(
        record_type=record_type,
        external_id=external_id,
        payload=record,
        payload_hash=payload_hash(record_type=record_type, external_id=external_id, record=record),
        label=label[:200],
        line_count=line_count,
        workflow_run=workflow_run,
    )
    existing = Push.objects.filter(external_id=external_id).first() or _insert(wanted)
    if existing is not None:
        return _same(existing, wanted)
    wake_the_drain()
    return wanted


def wake_the_drain() -> None:
    transaction.on_commit(_tell_the_worker, robust=True)


def _tell_the_worker() -> None:
    reach(Failpoint.BEFORE_WAKE_UP)
    drain.delay()


def _insert(wanted: Push) -> Push | None:
    """Insert; when somebody else was faster, their row."""
    try:
        with transaction.atomic():
            wanted.save(force_insert=True)
    except IntegrityError:
        return Push.objects.get(external_id=wanted.external_id)
    return None


def _same(existing: Push, wanted: Push) -> Push:
    if existing.payload_hash == wanted.payload_hash:
        return existing
    if existing.decisions.filter(payload_hash_before=wanted.payload_hash).exists():
        return existing  # a person has re-dated it since
    raise ExternalIdTaken(
        f"{existing.external_id} is already queued as {existing.label!r} with another content. "
        "A changed record needs an external id of its own."
    )
