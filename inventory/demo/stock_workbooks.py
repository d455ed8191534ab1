"""The WEST store's workbook as its people keep it: a sheet a room, a title, names merged down over their sizes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from io import BytesIO
from itertools import groupby
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.worksheet.worksheet import Worksheet

from inventory.demo.walk_sheets import folder

NAME = "WEST store stock.xlsx"
HEADINGS = {
    "Uniforms": ("SL.NO", "ITEM NAME", "SIZE", "CODE", " QTY", "UNIT"),
    "Smallwares": ("Sl. No.", "Particulars", "Kind", "Product Code", "Closing Stock", "Unit"),
}
WIDTHS = (7, 34, 14, 14, 14, 8)
FIRST_ROW, NOTHING = 4, "NILL"


@dataclass(frozen=True)
class StockRow:
    """`stated` is what somebody typed as the quantity."""

    sheet: str
    name: str
    size: str
    code: str
    unit: str
    stated: Decimal | str | None


def stock_workbook(rows: Iterable[StockRow], *, on: date) -> bytes:
    """Rows of a name must follow each other: its cell is merged down over them."""
    book = Workbook()
    book.remove(book.worksheets[0])
    kept = list(rows)
    for title, heading in HEADINGS.items():
        page = book.create_sheet(title)
        _write_top(page, f"WEST STORE, {title.upper()} - STOCK AS ON {on:%d %b %Y}".upper(), heading)
        _write_rows(page, [row for row in kept if row.sheet == title])
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def write_stock_workbook(rows: Iterable[StockRow], *, on: date) -> Path:
    """One for the visitor to upload; beside the walk-sheets."""
    path = folder() / NAME
    path.write_bytes(stock_workbook(rows, on=on))
    return path


def _write_top(page: Worksheet, title: str, heading: tuple[str, ...]) -> None:
    page.append([title])
    page.merge_cells("A1:F1")
    page.append([])
    page.append(list(heading))
    for cell in (page["A1"], *page[FIRST_ROW - 1]):
        cell.font = Font(bold=True)
    for column, width in zip("ABCDEF", WIDTHS, strict=True):
        page.column_dimensions[column].width = width


def _write_rows(page: Worksheet, rows: list[StockRow]) -> None:
    place = FIRST_ROW
    for _, group in groupby(rows, key=lambda row: row.name):
        same = list(group)
        for number, row in enumerate(same):
            page.append([place + number - FIRST_ROW + 1, "" if number else row.name, row.size, row.code,
                         _typed(row.stated), row.unit])  # fmt: skip
        if len(same) > 1:
            page.merge_cells(start_row=place, end_row=place + len(same) - 1, start_column=2, end_column=2)
            page.cell(place, 2).alignment = Alignment(vertical="center", wrap_text=True)
        place += len(same)


def _typed(stated: Decimal | str | None) -> Decimal | str | None:
    return NOTHING if stated == 0 else stated
