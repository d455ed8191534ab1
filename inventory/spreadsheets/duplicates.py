"""A code that stands on several rows is a question for the person, never a sum and never the last one."""

from __future__ import annotations

from collections.abc import Iterable

from .codes import isolated
from .columns import Layout
from .results import CellError
from .rows import Record, Value

_SHOWN = 5


def mark_duplicates(records: Iterable[Record], layout: Layout, letters: dict[str, str]) -> None:
    """Adds an error to each record that shares its unique fields with another. `letters`: sheet -> column."""
    if not layout.unique:
        return
    groups: dict[tuple[Value, ...], list[Record]] = {}
    for record in records:
        if record.values[layout.anchor]:
            groups.setdefault(tuple(record.values[name] for name in layout.unique), []).append(record)
    for group in groups.values():
        if len(group) > 1:
            for record in group:
                record.errors.append(_duplicate(record, group, layout, letters[record.sheet]))


def _duplicate(record: Record, group: list[Record], layout: Layout, letter: str) -> CellError:
    others = [_place(other, record) for other in group[: _SHOWN + 1] if other is not record][:_SHOWN]
    more = len(group) - 1 - len(others)
    where = ", ".join(others) + (f" and {more} more" if more else "")
    besides = [
        f"{layout.field(name).label} {isolated(str(record.values[name]))}"
        for name in layout.unique
        if name != layout.anchor and record.values[name]
    ]
    what = " with ".join([isolated(str(record.values[layout.anchor])), *besides])
    return CellError(
        record.sheet,
        record.row,
        letter,
        f"Sheet “{record.sheet}”, row {record.row}, column {letter}: {what} is also on {where}. Keep"
        " one row for it;"
        " quantities of repeated rows are never added up.",
    )


def _place(other: Record, record: Record) -> str:
    return f"row {other.row}" if other.sheet == record.sheet else f"sheet “{other.sheet}” row {other.row}"
