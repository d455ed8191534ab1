"""Quantities are kept as integers of one millionth; money as decimal text."""

import re
from decimal import ROUND_HALF_UP, Decimal

MILLIONTHS = 1_000_000
_NUMBER = re.compile(r"[+-]?([0-9]{1,12}(\.[0-9]{1,3})?|[0-9]{1,9}(\.[0-9]{1,6})?)")
_THOUSANDTH = Decimal("0.001")
_CENT = Decimal("0.01")


def parse_number(text: object) -> Decimal | None:
    """A plain decimal string of at most 15 digits, 6 of them behind the point; ``None`` for anything
    else, JSON numbers included."""
    if isinstance(text, str) and _NUMBER.fullmatch(text):
        return Decimal(text)
    return None


def to_units(quantity: Decimal) -> int:
    return int(quantity * MILLIONTHS)


def from_units(units: int) -> Decimal:
    return Decimal(units) / MILLIONTHS


def quantity_text(units: int) -> str:
    """At least three places, more only when they are needed: ``-4.000``, ``0.000125``."""
    exact = from_units(units)
    rounded = exact.quantize(_THOUSANDTH)
    return format(rounded if rounded == exact else exact, "f")


def money(amount: Decimal) -> Decimal:
    """Cents, half up, never minus zero."""
    return amount.quantize(_CENT, rounding=ROUND_HALF_UP) + 0
