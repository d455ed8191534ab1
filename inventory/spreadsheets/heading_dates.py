"""A heading that is a day: "2025-03-04", "04/03/25", "4 Mar 2025". Written as text, it may be read in two ways."""

from __future__ import annotations

import re
from datetime import datetime

from .cells import Cell
from .codes import clean_text

Order = str
ORDERS: tuple[Order, ...] = ("day first", "month first")

_ISO = re.compile(r"\d{4}-\d{1,2}-\d{1,2}( \d{2}:\d{2}(:\d{2}(\.\d+)?)?)?")
_NUMBERS = re.compile(r"(\d{1,2})[/.\- ](\d{1,2})[/.\- ](\d{4}|\d{2})")
_NAMED = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[\s/.\-,]*([A-Za-z]{3,9})[\s/.\-,]*(\d{4}|\d{2})")
_NAMED_FIRST = re.compile(r"([A-Za-z]{3,9})[\s/.\-]*(\d{1,2})(?:st|nd|rd|th)?[\s/.\-,]+(\d{4}|\d{2})")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def dates_of(cell: Cell) -> dict[Order, datetime]:
    """The day a heading names, by each order it can be read in; empty when it names none."""
    if cell.kind not in {"date", "text"}:
        return {}
    text = clean_text(cell.text)
    if _ISO.fullmatch(text):
        day = _moment(text)
        return dict.fromkeys(ORDERS, day) if day else {}
    if cell.kind == "date":
        return {}
    named = _named(text)
    if named:
        return dict.fromkeys(ORDERS, named)
    numbers = _NUMBERS.fullmatch(text)
    if not numbers:
        return {}
    first, second, year = (int(number) for number in numbers.groups())
    both = {"day first": _day(year, second, first), "month first": _day(year, first, second)}
    return {order: day for order, day in both.items() if day}


def _named(text: str) -> datetime | None:
    match = _NAMED.fullmatch(text)
    if match:
        day, month, year = match.groups()
    else:
        match = _NAMED_FIRST.fullmatch(text)
        if not match:
            return None
        month, day, year = match.groups()
    short = month[:3].lower()
    return _day(int(year), _MONTHS.index(short) + 1, int(day)) if short in _MONTHS else None


def _day(year: int, month: int, day: int) -> datetime | None:
    try:
        return datetime(year if year > 99 else 2000 + year, month, day)
    except ValueError:
        return None


def _moment(text: str) -> datetime | None:
    day, _, time = text.partition(" ")
    try:
        year, month, number = (int(part) for part in day.split("-"))
        return datetime.fromisoformat(f"{year:04d}-{month:02d}-{number:02d} {time or '00:00'}")
    except ValueError:
        return None
