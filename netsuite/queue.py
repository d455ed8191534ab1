"""Putting a push into the queue, and what people may do with one that is stuck."""

import re

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from approvals import audit
from approvals.alerts import resolve_alert
from approvals.clock import now
from approvals.failpoints import Failpoint, reach
from approvals.models import WorkflowRun
from approvals.refusals import Refused
from netsuite.models import Push, PushDecision
from netsuite.records import Json, payload_hash
from netsuite.tasks import drain

EXTERNAL_ID = re.compile(r"[A-Z0-9_-]{1,64}")
"""NetSuite compares external ids without regard to case, for all transaction types together."""


class PushRefused(Refused):
    """The push cannot be queued, retried or cancelled; the sentence says why."""


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
    _wake_the_drain()
    return wanted


def retry_push(*, push: Push, by: AbstractUser, reason: str) -> Push:
    """Give a stuck push three fresh attempts. What was ever sent is looked up before it is sent again."""
    _require(by, "netsuite.retry_push", "send a push again")
    was_sent = push.sent_at is not None
    decided = _decide(
        push,
        by,
        reason,
        PushDecision.Kind.RETRY,
        allowed=push.may_retry,
        status=Push.Status.UNKNOWN if was_sent else Push.Status.PENDING,
        attempts=0,
        failed_lookups=0,
        may_be_recorded=was_sent,
        next_attempt_at=now(),
        last_outcome=f"{by.get_username()} asked to send it again: {reason.strip()}",
    )
    _wake_the_drain()
    return decided


def cancel_push(*, push: Push, by: AbstractUser, reason: str) -> Push:
    """Take a push out of the queue for good; refused while it may still arrive in NetSuite."""
    _require(by, "netsuite.cancel_push", "cancel a push")
    return _decide(
        push,
        by,
        reason,
        PushDecision.Kind.CANCEL,
        allowed=push.may_cancel,
        status=Push.Status.CANCELLED,
        last_outcome=f"{by.get_username()} cancelled it: {reason.strip()}",
    )


def _wake_the_drain() -> None:
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
    raise ExternalIdTaken(
        f"{existing.external_id} is already queued as {existing.label!r} with another content. "
        "A changed record needs an external id of its own."
    )


def _require(by: AbstractUser, permission: str, what: str) -> None:
    if not by.has_perm(permission):
        raise PermissionDenied(f"You may not {what}. Ask an approver or an administrator.")


def _decide(
    push: Push, by: AbstractUser, reason: str, kind: PushDecision.Kind, *, allowed: bool, **fields: object
) -> Push:
    """One conditional UPDATE with its decision row; refused when the drain or a colleague was faster."""
    if not reason.strip():
        raise PushRefused(f"Say why: {kind.label.lower()} needs a reason.")
    if not allowed:
        raise PushRefused(_not_allowed(push, kind))
    with transaction.atomic():
        rows = Push.objects.filter(
            pk=push.pk, status=push.status, may_be_recorded=push.may_be_recorded, attempts=push.attempts
        )
        if rows.update(**fields) != 1:
            push.refresh_from_db()
            raise PushRefused(f"{push.external_id} changed meanwhile: it is now {push.get_status_display().lower()}.")
        PushDecision.objects.create(
            push=push, kind=kind, status_before=push.status, decided_by_id=by.pk, reason=reason.strip()
        )
        audit.append(
            actor=by,
            verb=f"push.{kind.value}",
            entity_ref=f"push:{push.external_id}",
            details={"status_before": push.status, "reason": reason.strip()},
        )
        resolve_alert(key=push.alert_key, by=by)
    push.refresh_from_db()
    return push


def _not_allowed(push: Push, kind: PushDecision.Kind) -> str:
    state = push.get_status_display().lower()
    if push.is_final:
        return f"{push.external_id} is {state}; that is final."
    if kind == PushDecision.Kind.RETRY:
        return f"{push.external_id} is {state}; the program goes on with it by itself."
    return f"{push.external_id} may already be in NetSuite ({state}). Wait until it has been looked up."
