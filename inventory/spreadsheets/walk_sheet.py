"""Reads a walk-sheet: one item a row, with what was counted."""

from __future__ import annotations

from .answers import as_reading
from .columns import WALK_SHEET
from .limits import DEFAULT_LIMITS, Limits
from .process import read_in_child
from .results import Reading


def read_walk_sheet(content: bytes, *, file_name: str, limits: Limits = DEFAULT_LIMITS) -> Reading:
    """Raises UnreadableFile when the file as a whole cannot be used; all else wrong is in `errors`."""
    return as_reading(read_in_child(content, file_name, WALK_SHEET, limits))
