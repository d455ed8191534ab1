"""The writes of a drain: claim, look-up begun, outcome recorded, dead drain's pushes taken over.

Every one is a short transaction that changes a row only while the drain's token is current and the row is as
the drain saw it. No HTTP happens here.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from approvals.alerts import raise_alert, resolve_alert
from approvals.clock import now
from approvals.failpoints import Failpoint, reach
from netsuite import lease
from netsuite.answers import decimal
from netsuite.models import Push, PushAttempt
from netsuite.outcomes import Confirmed, Failure, LookupOutcome, PushOutcome, RemoteRecord
from netsuite.verdicts import Verdict

Status = Push.Status
INTERRUPTED = "interrupted"
HELD_BACK = "held_back"
ANSWERED = ("finished_at", "outcome", "http_status", "raw_answer", "nonce", "duration_ms", "code", "message")


class PushChanged(Exception):
    """A person changed the push between our reading and our claim; leave it to the next round."""


def sweep(token: int) -> int:
    """Pushes left in flight by a drain that is gone become unknown: they may or may not have arrived."""
    with transaction.atomic():
        left = list(Push.objects.filter(lease.held(token), status=Status.IN_FLIGHT).exclude(lease_token=token))
        for push in left:
            _change(
                push,
                token,
                status=Status.UNKNOWN,
                may_be_recorded=True,
                next_attempt_at=now(),
                last_class="unknown",
                last_outcome="The program stopped while sending it. It is looked up next.",
            )
        PushAttempt.objects.filter(lease.held(token), finished_at=None).exclude(token=token).update(
            finished_at=now(),
            outcome=INTERRUPTED,
            message="The program stopped before an answer was recorded.",
        )
    return len(left)


def claim(push: Push, token: int) -> PushAttempt:
    """Commit "this is being sent" before the first byte leaves. Raises PushChanged or LeaseLost."""
    with transaction.atomic():
        _change(
            push,
            token,
            status=Status.IN_FLIGHT,
            attempts=push.attempts + 1,
            may_be_recorded=True,
            sent_at=now(),
        )
        return _attempt(push, PushAttempt.Kind.SEND, token)


def hold_back(push: Push, token: int, objection: str) -> None:
    """Nothing is sent; a person mends the cause and sends it again, or cancels it."""
    sentence = f"Held back, nothing was sent. {objection}"
    with transaction.atomic():
        _change(push, token, status=Status.NEEDS_HUMAN, last_class=HELD_BACK, last_outcome=sentence)
        message = f"{push.external_id} ({push.label}): {sentence}"
        raise_alert(key=push.alert_key, severity="warning", message=message, link=push.admin_link())


def look_up_numbers(pushes: Sequence[Push]) -> None:
    """The number of the last attempt of each, in one query for the batch."""
    tried = PushAttempt.objects.filter(push__in=pushes).order_by().values_list("push").annotate(Max("number"))
    last = dict(tried)
    for push in pushes:
        push.last_number = last.get(push.pk, 0)


def begin_lookup(push: Push, token: int) -> PushAttempt:
    with transaction.atomic():
        _change(push, token)
        return _attempt(push, PushAttempt.Kind.LOOKUP, token)


def record(
    push: Push, attempt: PushAttempt, token: int, outcome: PushOutcome | LookupOutcome, verdict: Verdict
) -> None:
    """Write what came back, the state that follows and its alert, all or nothing."""
    with transaction.atomic():
        _change(push, token, **_fields(push, attempt, verdict))
        _finish(attempt, outcome, verdict)
        if verdict.severity:
            message = f"{push.external_id} ({push.label}): {verdict.sentence}"
            raise_alert(key=push.alert_key, severity=verdict.severity, message=message, link=push.admin_link())
        elif verdict.status == Status.CONFIRMED and attempt.number > 1:
            resolve_alert(key=push.alert_key)
        reach(Failpoint.WHILE_RECORDING)


def last_send_code(push: Push) -> str:
    """What the latest send was answered with; empty after an interruption or a fresh start."""
    if push.attempts == 0:
        return ""
    sent = push.attempt_rows.filter(kind=PushAttempt.Kind.SEND).order_by("-number").first()
    return sent.code if sent else ""


def _change(push: Push, token: int, **fields: Any) -> None:
    """The compare-and-set all writes go through; `push` then shows what was written."""
    rows = Push.objects.filter(
        lease.held(token),
        pk=push.pk,
        status=push.status,
        attempts=push.attempts,
        payload_hash=push.payload_hash,  # a person may have re-dated it
    )
    if push.status == Status.IN_FLIGHT:
        rows = rows.filter(lease_token=push.lease_token)
    fields["lease_token"] = token
    if rows.update(**fields) != 1:
        if lease.is_held(token):
            raise PushChanged(push.external_id)
        raise lease.LeaseLost(f"lease token {token} is no longer current")
    for name, value in fields.items():
        setattr(push, name, value)


def _attempt(push: Push, kind: PushAttempt.Kind, token: int) -> PushAttempt:
    """Numbered after the last one, which only the holder of the lease adds to."""
    attempt = PushAttempt.objects.create(push=push, number=push.last_number + 1, kind=kind, token=token)
    push.last_number = attempt.number
    return attempt


def named_by(record: RemoteRecord) -> dict[str, Any]:
    """What a push keeps of the record NetSuite describes. The value of an adjustment is a cost and is not kept."""
    subtotal = decimal(record.subtotal)
    return {
        "internal_id": record.internal_id,
        "tran_id": record.tran_id,
        "remote_subtotal": subtotal,
        "remote_total": None if subtotal is None else decimal(record.total),
    }


def _fields(push: Push, attempt: PushAttempt, verdict: Verdict) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "status": verdict.status,
        "next_attempt_at": verdict.next_attempt_at,
        "may_be_recorded": verdict.may_be_recorded,
        "last_class": verdict.last_class,
        "last_outcome": verdict.sentence,
        "failed_lookups": push.failed_lookups + 1 if verdict.lookup_failed else 0,
    }
    if attempt.kind == PushAttempt.Kind.SEND and not verdict.attempt_counts:
        fields["attempts"] = push.attempts - 1
    if verdict.record is not None:
        fields |= named_by(verdict.record)
    if verdict.status == Status.CONFIRMED:
        fields["confirmed_at"] = now()
    return fields


def _finish(attempt: PushAttempt, outcome: PushOutcome | LookupOutcome, verdict: Verdict) -> None:
    exchange = outcome.exchange
    attempt.finished_at = _finished_at(attempt.started_at)
    attempt.outcome = _name(outcome, verdict)
    attempt.http_status = exchange.http_status
    attempt.raw_answer = exchange.raw
    attempt.nonce = exchange.nonce
    attempt.duration_ms = exchange.duration_ms
    if isinstance(outcome, Failure):
        attempt.code, attempt.message = outcome.code[:80], outcome.message
    attempt.save(update_fields=ANSWERED)


def _name(outcome: PushOutcome | LookupOutcome, verdict: Verdict) -> str:
    if isinstance(outcome, Confirmed):
        return "existing" if outcome.existing else "created"
    return str(verdict.last_class) if isinstance(outcome, Failure) else "not_found"


def _finished_at(started_at: datetime) -> datetime:
    return max(now(), started_at)
