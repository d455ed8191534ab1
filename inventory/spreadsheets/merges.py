"""Merged cells: a value that stands once and is shown over several rows."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable

from .cells import Merge, column_index

_DIGITS = "0123456789"


def merge_from_reference(reference: str) -> Merge | None:
    """The rectangle of "A5:B7"; None for anything that is not one."""
    first, colon, last = reference.replace("$", "").upper().partition(":")
    places = [_place(first), _place(last)] if colon else []
    if len(places) != 2 or None in places:
        return None
    (first_row, first_column), (last_row, last_column) = (place for place in places if place)
    return Merge(first_row, last_row, first_column, last_column)


def _place(reference: str) -> tuple[int, int] | None:
    letters = reference.rstrip(_DIGITS)
    digits = reference[len(letters) :]
    if not (letters.isascii() and letters.isalpha() and digits and len(letters) <= 3 and len(digits) <= 7):
        return None
    return int(digits), column_index(letters)


class MergedDown:
    """The merges of the given columns that cover more than one row and begin below the heading."""

    def __init__(self, merges: Iterable[Merge], below: int, columns: Collection[int]) -> None:
        self._ranges: dict[int, list[Merge]] = {}
        for merge in sorted(merges):
            if merge.last_row > merge.first_row > below:
                for column in columns:
                    if merge.first_column <= column <= merge.last_column:
                        self._ranges.setdefault(column, []).append(merge)

    def over(self, row: int, column: int) -> Merge | None:
        """The merge that covers this cell, its first row included."""
        ranges = self._ranges.get(column)
        if not ranges:
            return None
        at = bisect_right(ranges, row, key=lambda merge: merge.first_row) - 1
        return ranges[at] if at >= 0 and row <= ranges[at].last_row else None
