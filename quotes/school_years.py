"""School years: 1 July to 30 June, written by both their years. One year alone says too little.

USDA names a school year by its end ("school year 2026" is 2025-26) and also by its span, so a lone year is
refused, never guessed.
"""

import re
from dataclasses import dataclass
from datetime import date

from approvals.refusals import Refused

FIRST_MONTH = 7
EARLIEST, LATEST = 2000, 2099
SPAN = re.compile(r"^(?:SY|school\s+year)?\s*(\d{4}|\d{2})\s*[-/–—]\s*(?:SY\s*)?(\d{4}|\d{2})$", re.IGNORECASE)
LONE = re.compile(r"^(?:SY|school\s+year)?\s*(\d{4}|\d{2})$", re.IGNORECASE)


class UnclearYear(Refused, ValueError):
    """The text names no school year, or could name two."""


@dataclass(frozen=True, order=True)
class SchoolYear:
    start: int

    def __post_init__(self) -> None:
        if not EARLIEST <= self.start <= LATEST:
            raise UnclearYear(f"School years begin in {EARLIEST} to {LATEST}, not in {self.start}.")

    def __str__(self) -> str:
        """The canonical form: `2026-27`."""
        return f"{self.start}-{(self.start + 1) % 100:02d}"

    @property
    def first_day(self) -> date:
        return date(self.start, FIRST_MONTH, 1)

    @property
    def last_day(self) -> date:
        return date(self.start + 1, FIRST_MONTH - 1, 30)

    @property
    def previous(self) -> "SchoolYear":
        return SchoolYear(self.start - 1)

    @property
    def next(self) -> "SchoolYear":
        return SchoolYear(self.start + 1)

    def __contains__(self, day: date) -> bool:
        return self.first_day <= day <= self.last_day


def school_year_of(day: date) -> SchoolYear:
    return SchoolYear(day.year if day.month >= FIRST_MONTH else day.year - 1)


def parse_school_year(text: str) -> SchoolYear:
    """`2026-27`, `2026-2027`, `26/27`, `SY26-27`. Raises UnclearYear with a sentence for anything else."""
    tidy = " ".join(text.split())
    span = SPAN.match(tidy)
    if span:
        return _from_span(tidy, _full(span[1]), span[2])
    lone = LONE.match(tidy)
    if lone:
        year = _full(lone[1])
        raise UnclearYear(
            f"“{tidy}” could be the school year {_span(year - 1)} or {_span(year)}. "
            f"Write both years, like {_span(year)}."
        )
    raise UnclearYear(f"“{tidy[:60]}” is no school year. Write both years, like 2026-27.")


def _from_span(text: str, first: int, second: str) -> SchoolYear:
    if int(second) != (first + 1) % 10 ** len(second):
        raise UnclearYear(
            f"“{text}” does not name two years that follow each other. Write one school year, like {_span(first)}."
        )
    return SchoolYear(first)


def _full(digits: str) -> int:
    return int(digits) if len(digits) == 4 else EARLIEST + int(digits)


def _span(start: int) -> str:
    return f"{start}-{(start + 1) % 100:02d}"
