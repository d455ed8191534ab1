"""The one clock. Everything that asks for the time asks here, so tests and drills can move it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

_moment: ContextVar[datetime | None] = ContextVar("moment", default=None)


def now() -> datetime:
    """The current instant, aware, UTC; shifted by CLOCK_OFFSET_SECONDS in drills (0 in production)."""
    return _moment.get() or timezone.now() + timedelta(seconds=settings.CLOCK_OFFSET_SECONDS)


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Let it be `moment` (aware) for this thread inside the block, to make a history."""
    if moment.tzinfo is None:
        raise ValueError("The clock needs a moment with a time zone.")
    token = _moment.set(moment)
    try:
        yield
    finally:
        _moment.reset(token)
