"""Adjustments that NetSuite has not confirmed yet."""

from django.db.models import Q

from inventory.models import Adjustment
from netsuite.models import Push


def unconfirmed(where: Q, place: str) -> str:
    """A sentence for the approver when earlier adjustments of the place are still on their way; "" when none is."""
    waiting = (
        Adjustment.objects.filter(where, push__isnull=False)
        .exclude(push__status__in=[Push.Status.CONFIRMED, Push.Status.CANCELLED])
        .count()
    )
    return f"{waiting} earlier adjustment(s) {place} have not reached NetSuite yet." if waiting else ""
