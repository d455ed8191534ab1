"""How figures and ages read on our pages."""

from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django import template

from approvals.clock import now
from approvals.money import dollars as as_dollars

register = template.Library()


MINUS = "-"


def _decimal(value: Any) -> Decimal | None:
    """A number that may have come as text; None when there is none."""
    try:
        return None if value in (None, "") else Decimal(str(value))
    except InvalidOperation:
        return None


@register.filter
def dollars(value: Any) -> str:
    return as_dollars(_decimal(value))


@register.filter
def quantity(value: Any) -> str:
    """Without trailing zeros and with thousands separated: `1,042.5`; a dash when unknown."""
    number = _decimal(value)
    if number is None:
        return "–"
    text = f"{abs(number):,.3f}".rstrip("0").rstrip(".")
    return f"{MINUS}{text}" if number < 0 and text != "0" else text


@register.filter
def signed(value: Any) -> str:
    """A change: `+42` or `−3`."""
    number = _decimal(value)
    return ("+" if number is not None and number > 0 else "") + quantity(value)


@register.filter
def variance_percent(value: Any) -> str:
    """Hundredths with their sign, as `variance_pct` holds them: `+29.58 %`; a dash when there is no base."""
    number = _decimal(value)
    if number is None:
        return "–"
    return f"{'+' if number > 0 else MINUS if number < 0 else ''}{abs(number):,.2f} %"


@register.filter
def in_words(name: str) -> str:
    """`suggested_reason` -> `Suggested reason`."""
    return str(name).replace("_", " ").capitalize()


@register.filter
def percent(share: Decimal | None) -> str:
    """A share from 0 to 1 as `98.4 %`; never rounded up to a perfect 100."""
    if share is None:
        return "–"
    hundredths = Decimal(share) * 100
    shown = f"{hundredths:.1f}"
    if shown == "100.0" and hundredths < 100:
        return "99.9 %"
    return f"{shown.removesuffix('.0')} %"


@register.filter
def age(since: datetime | None) -> str:
    """`12 min`, `3 h`, `5 days`: how long ago, in one unit."""
    return "never" if since is None else lasting(now() - since)


def lasting(span: timedelta) -> str:
    seconds = max(0, int(span.total_seconds()))
    if seconds < 90:
        return f"{seconds} s"
    if seconds < 90 * 60:
        return f"{seconds // 60} min"
    if seconds < 48 * 3600:
        return f"{seconds // 3600} h"
    return f"{seconds // 86400} days"
