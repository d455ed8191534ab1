"""Raise and resolve alerts. Raising the same key again counts it; it does not make a second one."""

from typing import Any

from django.db import transaction
from django.db.models import F

from approvals.clock import now
from approvals.models import Alert


def raise_alert(*, key: str, severity: str, message: str, link: str = "") -> None:
    """Open an alert, or refresh the open one with this key.

    `severity` is one of Alert.Severity; `message` is a sentence saying what to check; `link` a local URL.
    """
    with transaction.atomic():
        _, created = Alert.objects.get_or_create(
            key=key, resolved_at=None, defaults={"severity": severity, "message": message, "link": link}
        )
        if not created:
            Alert.objects.filter(key=key, resolved_at=None).update(
                severity=severity,
                message=message,
                link=link,
                times_raised=F("times_raised") + 1,
                last_raised_at=now(),
            )


def resolve_alert(*, key: str, by: Any | None = None) -> None:
    """Close the open alert with this key, if there is one."""
    Alert.objects.filter(key=key, resolved_at=None).update(resolved_at=now(), resolved_by=by)
