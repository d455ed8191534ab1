"""How numbers and names read on every page."""

from decimal import Decimal, InvalidOperation
from typing import Any

from django import template

from approvals.money import dollars as in_dollars

register = template.Library()
MINUS = "\N{MINUS SIGN}"


def _decimal(value: Any) -> Decimal | None:
    try:
        return None if value in (None, "") else Decimal(str(value))
    except InvalidOperation:
        return None


@register.filter
def dollars(value: Any) -> str:
    return in_dollars(_decimal(value))


@register.filter
def quantity(value: Any) -> str:
    """Without trailing zeros, with thousands: `1,200` or `12.5`; a dash when unknown."""
    number = _decimal(value)
    if number is None:
        return "–"
    text = f"{abs(number):,.3f}".rstrip("0").rstrip(".")
    return f"{MINUS}{text}" if number < 0 else text


@register.filter
def change(value: Any) -> str:
    """A signed quantity: `+42` or `−3`."""
    number = _decimal(value)
    return f"+{quantity(number)}" if number is not None and number > 0 else quantity(number)


@register.filter
def percent(value: Any) -> str:
    """A percentage with two decimals and its sign; a dash when there is no base."""
    number = _decimal(value)
    if number is None:
        return "–"
    return f"{'+' if number > 0 else MINUS if number < 0 else ''}{abs(number):,.2f} %"


@register.filter
def in_words(name: str) -> str:
    """`suggested_reason` -> `Suggested reason`."""
    return str(name).replace("_", " ").capitalize()
