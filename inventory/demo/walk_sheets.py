"""Walk-sheets to try the upload with, written beside the demo database."""

from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

from django.conf import settings
from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.worksheet.worksheet import Worksheet

from inventory.counting.submission import CountedItem
from inventory.models import Balance, CountSheet, Zone

HEADINGS = ("Item code", "Description", "Bin", "Unit", "Counted")
WIDTHS = (16, 58, 12, 10, 12)
INSTRUCTION = "Write what you see. Empty means not counted; write 0 where there is nothing."
GOOD, MESSY = "{zone} ready to upload.xlsx", "{zone} with mistakes.xlsx"


def folder() -> Path:
    path = Path(settings.VAR_DIR) / "demo_sheets"
    path.mkdir(parents=True, exist_ok=True)
    return path


def write_filled_sheet(sheet: CountSheet, counts: Iterable[CountedItem]) -> Path:
    """A planned sheet as a counter would bring it back."""
    book, page = _book(sheet)
    rows = _by_code(sheet.zone)
    for line in counts:
        _write_row(page, rows[line.item_code], line.counted)
    return _save(book, GOOD, sheet.zone)


def write_messy_sheet(sheet: CountSheet) -> Path:
    """The same zone as nobody should bring it back: every problem a person makes, on one page."""
    book, page = _book(sheet)
    rows = list(_by_code(sheet.zone).values())
    wrong: dict[int, str | float] = {1: "about 40", 3: -5, 5: "1O2", 6: "N/A", 8: 12.75}
    for number, row in enumerate(rows):
        _write_row(page, row, wrong.get(number, row.quantity_on_hand))
    _write_row(page, rows[2], rows[2].quantity_on_hand + 4)
    page.append(["999999", "Not in the catalogue", "", "each", 7])
    page.append(["", "A line without a code", "", "each", 3])
    page.append(["Total", "", "", "", sum(row.quantity_on_hand for row in rows)])
    return _save(book, MESSY, sheet.zone)


def _book(sheet: CountSheet) -> tuple[Workbook, Worksheet]:
    book = Workbook()
    page = book.active
    assert isinstance(page, Worksheet)
    page.title = "Count"
    page.append([f"Walk-sheet {sheet.code}"])
    page.append([f"{sheet.zone.location.name}, zone {sheet.zone.code}: {sheet.zone.name}"])
    page.append([INSTRUCTION])
    page.append([])
    page.append(list(HEADINGS))
    for cell in (page["A1"], *page[5]):
        cell.font = Font(bold=True)
    for column, width in zip("ABCDE", WIDTHS, strict=True):
        page.column_dimensions[column].width = width
    page.freeze_panes = "A6"
    return book, page


def _write_row(page: Worksheet, row: Balance, counted: Decimal | str | float | None) -> None:
    item = row.item
    page.append([item.item_code, item.description, row.bin, item.unit, counted])
    page.cell(page.max_row, 1).number_format = "@"


def _by_code(zone: Zone) -> dict[str, Balance]:
    rows = Balance.objects.filter(zone=zone).select_related("item").order_by("bin", "item__item_code")
    return {row.item.item_code: row for row in rows}


def _save(book: Workbook, name: str, zone: Zone) -> Path:
    path = folder() / name.format(zone=f"{zone.location.code} {zone.code}")
    book.save(path)
    return path
