"""Reading the fields of a record as the RESTlet's contract writes them, and the refusal of one that cannot be read.

Error codes are NetSuite's own (help section_N3539978). Lines in errors count from 1.
"""

import re
from datetime import date
from decimal import Decimal
from typing import Any

from netsuite.simulator.quantities import parse_number

LONGEST_TEXT = 999
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Rejected(Exception):
    """A business rule said no. ``line`` counts from 1."""

    def __init__(self, code: str, message: str, *, field: str | None = None, line: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field
        self.line = line


def read_fields(raw: Any, allowed: set[str], *, line: int | None = None) -> dict[str, Any]:
    if not isinstance(raw, dict):
        raise Rejected("INVALID_FLD_VALUE", "An object was expected.", field="lines" if line else "record", line=line)
    for name in sorted(set(raw) - allowed):
        raise Rejected("INVALID_FLD_VALUE", f"Unknown field: {name}", field=name, line=line)
    return raw


def read_lines(raw: Any) -> list[Any]:
    if not isinstance(raw, list) or not raw:
        raise Rejected("VALID_LINE_ITEM_REQD", "You must enter at least one valid line item.", field="lines")
    return raw


def read_date(raw: Any, field: str = "tranDate") -> str:
    if not raw:
        raise Rejected("TRAN_DATE_REQD", "The transaction date is required.", field=field)
    try:
        if not isinstance(raw, str) or not _ISO_DATE.fullmatch(raw):
            raise ValueError
        return date.fromisoformat(raw).isoformat()
    except ValueError:
        named = "The transaction date" if field == "tranDate" else field
        text = f"{named} is not a date of the form YYYY-MM-DD."
        raise Rejected("INVALID_DATE_FORMAT", text, field=field) from None


def read_text(raw: Any, field: str, line: int | None = None) -> str:
    if raw is None:
        return ""
    if not isinstance(raw, str) or len(raw) > LONGEST_TEXT:
        text = f"{field} must be text of at most {LONGEST_TEXT} characters."
        raise Rejected("INVALID_FLD_VALUE", text, field=field, line=line)
    return raw


def read_decimal(raw: Any, field: str, line: int | None, *, example: str = "") -> Decimal:
    number = parse_number(raw)
    if number is None:
        text = f"{field} must be a decimal string{f' such as {example}' if example else ''}."
        raise Rejected("INVALID_NUMBER", text, field=field, line=line)
    return number


def read_reference(raw: Any, keys: tuple[str, ...], field: str, line: int | None) -> tuple[str, str]:
    """Exactly one of ``keys`` with a text value."""
    if isinstance(raw, dict) and len(raw) == 1:
        key, value = next(iter(raw.items()))
        if key in keys and isinstance(value, str) and value.strip():
            return key, value
    shape = " or ".join(f'{{"{key}": "…"}}' for key in keys)
    raise Rejected("INVALID_FLD_VALUE", f"{field} must be {shape}.", field=field, line=line)


def invalid_reference(field: str, value: str, line: int | None) -> Rejected:
    return Rejected("INVALID_KEY_OR_REF", f"Invalid {field} reference key {value}.", field=field, line=line)
