"""The signing secrets of a subscription."""

import logging
from datetime import timedelta

from django.db.models import Q

from approvals.clock import now
from approvals.models import Subscription, SubscriptionSecret
from approvals.outbox.signing import new_secret
from approvals.sealing import Unreadable, seal, unseal

log = logging.getLogger(__name__)


def add_secret(subscription: Subscription, *, others_end_after: timedelta) -> str:
    """Inside the caller's transaction: a new secret, and an end for those before it. The text is kept sealed only."""
    ends = now() + others_end_after
    older = subscription.secrets.filter(Q(expires_at=None) | Q(expires_at__gt=ends))
    older.update(expires_at=ends)
    text = new_secret()
    SubscriptionSecret.objects.create(subscription=subscription, sealed=seal(text))
    return text


def valid_secrets(subscription: Subscription) -> list[str]:
    """Newest first. One that cannot be opened any more is passed over."""
    found = []
    for row in subscription.secrets.filter(Q(expires_at=None) | Q(expires_at__gt=now())):
        try:
            found.append(unseal(row.sealed))
        except Unreadable:
            log.error("secret %s of %s cannot be opened: SECRET_KEY was changed", row.pk, subscription.name)
    return found
