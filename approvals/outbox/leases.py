"""The right to serve one subscription. Each step is one conditional UPDATE, by the database's clock."""

from datetime import timedelta

from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now

from approvals.holders import is_gone, own_name
from approvals.models import Subscription


class LeaseLost(Exception):
    """Somebody else serves this subscription now; what this one still holds must not be written."""


def lifetime() -> timedelta:
    """Longer than a slice and the last answer waited for in it."""
    return timedelta(seconds=settings.EVENTS_SLICE + 2 * settings.EVENTS_TIMEOUT + 10)


def acquire(subscription: Subscription) -> int | None:
    """The token of a lease taken now; None while another process holds it, or when it is no longer active.

    A holder that died on this machine is not waited for; were that ever wrong, its token would be refused.
    """
    free = Q(lease_expires_at=None) | Q(lease_expires_at__lte=Now())
    if subscription.lease_holder and is_gone(subscription.lease_holder):
        free |= Q(lease_holder=subscription.lease_holder)
    token = subscription.lease_token + 1
    taken = Subscription.objects.filter(
        free, pk=subscription.pk, lease_token=subscription.lease_token, state=Subscription.State.ACTIVE
    ).update(lease_holder=own_name(), lease_token=token, lease_expires_at=Now() + lifetime())
    return token if taken else None


def release(subscription_id: int, token: int) -> None:
    Subscription.objects.filter(pk=subscription_id, lease_token=token).update(lease_holder="", lease_expires_at=None)


def held(subscription_id: int, token: int) -> Subscription:
    """The row, locked until the caller's transaction ends. Raises LeaseLost."""
    row = Subscription.objects.select_for_update().filter(pk=subscription_id, lease_token=token).first()
    if row is None:
        raise LeaseLost(f"subscription {subscription_id}: lease token {token} is no longer current")
    return row
