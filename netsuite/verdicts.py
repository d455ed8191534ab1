"""What an outcome makes of a push: its next state, when to look at it again, and the sentence to show.

Rules: netsuite reference 4.2. Unknown outcomes are looked up before any resend; a look-up that finds nothing
proves nothing until the earlier send has had its time; the last of three attempts waits out NetSuite's own
limit of 300 seconds; throttling, locks and refused logins use up no attempt. No query, no HTTP.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from netsuite import retry
from netsuite.configuration import Timing
from netsuite.error_classes import ErrorClass
from netsuite.models.pushes import Push
from netsuite.outcomes import (
    AuthStop,
    ConfigStop,
    Confirmed,
    Conflict,
    Duplicate,
    Failure,
    Later,
    LookupOutcome,
    NotFound,
    PushOutcome,
    Refused,
    Rejected,
    RemoteRecord,
    Throttled,
    Unknown,
)

LOOKUP_FAILURES_BEFORE_ALERT = 5

Status = Push.Status


@dataclass(frozen=True)
class Situation:
    """What is known about a push when an outcome arrives. `attempts` counts the send just made."""

    attempts: int
    sent_at: datetime | None
    now: datetime
    jitter: float = 0.0
    throttles: int = 0
    failed_lookups: int = 0
    last_code: str = ""


@dataclass(frozen=True)
class Verdict:
    status: Push.Status
    sentence: str
    last_class: str
    next_attempt_at: datetime
    attempt_counts: bool = True
    may_be_recorded: bool = False
    lookup_failed: bool = False
    record: RemoteRecord | None = None
    severity: str = ""
    """Of the alert to raise; none when empty."""


def after_send(outcome: PushOutcome, situation: Situation, timing: Timing) -> Verdict:
    now = situation.now
    match outcome:
        case Confirmed() | Conflict():
            return _ended(outcome, now)
        case Rejected():
            sentence = f"NetSuite refused it: {outcome.message}"
            return Verdict(Status.NEEDS_HUMAN, sentence, ErrorClass.NEEDS_HUMAN, now, severity="critical")
        case Unknown() | Duplicate():
            kind = ErrorClass.UNKNOWN if isinstance(outcome, Unknown) else ErrorClass.DUPLICATE
            sentence = f"{outcome.message} It will be looked up before anything is sent again."
            return Verdict(Status.UNKNOWN, sentence, kind, now, may_be_recorded=True)
        case Refused():
            return _refused(outcome, situation)
        case Throttled() | Later() | AuthStop() | ConfigStop():
            return _turned_away(outcome, situation, timing)


def after_lookup(outcome: LookupOutcome, situation: Situation, timing: Timing) -> Verdict:
    now = situation.now
    match outcome:
        case Confirmed() | Conflict():
            return _ended(outcome, now)
        case NotFound():
            return _not_found(situation, timing)
        case Rejected():
            return _lookup_refused(outcome, now)
        case Throttled():
            return _still_unknown(ErrorClass.THROTTLE, now + throttle_delay(outcome, situation))
        case AuthStop() | ConfigStop():
            stopped = isinstance(outcome, AuthStop)
            return _still_unknown(ErrorClass.STOP_AUTH if stopped else ErrorClass.STOP_CONFIG, now)
        case Refused() | Unknown() | Duplicate() | Later():
            return _lookup_failed(outcome, situation)


def throttle_delay(outcome: Throttled, situation: Situation) -> timedelta:
    """NetSuite documents no Retry-After; where a proxy sends one it counts as the least wait."""
    ours = retry.THROTTLING.delay(after=situation.throttles + 1, jitter=situation.jitter)
    asked = min(outcome.retry_after or timedelta(0), retry.THROTTLING.longest)
    return max(ours, asked)


def _ended(outcome: Confirmed | Conflict, now: datetime) -> Verdict:
    record = outcome.record
    if isinstance(outcome, Conflict):
        return Verdict(Status.CONFLICT, outcome.message, "conflict", now, record=record, severity="critical")
    name = outcome.record.tran_id or outcome.record.internal_id
    earlier = ", recorded by an earlier send" if outcome.existing else ""
    return Verdict(Status.CONFIRMED, f"NetSuite holds it as {name}{earlier}.", "confirmed", now, record=record)


def _refused(outcome: Refused, situation: Situation) -> Verdict:
    now = situation.now
    if outcome.may_be_recorded:
        sentence = f"{outcome.message} It will be looked up before anything is sent again."
        return Verdict(Status.UNKNOWN, sentence, ErrorClass.RETRY, now, may_be_recorded=True)
    if situation.attempts >= retry.MAX_ATTEMPTS:
        sentence = f"{outcome.message} That was attempt {situation.attempts} of {retry.MAX_ATTEMPTS}."
        return Verdict(Status.NEEDS_HUMAN, sentence, ErrorClass.RETRY, now, severity="critical")
    again = now + retry.ATTEMPTS.delay(after=situation.attempts, jitter=situation.jitter)
    sentence = f"{outcome.message} Attempt {situation.attempts + 1} of {retry.MAX_ATTEMPTS} follows."
    return Verdict(Status.RETRY, sentence, ErrorClass.RETRY, again)


def _turned_away(outcome: Throttled | Later | AuthStop | ConfigStop, situation: Situation, timing: Timing) -> Verdict:
    """Nothing happened in NetSuite: the attempt is given back."""
    error_class, sentence, wait = _why_turned_away(outcome, situation, timing)
    may_be_recorded = isinstance(outcome, Throttled) and outcome.may_be_recorded
    if may_be_recorded:
        status = Status.UNKNOWN
    else:
        status = Status.RETRY if isinstance(outcome, Later) or situation.attempts > 1 else Status.PENDING
    return Verdict(
        status,
        sentence,
        error_class,
        situation.now + wait,
        attempt_counts=False,
        may_be_recorded=may_be_recorded,
        severity="warning" if isinstance(outcome, Later) else "",
    )


def _why_turned_away(
    outcome: Throttled | Later | AuthStop | ConfigStop, situation: Situation, timing: Timing
) -> tuple[ErrorClass, str, timedelta]:
    match outcome:
        case Throttled():
            sentence = "NetSuite is busy and asked us to wait. No attempt was used up."
            return ErrorClass.THROTTLE, sentence, throttle_delay(outcome, situation)
        case Later():
            sentence = f"{outcome.message} It will be sent again every hour until this passes."
            return ErrorClass.LATER, sentence, timing.later_wait
        case AuthStop():
            sentence = "NetSuite refused our login before looking at this push. It waits unchanged."
            return ErrorClass.STOP_AUTH, sentence, timedelta(0)
        case ConfigStop():
            sentence = f"The NetSuite set-up is wrong: {outcome.message} This push waits unchanged."
            return ErrorClass.STOP_CONFIG, sentence, timedelta(0)


def _not_found(situation: Situation, timing: Timing) -> Verdict:
    now, attempts = situation.now, situation.attempts
    wait = timing.last_attempt_wait if attempts >= retry.MAX_ATTEMPTS - 1 else timing.verify_wait
    settled_at = (situation.sent_at or now) + wait
    if now < settled_at:
        sentence = "NetSuite does not show it yet; an earlier send may still be running. It will be looked up again."
        return Verdict(Status.UNKNOWN, sentence, ErrorClass.UNKNOWN, settled_at, may_be_recorded=True)
    if attempts >= retry.MAX_ATTEMPTS:
        sentence = f"Sent {attempts} times without an answer, and NetSuite does not hold it."
        return Verdict(Status.NEEDS_HUMAN, sentence, ErrorClass.UNKNOWN, now, severity="critical")
    if retry.class_when_absent(situation.last_code) is ErrorClass.NEEDS_HUMAN:
        sentence = f"NetSuite answered {situation.last_code} and does not hold it; sending again would not help."
        return Verdict(Status.NEEDS_HUMAN, sentence, ErrorClass.NEEDS_HUMAN, now, severity="critical")
    return Verdict(Status.RETRY, "Looked up: NetSuite does not hold it. It is sent again.", "not_found", now)


def _still_unknown(error_class: ErrorClass, again: datetime) -> Verdict:
    sentence = "Whether NetSuite holds it is not known yet; the look-up has to wait."
    return Verdict(Status.UNKNOWN, sentence, error_class, again, may_be_recorded=True)


def _lookup_failed(outcome: Failure, situation: Situation) -> Verdict:
    failures = situation.failed_lookups + 1
    again = situation.now + retry.THROTTLING.delay(after=failures, jitter=situation.jitter)
    return Verdict(
        Status.UNKNOWN,
        f"Looking it up failed {failures} times in a row: {outcome.message}",
        ErrorClass.UNKNOWN,
        again,
        may_be_recorded=True,
        lookup_failed=True,
        severity="warning" if failures >= LOOKUP_FAILURES_BEFORE_ALERT else "",
    )


def _lookup_refused(outcome: Rejected, now: datetime) -> Verdict:
    """A person must act, and the push may still be in NetSuite: cancelling stays closed."""
    sentence = f"NetSuite refused to look it up: {outcome.message}"
    return Verdict(Status.NEEDS_HUMAN, sentence, ErrorClass.NEEDS_HUMAN, now, may_be_recorded=True, severity="critical")
