"""A heading of quantities that stands over several columns: which of them is the quantity, nobody has said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .cells import Merge, Row, column_letters
from .codes import clean_text
from .columns import Layout
from .heading_dates import dates_of
from .headings import HeadingRow
from .results import CellError


def divided_amount(
    sheet: str, heading: HeadingRow, layout: Layout, merges: Iterable[Merge], rows: Sequence[Row]
) -> CellError | None:
    """An error when the row below the heading divides its amount by sizes, days or places. `rows`: the first ones."""
    below = next((row for row in rows if row.number > heading.row), None)
    anchor = heading.columns[layout.anchor]
    if below is None or (anchor in below.cells and clean_text(below.cells[anchor].text)):
        return None
    column = heading.columns[layout.amount]
    parts = [each for each in below.cells if each in _columns_under(heading.row, column, merges)]
    days = [each for each, cell in below.cells.items() if each >= column and dates_of(cell)]
    divided = parts if len(parts) > 1 else days if column in days else []
    if not divided:
        return None
    letter, label = column_letters(column), layout.field(layout.amount).label
    return CellError(
        sheet,
        heading.row,
        letter,
        f"Sheet “{sheet}”, row {heading.row}, column {letter} (“{heading.texts[column]}”): row {below.number} divides"
        f" the {label} into columns {column_letters(min(divided))} to {column_letters(max(divided))}. Put all headings"
        f" into one row, with “{heading.texts[column]}” over the one column to be read.",
    )


def _columns_under(row: int, column: int, merges: Iterable[Merge]) -> range:
    """The columns over which the heading in this cell is merged."""
    for merge in merges:
        if merge.first_row <= row <= merge.last_row and merge.first_column <= column <= merge.last_column:
            return range(merge.first_column, merge.last_column + 1)
    return range(column, column + 1)
