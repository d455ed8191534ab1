"""The parts of an update, whatever the schema calls them. Each raises Unmappable with a sentence naming the field."""

import re
from datetime import datetime
from decimal import Decimal
from typing import Any

from inventory.wms.schemas.update import Raw, Unmappable

SELLABLE = frozenset({"available", "sellable", "in_stock"})
LARGEST_SEQUENCE = 2**63 - 1
QUANTITY_BELOW = Decimal(10) ** 11
LONGEST_SKU = 60
SHOWN = 60
_WHOLE = re.compile(r"[0-9]{1,19}", re.ASCII)
_NUMBER = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,30})?", re.ASCII)


def part(raw: Raw, name: str) -> Any:
    """The object in this field."""
    inner = raw.get(name)
    if not isinstance(inner, dict):
        raise Unmappable("unreadable", f"{name} is missing or no object. Send it as the schema says.")
    return inner


def text(raw: Raw, name: str) -> str:
    value = raw.get(name)
    if not isinstance(value, str) or not value.strip():
        raise Unmappable("unreadable", f"{name} is missing, empty or no text. Send it as text.")
    return value.strip()


def sku(raw: Raw, name: str) -> str:
    found = text(raw, name)
    if len(found) > LONGEST_SKU:
        raise Unmappable(
            "unknown_sku", f"{name} has {len(found)} characters; no item code has more than {LONGEST_SKU}."
        )
    return found


def sequence(raw: Raw, name: str) -> int:
    number = whole(raw.get(name))
    if number is None:
        raise Unmappable("unreadable", f"{name} is missing or no whole number from 0 to {LARGEST_SEQUENCE}.")
    return number


def whole(value: Any) -> int | None:
    """A sequence, from a number or from digits; None when it is neither."""
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST_SEQUENCE:
        return value
    return None


def quantity(raw: Raw, name: str) -> Decimal:
    value = raw.get(name)
    number = Decimal(str(value)) if _is_number(value) else None
    if number is None:
        raise Unmappable("unreadable", f"{name} is missing or no number. Send what is on hand, 0 for nothing.")
    if number < 0:
        raise Unmappable("negative", f"{name} is {_shown(value)}: less than nothing cannot lie there.")
    if number >= QUANTITY_BELOW:
        raise Unmappable("too_large", f"{name} is {_shown(value)}, more than any warehouse holds.")
    if number.as_tuple().exponent < -3 and number != round(number, 3):  # type: ignore[operator]
        raise Unmappable("not_whole", f"{name} is {_shown(value)}: more than three decimals. Round it there.")
    return number


def _is_number(value: Any) -> bool:
    if isinstance(value, str):
        return _NUMBER.fullmatch(value) is not None
    return isinstance(value, int | float) and not isinstance(value, bool)


def sellable(status: str) -> str:
    """Only what can be sold is kept on hand here."""
    if status.lower() not in SELLABLE:
        raise Unmappable(
            "not_sellable",
            f"status is “{_shown(status)}”, which is no stock to sell. On hand here is what can be sold: "
            f"{', '.join(sorted(SELLABLE))}.",
        )
    return status.lower()


def moment(raw: Raw, name: str) -> datetime:
    said = raw.get(name)
    try:
        found = datetime.fromisoformat(said) if isinstance(said, str) else None
    except ValueError:
        found = None
    if found is None or found.utcoffset() is None or not 2000 <= found.year < 2200:
        raise Unmappable("unreadable", f"{name} is no moment with an offset, such as 2026-11-02T07:30:00Z.")
    return found


def _shown(value: Any) -> str:
    said = str(value)
    return said if len(said) <= SHOWN else f"{said[:SHOWN]}…"
