"""What was delivered long ago is forgotten. Events stay, so a replay can still bring it back."""

from datetime import timedelta

from django.conf import settings

from approvals.clock import now
from approvals.models import Delivery

MOST_AT_ONCE = 5_000


def forget_delivered() -> int:
    """Delete a bounded number of delivered rows older than EVENTS_KEEP_DAYS; the next tick goes on."""
    ended = Delivery.objects.filter(
        status=Delivery.Status.DELIVERED, delivered_at__lt=now() - timedelta(days=settings.EVENTS_KEEP_DAYS)
    )
    old = list(ended.order_by("delivered_at").values_list("pk", flat=True)[:MOST_AT_ONCE])
    return Delivery.objects.filter(pk__any_of=old).delete()[0] if old else 0
