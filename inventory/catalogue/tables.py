"""What both imports have in common: the headings of an item code, and a refusal that lists every row."""

from collections.abc import Iterable, Sequence
from typing import Any

from approvals.refusals import Refused
from inventory.spreadsheets import CellError, Table, TableRow

ITEM_CODE = (
    *("item code", "sku", "product code", "item number", "item no", "item #", "part number", "part no"),
    *("stock code", "material number", "trim code", "style code", "item id", "product id", "netsuite item"),
    *("item name or number", "code", "item", "product", "id"),
)
SHOWN = 5


class ImportRefused(Refused):
    """Nothing was stored. `errors` name sheet, row and column; `rows_read` counts the rows of the file."""

    def __init__(self, errors: Sequence[CellError], rows_read: int) -> None:
        super().__init__(error.message for error in errors)
        self.errors = tuple(errors)
        self.rows_read = rows_read

    def as_dict(self) -> dict[str, Any]:
        return {
            "rows_read": self.rows_read,
            "refused": refused_rows(self.errors),
            "errors": as_dicts(self.errors),
        }


def refused_rows(errors: Iterable[CellError]) -> int:
    return len({(error.sheet, error.row) for error in errors})


def as_dicts(errors: Iterable[CellError]) -> list[dict[str, Any]]:
    return [
        {"sheet": error.sheet, "row": error.row, "column": error.column, "message": error.message} for error in errors
    ]


def row_error(table: Table, row: TableRow, column: str, trouble: str) -> CellError:
    """`column` is the field's name; the sentence names the column as the file does."""
    summary = next(sheet for sheet in table.sheets if sheet.name == row.sheet)
    found = next((read for read in summary.columns if read.field == column), None)
    letter = found.column if found else ""
    place = f"Sheet “{row.sheet}”, row {row.row}"
    if found:
        place += f", column {letter} (“{found.heading}”)"
    return CellError(row.sheet, row.row, letter, f"{place}: {trouble}")


def in_file_order(errors: Iterable[CellError], table: Table) -> list[CellError]:
    sheets = {sheet.name: number for number, sheet in enumerate(table.sheets)}
    return sorted(errors, key=lambda error: (sheets.get(error.sheet, 0), error.row, error.column))


def rows_in(table: Table) -> int:
    return sum(sheet.rows_in for sheet in table.sheets)


def remarks(table: Table) -> tuple[str, ...]:
    """The reader's warnings, and every filled row that was not taken for data, so that nothing is lost unseen."""
    left_out = [
        f"Sheet “{sheet.name}”, row {row.row} was left out as a {row.reason}: “{row.text}”."
        for sheet in table.sheets
        for row in sheet.ignored
    ]
    return (*table.warnings, *left_out)
