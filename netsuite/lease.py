"""Taking, keeping and giving back the right to write to NetSuite. Each step is one conditional UPDATE."""

import time
from datetime import timedelta

from django.db import InterfaceError, OperationalError, connection
from django.db.models import Exists, Q
from django.db.models.functions import Now

from approvals.clock import now
from approvals.holders import is_gone
from netsuite.models import DrainLease
from netsuite.models.lease import NETSUITE

DATABASE_AWAY = (OperationalError, InterfaceError)
GIVE_BACK_SECONDS = 30


class LeaseLost(Exception):
    """Another drain has taken over; whatever this one still holds in its hands must not be written."""


def acquire(holder: str, lifetime: timedelta) -> int | None:
    """The token of a lease taken now, or None while somebody else holds it.

    A holder that died on this machine is not waited for: its process is known to be gone, and if that were
    ever wrong, its token would still be refused.
    """
    row, _ = DrainLease.objects.get_or_create(name=NETSUITE)
    free = Q(expires_at__isnull=True) | Q(expires_at__lte=Now())
    if row.holder and is_gone(row.holder):
        free |= Q(holder=row.holder, token=row.token)
    token = row.token + 1
    taken = DrainLease.objects.filter(free, name=NETSUITE, token=row.token).update(
        holder=holder, token=token, expires_at=Now() + lifetime
    )
    return token if taken == 1 else None


def renew(token: int, lifetime: timedelta) -> None:
    """Hold on for another lifetime; raises LeaseLost when the lease has passed to another drain."""
    kept = DrainLease.objects.filter(name=NETSUITE, token=token).update(expires_at=Now() + lifetime)
    if kept != 1:
        raise LeaseLost(f"lease token {token} is no longer current")


def release(token: int, *, completed: bool = True) -> None:
    """Give the lease back; note the time when the drain came to its end and nothing had stopped it."""
    noted = {"last_drained_at": now()} if completed else {}
    DrainLease.objects.filter(name=NETSUITE, token=token).update(holder="", expires_at=None, **noted)


def give_back(holder: str) -> None:
    """As release, for a drain whose database went away and that may not even know its token.

    Tried anew for half a minute, because nobody may write before the lease is back: its time is long.
    """
    deadline = time.monotonic() + GIVE_BACK_SECONDS
    while True:
        connection.close()
        try:
            DrainLease.objects.filter(name=NETSUITE, holder=holder).update(holder="", expires_at=None)
            return
        except DATABASE_AWAY:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def is_held(token: int) -> bool:
    return DrainLease.objects.filter(name=NETSUITE, token=token).exists()


def held(token: int) -> Exists:
    """For the WHERE of every write a drain makes: true only while `token` is the current one."""
    return Exists(DrainLease.objects.filter(name=NETSUITE, token=token))
