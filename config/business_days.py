"""The company's calendar, from the environment: the weekdays on which work is done, and the holidays."""

from datetime import date

import environ
from django.core.exceptions import ImproperlyConfigured

from approvals.contract import WEEKDAYS


def business_calendar(env: environ.Env) -> tuple[tuple[str, ...], tuple[date, ...]]:
    """BUSINESS_DAYS and BUSINESS_HOLIDAYS."""
    names = [name.strip().upper() for name in env.list("BUSINESS_DAYS", default=list(WEEKDAYS[:5])) if name.strip()]
    unknown = [name for name in names if name not in WEEKDAYS]
    if unknown or not names:
        said = unknown[0] if unknown else "empty"
        raise ImproperlyConfigured(f"BUSINESS_DAYS is {said}; name weekdays such as MON,TUE,WED,THU,FRI.")
    holidays = [text.strip() for text in env.list("BUSINESS_HOLIDAYS", default=[]) if text.strip()]
    days = tuple(name for name in WEEKDAYS if name in names)
    return days, tuple(sorted(_holiday(text) for text in holidays))


def _holiday(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ImproperlyConfigured(
            f"BUSINESS_HOLIDAYS has “{text}”; write dates such as 2026-12-25, separated by commas."
        ) from error
