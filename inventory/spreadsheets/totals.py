"""Totals between and below the counts: recognised by their words, or by adding up to the rows above."""

from __future__ import annotations

import re
from decimal import Decimal

_WORDS = r"(grand\s*total|sub[\s-]*total|sum\s+total|total|sum)s?"
_TOTAL = re.compile(rf"{_WORDS}(\s*[:=].*|\s+.*|)", re.IGNORECASE)
_TOTAL_ALONE = re.compile(rf"{_WORDS}\s*[:=]?", re.IGNORECASE)


def is_total(text: str) -> bool:
    """Starts with Total, Subtotal, Grand total or Sum as a word of its own ("TOTAL-500" is a code)."""
    return _TOTAL.fullmatch(text) is not None


def is_total_alone(text: str) -> bool:
    return _TOTAL_ALONE.fullmatch(text) is not None


class RunningTotals:
    """What the quantities add up to since the last total, and since the heading."""

    def __init__(self) -> None:
        self.section = Decimal(0)
        self.running = Decimal(0)
        self.complete = True
        self._rows_in_section = 0
        self._rows = 0

    def add(self, amount: Decimal | None, *, complete: bool) -> None:
        self.complete = self.complete and complete
        if amount is not None:
            self.section += amount
            self.running += amount
            self._rows_in_section += 1
            self._rows += 1

    def agree_with(self, amount: Decimal | None, *, even_single: bool = False) -> bool:
        """One row above is no evidence of a sum, unless a word says that it is one."""
        if amount is None:
            return False
        least = 1 if even_single else 2
        fits_section = amount == self.section and self._rows_in_section >= least
        return fits_section or (amount == self.running and self._rows >= least)

    def close_section(self) -> None:
        self.section = Decimal(0)
        self._rows_in_section = 0
