"""One printable table of a workbook that is written row by row: memory does not grow with the rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.header_footer import HeaderFooterItem
from openpyxl.worksheet.properties import PageSetupProperties

from inventory.spreadsheets.writing import printable, text_cell

Value = str | int | Decimal | None
LONGEST_TITLE = 31  # what Excel takes as the name of a sheet
LONGEST_FOOTER = 100  # of the 255 characters that Excel takes for all three parts
_HEADING = PatternFill("solid", fgColor="E2E8F0")
_NOT_IN_TITLES = str.maketrans(dict.fromkeys("[]:*?/\\", "-"))


@dataclass(frozen=True)
class Column:
    """`is_code`: formatted as text, so that a code keeps its zeros when someone types over it."""

    heading: str
    width: int
    is_code: bool = False


class Page:
    """A sheet whose headings stand in row 1, frozen, repeated on every printed page."""

    def __init__(self, workbook: Workbook, title: str, columns: Sequence[Column], footer: str) -> None:
        self.sheet: Any = workbook.create_sheet(free_title(workbook, title))
        self._columns = columns
        self._set_up(footer)
        self.sheet.append([self._heading(column.heading) for column in columns])

    def append(self, values: Iterable[Value], fills: Sequence[PatternFill | None] = ()) -> None:
        """A row; `fills` are the colours of its cells, from the left."""
        cells = [self._cell(column, value) for column, value in zip(self._columns, values, strict=True)]
        for position, fill in enumerate(fills):
            if fill is not None:
                cells[position].fill = fill
        self.sheet.append(cells)

    def make_filterable(self, rows: int) -> None:
        self.sheet.auto_filter.ref = f"A1:{get_column_letter(len(self._columns))}{rows + 1}"

    def _set_up(self, footer: str) -> None:
        sheet = self.sheet
        for number, column in enumerate(self._columns, 1):
            sheet.column_dimensions[get_column_letter(number)].width = column.width
        sheet.freeze_panes = "A2"
        sheet.print_title_rows = "1:1"
        sheet.page_setup.orientation = "landscape"
        sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
        sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
        below = HeaderFooterItem()
        below.left.text, below.right.text = printable(footer)[:LONGEST_FOOTER].replace("&", "&&"), "Page &P of &N"
        sheet.HeaderFooter.oddFooter = below

    def _heading(self, text: str) -> Any:
        cell = text_cell(self.sheet, text)
        cell.font, cell.fill = Font(bold=True), _HEADING
        return cell

    def _cell(self, column: Column, value: Value) -> Any:
        if not isinstance(value, str):
            number: Any = value  # the stubs know no Decimal
            return WriteOnlyCell(self.sheet, value=number)
        cell = text_cell(self.sheet, value)
        if column.is_code:
            cell.number_format = "@"
        return cell


def free_title(workbook: Workbook, wanted: str) -> str:
    """The name for a sheet, changed only where Excel does not take it or another sheet has it."""
    title = printable(wanted).translate(_NOT_IN_TITLES).strip("' ")[:LONGEST_TITLE] or "Sheet"
    taken = {sheet.title.casefold() for sheet in workbook.worksheets}
    candidate, number = title, 2
    while candidate.casefold() in taken:
        mark = f" ({number})"
        candidate, number = title[: LONGEST_TITLE - len(mark)] + mark, number + 1
    return candidate
