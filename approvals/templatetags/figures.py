"""How figures and ages read on our pages."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django import template

from approvals.clock import now
from approvals.money import dollars as as_dollars

register = template.Library()


@register.filter
def dollars(value: Any) -> str:
    return as_dollars(None if value is None else Decimal(value))


@register.filter
def quantity(value: Decimal | None) -> str:
    """Without trailing zeros and with thousands separated: `1,042.5`."""
    if value is None:
        return "–"
    text = f"{Decimal(value):,.3f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


@register.filter
def signed(value: Decimal | None) -> str:
    return ("+" if value is not None and value > 0 else "") + quantity(value)


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
