"""What people may decide about a push: retry, cancel, re-date, and the two ways out of a conflict.

One way for all of them: the permission, a reason, nothing in the way, one conditional UPDATE, and with it the
decision and its audit entry. Nothing here speaks to NetSuite: whatever may be there is looked up by the drain
before anything is sent.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from approvals import audit
from approvals.alerts import resolve_alert
from approvals.clock import now
from netsuite import claims, conflicts, records
from netsuite.error_classes import Channel
from netsuite.models import Push, PushDecision
from netsuite.outcomes import NO_RECORD
from netsuite.queue import PushRefused, wake_the_drain
from netsuite.retry import Signal, find_rule

Kind = PushDecision.Kind
Status = Push.Status
EARLIEST_DATE, LATEST_DATE = timedelta(days=-366), timedelta(days=31)
"""A re-date beyond these, counted from today, is taken for a slip of the keyboard."""


@dataclass(frozen=True)
class Rule:
    """`act` completes "You may not ..."; `hindrance` says why this push cannot be decided so, or nothing."""

    permission: str
    act: str
    hindrance: Callable[[Push], str]


@dataclass(frozen=True)
class Change:
    """What a decision writes to the push, keeps on its own row, and says in the push's story."""

    said: str
    fields: dict[str, Any]
    details: dict[str, Any] = field(default_factory=dict)
    before: dict[str, Any] = field(default_factory=dict)


def retry_push(*, push: Push, by: AbstractUser, reason: str) -> Push:
    """Give a stuck push three fresh attempts. What was ever sent is looked up before it is sent again."""

    def change() -> Change:
        was_sent = push.sent_at is not None
        status = Status.UNKNOWN if was_sent else Status.PENDING
        return Change("asked to send it again", {**_afresh(status), "may_be_recorded": was_sent})

    return _decide(Kind.RETRY, push, by, reason, change)


def cancel_push(*, push: Push, by: AbstractUser, reason: str) -> Push:
    """Take a push out of the queue for good; refused while it may still arrive in NetSuite."""
    return _decide(Kind.CANCEL, push, by, reason, lambda: Change("cancelled it", {"status": Status.CANCELLED}))


def redate_push(*, push: Push, by: AbstractUser, reason: str, tran_date: date) -> Push:
    """Send a push that was refused for its date under another one: same external id, payload and hash anew.

    It is looked up first. Should NetSuite hold anything under the external id, nothing is sent: a conflict.
    """

    def change() -> Change:
        old = str(push.payload["tranDate"])
        _check_date(tran_date, old)
        record = records.redated(push.payload, tran_date)
        new_hash = records.payload_hash(record_type=push.record_type, external_id=push.external_id, record=record)
        return Change(
            f"changed its date from {old} to {tran_date.isoformat()}",
            {**_afresh(Status.UNKNOWN), "may_be_recorded": True, "payload": record, "payload_hash": new_hash},
            {"date_before": old, "date": tran_date.isoformat(), "payload_hash": new_hash},
            {"payload_before": push.payload, "payload_hash_before": push.payload_hash},
        )

    return _decide(Kind.REDATE, push, by, reason, change)


def accept_netsuites(*, push: Push, by: AbstractUser, reason: str, seen: int) -> Push:
    """A conflict where NetSuite's record is right: it counts as confirmed, and nothing is sent.

    `seen` is the attempt whose answer was looked at; a newer answer must be looked at first.
    """

    def change() -> Change:
        held = _held_as_seen(push, seen)
        confirmed = {**claims.named_by(held.record), "confirmed_at": now()}
        fields = {"status": Status.CONFIRMED, "may_be_recorded": False, **confirmed}
        return Change(f"took NetSuite's {held.name} as right", fields, held.facts())

    return _decide(Kind.ACCEPT, push, by, reason, change)


def look_up_corrected(*, push: Push, by: AbstractUser, reason: str) -> Push:
    """A conflict where ours is right and NetSuite was corrected: it is looked up again, and sent only if absent."""

    def change() -> Change:
        held = conflicts.held_in_netsuite(push)
        fields = {**_afresh(Status.UNKNOWN), "may_be_recorded": True, **claims.named_by(NO_RECORD)}
        return Change("corrected it in NetSuite and asked to look again", fields, held.facts() if held else {})

    return _decide(Kind.CORRECTED, push, by, reason, change)


def hindrance(kind: Kind, push: Push) -> str:
    """Why this push cannot be decided like this now, as a sentence; empty when it can."""
    return RULES[kind].hindrance(push)


