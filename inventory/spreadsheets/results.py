"""What a read file consists of, once the child process has answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

IgnoredReason = Literal["title", "subtotal", "repeated heading"]


class UnreadableFile(Exception):
    """The file as a whole cannot be used. `str(error)` is the sentence for the person who uploaded it."""


@dataclass(frozen=True, slots=True)
class CellError:
    """One thing to put right. `column` is the letter ("C"), or "" when the whole row is meant."""

    sheet: str
    row: int
    column: str
    message: str


@dataclass(frozen=True, slots=True)
class IgnoredRow:
    """A filled row that is not data: a title, a subtotal, the heading printed again on the next page."""

    row: int
    reason: IgnoredReason
    text: str


@dataclass(frozen=True, slots=True)
class ColumnRead:
    """Which column a field was read from, so that the preview can say so."""

    field: str
    column: str
    heading: str


@dataclass(frozen=True, slots=True)
class SheetSummary:
    """Rows in and rows out of one sheet. `rows_in` are the data rows below the heading."""

    name: str
    visible: bool
    header_row: int | None
    columns: tuple[ColumnRead, ...]
    rows_in: int
    rows_counted: int
    rows_refused: int
    rows_not_counted: int
    ignored: tuple[IgnoredRow, ...]
    blank_rows: int

    @property
    def rows_out(self) -> int:
        return self.rows_counted + self.rows_refused + self.rows_not_counted

    @property
    def rows_ignored(self) -> int:
        return len(self.ignored)

    def ignored_because(self, reason: IgnoredReason) -> tuple[IgnoredRow, ...]:
        return tuple(row for row in self.ignored if row.reason == reason)


@dataclass(frozen=True, slots=True)
class ReadLine:
    """One item on one row. `counted` is the quantity; None when the cell states none, which is not zero."""

    sheet: str
    row: int
    item_code: str
    counted: Decimal | None
    unit: str = ""
    description: str = ""
    bin: str = ""
    lot: str = ""
    expected_on_sheet: Decimal | None = None
    counted_at: str = ""


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A data row that could not be read: what its code and quantity cells say, and every reason why not."""

    sheet: str
    row: int
    item_code: str
    stated: str
    messages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """A sheet of counts or stock as read. `errors` are all of them, in file order; `refused` the rows they hit.

    A walk-sheet with errors is to be refused whole. `saved_at` is when the workbook was last saved, in UTC, by
    its own account; None when it does not say.
    """

    file_kind: str
    sheets: tuple[SheetSummary, ...]
    lines: tuple[ReadLine, ...]
    errors: tuple[CellError, ...]
    warnings: tuple[str, ...]
    sheet_code: str = ""
    saved_at: datetime | None = None
    refused: tuple[RefusedRow, ...] = ()

    @property
    def rows_in(self) -> int:
        return sum(sheet.rows_in for sheet in self.sheets)

    @property
    def rows_out(self) -> int:
        return sum(sheet.rows_out for sheet in self.sheets)


@dataclass(frozen=True, slots=True)
class TableRow:
    """One data row of an import file. A missing column or an empty cell is "" (None for a number)."""

    sheet: str
    row: int
    values: Mapping[str, str | Decimal | None]

    def text(self, name: str) -> str:
        value = self.values[name]
        return "" if value is None else str(value)

    def number(self, name: str) -> Decimal | None:
        value = self.values[name]
        return value if isinstance(value, Decimal) else None


@dataclass(frozen=True, slots=True)
class Table:
    """Any other table of rows (items, opening stock), read by the same rules as a walk-sheet."""

    file_kind: str
    sheets: tuple[SheetSummary, ...]
    rows: tuple[TableRow, ...]
    errors: tuple[CellError, ...]
    warnings: tuple[str, ...]
