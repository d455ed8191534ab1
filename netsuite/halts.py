"""When the whole drain stands still, for how long, and what starts it again.

Five refused logins lock NetSuite's integration user for 30 minutes, so: one login failure stops everything;
one probe follows after a minute; from the second failure on the waits grow, from half an hour to a day, unless
there are new credentials or an operator presses Try now.
"""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import PermissionDenied
from django.db import transaction

from approvals import audit
from approvals.alerts import raise_alert, resolve_alert
from approvals.clock import now
from netsuite import lease
from netsuite.configuration import Timing
from netsuite.models import DrainLease
from netsuite.models.lease import NETSUITE
from netsuite.outcomes import AuthStop
from netsuite.signing import Signer

LOGIN_ALERT = "netsuite-login"
INCOMPLETE_ALERT = "netsuite-not-set-up"
SETUP_ALERT = "netsuite-setup"
REACH_ALERT = "netsuite-unreachable"
THROTTLE_ALERT = "netsuite-throttled"
LOGINS_BEFORE_LONG_HALT = 2
GROWTH = (1, 4, 12, 48)
"""Of the long halt, for each further refused login: half an hour, 2 hours, 6 hours, a day, and so on daily."""
TRIES = 5
THROTTLED_TOO_LONG = timedelta(minutes=30)

Halt = DrainLease.Halt


def current() -> DrainLease:
    """The row as it is now. A drain that holds the lease reads it once: nobody else halts or clears."""
    return DrainLease.objects.get_or_create(name=NETSUITE)[0]


def standing(row: DrainLease, fingerprint: str) -> str:
    """The sentence why nothing may be sent now; empty when something may (perhaps after a probe)."""
    if row.halt == Halt.NONE or row.halted_until is None or row.halted_until <= now():
        return ""
    if row.halt == Halt.LOGIN and row.failed_credentials != fingerprint:
        return ""
    return row.halted_reason


def needs_probe(row: DrainLease) -> bool:
    return row.halt in {Halt.LOGIN, Halt.SETUP}


def login_refused(row: DrainLease, outcome: AuthStop, signer: Signer, timing: Timing) -> str:
    """Stop everything after a refused login; returns the sentence shown."""
    fingerprint = signer.fingerprint()
    earlier = row.failed_logins if row.failed_credentials in {"", fingerprint} else 0
    failures = earlier + outcome.exchange.logins
    again = now() + _wait_after(failures, timing)
    reason = (
        f"NetSuite refused our login ({outcome.message.rstrip('.')}). Nothing is sent; the next try is at "
        f"{again:%d %b %H:%M} UTC. {signer.what_to_check}"
    )
    _halt(
        row,
        Halt.LOGIN,
        again,
        reason,
        LOGIN_ALERT,
        "critical",
        failed_logins=failures,
        failed_credentials=fingerprint,
    )
    return reason


def _wait_after(failures: int, timing: Timing) -> timedelta:
    if failures < LOGINS_BEFORE_LONG_HALT:
        return timing.auth_probe_wait
    return timing.auth_halt * GROWTH[min(failures - LOGINS_BEFORE_LONG_HALT, len(GROWTH) - 1)]


def setup_wrong(row: DrainLease, message: str, timing: Timing) -> str:
    reason = (
        f"The NetSuite set-up is wrong: {message.rstrip('.')}. Nothing is sent. Check the address, the "
        "script and its deployment, and the role's permissions; then press Try now."
    )
    _halt(row, Halt.SETUP, now() + timing.auth_probe_wait, reason, SETUP_ALERT, "critical")
    return reason


def unreachable(row: DrainLease, message: str) -> str:
    """New pushes wait for a ping that succeeds, so that an outage does not use up everybody's attempts."""
    reason = (
        f"{message} New pushes wait until NetSuite can be reached again; one already tried three times needs a "
        "retry then. Check the worker's network, name service and proxy, NETSUITE_RESTLET_BASE_URL, and NetSuite's "
        "status page."
    )
    _halt(row, Halt.UNREACHABLE, now(), reason, REACH_ALERT, "warning")
    return reason


def throttled(row: DrainLease, until: datetime) -> str:
    since = row.throttled_since or now()
    reason = (
        f"NetSuite is busy and asked us to slow down; the next try is at {until:%H:%M:%S} UTC. No attempt is used up. "
        "If it lasts beyond half an hour, check NetSuite's status page and this integration's concurrency."
    )
    fields = {"throttles": row.throttles + 1, "throttled_since": since}
    key = THROTTLE_ALERT if now() - since >= THROTTLED_TOO_LONG else ""
    _halt(row, Halt.THROTTLED, until, reason, key, "warning", **fields)
    return reason


def why_not_sign_in(signer: Signer) -> str:
    """For reading, which signs in with the same credentials: the sentence while a refused login stops everything."""
    row = current()
    return standing(row, signer.fingerprint()) if row.halt == Halt.LOGIN else ""


def reading_refused(outcome: AuthStop, signer: Signer, timing: Timing) -> None:
    """A login refused while reading counts as the drain's own: together they must not lock the user."""
    for _ in range(TRIES):
        try:
            login_refused(current(), outcome, signer, timing)
            return
        except lease.LeaseLost:
            continue  # a drain has just taken or given back the lease


def answered(row: DrainLease) -> None:
    """NetSuite took a call of ours: whatever stood in the way is over."""
    fields = {
        "halt": Halt.NONE,
        "halted_until": None,
        "halted_reason": "",
        "failed_logins": 0,
        "failed_credentials": "",
        "throttles": 0,
        "throttled_since": None,
    }
    if all(getattr(row, name) == value for name, value in fields.items()):
        return
    with transaction.atomic():
        _update(row, fields)
        for key in (LOGIN_ALERT, SETUP_ALERT, REACH_ALERT, THROTTLE_ALERT):
            resolve_alert(key=key)


def resume_drain(*, by: AbstractUser) -> None:
    """An operator has mended the cause: the next drain probes at once, and the waits begin anew."""
    if not by.has_perm("netsuite.resume_drain"):
        raise PermissionDenied("You may not resume pushing to NetSuite. Ask an approver or an administrator.")
    with transaction.atomic():
        audit.append(actor=by, verb="drain.resume", entity_ref=f"lease:{NETSUITE}", details={"halt": current().halt})
        rows = DrainLease.objects.filter(name=NETSUITE)
        rows.exclude(halt=Halt.NONE).update(halted_until=now())
        rows.filter(failed_logins__gte=LOGINS_BEFORE_LONG_HALT).update(failed_logins=LOGINS_BEFORE_LONG_HALT - 1)


def _halt(row: DrainLease, halt: Halt, until: datetime, reason: str, alert: str, severity: str, **fields: Any) -> None:
    with transaction.atomic():
        _update(row, {"halt": halt, "halted_until": until, "halted_reason": reason, **fields})
        if alert:
            raise_alert(key=alert, severity=severity, message=reason)


def _update(row: DrainLease, fields: dict[str, Any]) -> None:
    """Written only while the row's token is current; `row` then shows it."""
    if DrainLease.objects.filter(name=NETSUITE, token=row.token).update(**fields) != 1:
        raise lease.LeaseLost(f"lease token {row.token} is no longer current")
    for name, value in fields.items():
        setattr(row, name, value)