def _decide(kind: Kind, push: Push, by: AbstractUser, reason: str, make_change: Callable[[], Change]) -> Push:
    rule, reason = RULES[kind], reason.strip()
    if not by.has_perm(rule.permission):
        raise PermissionDenied(f"You may not {rule.act}. Ask an approver or an administrator.")
    if not reason:
        raise PushRefused("Say why: a decision needs a reason, which is kept with it.")
    if problem := rule.hindrance(push):
        raise PushRefused(problem)
    change = make_change()
    with transaction.atomic():
        _write(push, {**change.fields, "last_outcome": f"{by.get_username()} {change.said}: {reason}"})
        PushDecision.objects.create(
            push=push,
            kind=kind,
            status_before=push.status,
            decided_by_id=by.pk,
            reason=reason,
            details=change.details,
            **change.before,
        )
        hashes = {name: value for name, value in change.before.items() if name == "payload_hash_before"}
        audit.append(
            actor=by,
            verb=f"push.{kind.value}",
            entity_ref=f"push:{push.external_id}",
            details={"status_before": push.status, "reason": reason, **change.details, **hashes},
        )
        resolve_alert(key=push.alert_key, by=by)
        if change.fields["status"] in Push.WAITING:
            wake_the_drain()
    push.refresh_from_db()
    return push


def _write(push: Push, fields: Mapping[str, Any]) -> None:
    """Refused when the drain or a colleague was faster than the page this was decided on."""
    rows = Push.objects.filter(
        pk=push.pk,
        status=push.status,
        attempts=push.attempts,
        may_be_recorded=push.may_be_recorded,
        payload_hash=push.payload_hash,
        lease_token=push.lease_token,  # changed by every drain that touched it
    )
    if rows.update(**fields) != 1:
        push.refresh_from_db()
        raise PushRefused(f"{push.external_id} changed meanwhile: it is now {push.get_status_display().lower()}.")


def _afresh(status: Push.Status) -> dict[str, Any]:
    return {"status": status, "attempts": 0, "failed_lookups": 0, "next_attempt_at": now()}


def _check_date(tran_date: date, old: str) -> None:
    today = timezone.localdate(now())
    earliest, latest = today + EARLIEST_DATE, today + LATEST_DATE
    if tran_date.isoformat() == old:
        raise PushRefused(f"{old} is the date NetSuite refused. Give another one, in an open period.")
    if not earliest <= tran_date <= latest:
        raise PushRefused(f"{tran_date} is too far from today. Give a date from {earliest} to {latest}.")


def _held_as_seen(push: Push, seen: int) -> conflicts.Held:
    held = conflicts.held_in_netsuite(push)
    if held is None:
        raise PushRefused("NetSuite's latest answer describes no record. Have it looked up again instead.")
    if held.is_one_of_several:
        raise PushRefused(
            f"NetSuite holds several records under {push.external_id}: leave one of them there, then look up again."
        )
    if held.number != seen:
        raise PushRefused("NetSuite has been asked again since you looked. Compare the new answer, then decide.")
    return held


def _final(push: Push) -> str:
    return f"{push.external_id} is {push.get_status_display().lower()}; that is final." if push.is_final else ""


def _not_needing_a_person(push: Push) -> str:
    state = push.get_status_display().lower()
    if push.status == Status.CONFLICT:
        return f"{push.external_id} is in {state}: say which side is right instead."
    if push.status != Status.NEEDS_HUMAN:
        return _final(push) or f"{push.external_id} is {state}; the program goes on with it by itself."
    return ""


def _may_be_recorded(push: Push) -> str:
    state = push.get_status_display().lower()
    return f"{push.external_id} may already be in NetSuite ({state}). Wait until it has been looked up."


def _not_cancellable(push: Push) -> str:
    """Only when nothing of ours can still arrive in NetSuite unseen."""
    waits = push.status in {Status.PENDING, Status.RETRY, Status.NEEDS_HUMAN} and not push.may_be_recorded
    if waits or push.status == Status.CONFLICT:
        return ""
    return _final(push) or _may_be_recorded(push)


def _not_redatable(push: Push) -> str:
    if problem := _not_needing_a_person(push):
        return problem
    if push.may_be_recorded:
        return _may_be_recorded(push)
    refused = conflicts.last_send(push)
    if refused is None or "tranDate" not in push.payload:
        return f"{push.external_id} was not refused for its date."
    signal = Signal(Channel.ANSWER, refused.http_status, refused.code, refused.message)
    if find_rule(signal).is_about_date:
        return ""
    return f"{push.external_id} was not refused for its date: another one would not help."


def _not_in_conflict(push: Push) -> str:
    if push.status == Status.CONFLICT:
        return ""
    return _final(push) or f"{push.external_id} is not in conflict: it is {push.get_status_display().lower()}."


RULES: dict[Kind, Rule] = {
    Kind.RETRY: Rule("netsuite.retry_push", "send a push again", _not_needing_a_person),
    Kind.CANCEL: Rule("netsuite.cancel_push", "cancel a push", _not_cancellable),
    Kind.REDATE: Rule("netsuite.redate_push", "give a push another date", _not_redatable),
    Kind.ACCEPT: Rule("netsuite.resolve_conflict", "resolve a conflict with NetSuite", _not_in_conflict),
    Kind.CORRECTED: Rule("netsuite.resolve_conflict", "resolve a conflict with NetSuite", _not_in_conflict),
}
