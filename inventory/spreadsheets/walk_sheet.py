"""Reads a walk-sheet: one item a row, with what was counted."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from .columns import WALK_SHEET
from .limits import DEFAULT_LIMITS, Limits
from .process import Value, read_in_child
from .results import Reading, ReadLine


def read_walk_sheet(content: bytes, *, file_name: str, limits: Limits = DEFAULT_LIMITS) -> Reading:
    """Raises UnreadableFile when the file as a whole cannot be used; all else wrong is in `errors`."""
    answer = read_in_child(content, file_name, WALK_SHEET, limits)
    return Reading(
        file_kind=answer.kind,
        sheets=tuple(answer.sheets),
        lines=tuple(_line(sheet, row, values) for sheet, row, values in answer.rows),
        errors=tuple(answer.errors),
        warnings=tuple(answer.warnings),
        sheet_code=answer.sheet_code,
    )


def _line(sheet: str, row: int, values: Mapping[str, Value]) -> ReadLine:
    def text(name: str) -> str:
        return str(values[name] or "")

    def number(name: str) -> Decimal | None:
        value = values[name]
        return value if isinstance(value, Decimal) else None

    return ReadLine(
        sheet=sheet,
        row=row,
        item_code=text("item_code"),
        counted=number("counted"),
        unit=text("unit"),
        description=text("description"),
        bin=text("bin"),
        lot=text("lot"),
        expected_on_sheet=number("expected"),
        counted_at=text("counted_at"),
    )
