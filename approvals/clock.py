"""The one clock. Everything that asks for the time asks here, so tests and drills can move it."""

from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone


def now() -> datetime:
    """The current instant, aware, UTC; shifted by CLOCK_OFFSET_SECONDS in drills (0 in production)."""
    return timezone.now() + timedelta(seconds=settings.CLOCK_OFFSET_SECONDS)
