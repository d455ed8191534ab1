"""Finds the heading row of a sheet among its first rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .cells import Row, column_letters
from .codes import clean_text
from .columns import Layout, match_headings
from .results import CellError, ColumnRead


@dataclass(frozen=True)
class HeadingRow:
    """The heading row and what stands in it. `doubles`: fields found in two columns that are equally good."""

    row: int
    texts: Mapping[int, str]
    columns: Mapping[str, int]
    doubles: Mapping[str, tuple[int, int]]

    def columns_read(self) -> tuple[ColumnRead, ...]:
        return tuple(
            ColumnRead(field, column_letters(column), self.texts[column]) for field, column in self.columns.items()
        )

    def conflicts(self, sheet: str, layout: Layout) -> list[CellError]:
        """A field in two columns is an error where a guess could change a figure."""
        return [
            self._conflict(sheet, layout.field(name).label, *pair)
            for name, pair in self.doubles.items()
            if name in layout.heading_needs or name in layout.unique or layout.field(name).kind == "quantity"
        ]

    def _conflict(self, sheet: str, label: str, first: int, second: int) -> CellError:
        letter = column_letters(second)
        return CellError(
            sheet,
            self.row,
            letter,
            f"Sheet “{sheet}”, row {self.row}: columns {column_letters(first)}"
            f" (“{self.texts[first]}”) and {letter}"
            f" (“{self.texts[second]}”) can both be the {label}. Rename or delete the one that is not.",
        )


def find_heading(rows: Sequence[Row], layout: Layout) -> HeadingRow | None:
    """The first row that holds every field a heading needs."""
    for row in rows:
        texts = heading_texts(row)
        found = match_headings(texts, layout)
        if all(name in found.columns for name in layout.heading_needs):
            return HeadingRow(row.number, texts, found.columns, found.doubles)
    return None


def heading_texts(row: Row) -> dict[int, str]:
    return {column: clean_text(cell.text) for column, cell in row.cells.items() if cell.kind == "text"}


def describe_missing(rows: Sequence[Row], layout: Layout, header_rows: int) -> str:
    """What a sheet without a heading row lacks, and the row that comes closest to being one."""
    closest, found = 0, set[str]()
    for row in rows:
        names = set(match_headings(heading_texts(row), layout).columns) & set(layout.heading_needs)
        if len(names) > len(found):
            closest, found = row.number, names
    missing = [_example(layout, name) for name in layout.heading_needs if name not in found]
    if not found:
        return f"has no heading row among its first {header_rows} rows. It needs a column for {' and '.join(missing)}"
    present = " and ".join(layout.field(name).label for name in layout.heading_needs if name in found)
    return f"has a heading for the {present} in row {closest}, but none for {' and '.join(missing)}"


def _example(layout: Layout, name: str) -> str:
    field = layout.field(name)
    return f"the {field.label} (for example “{field.headings[0][0].capitalize()}”)"
