"""The walk-sheet of a planned count: its rows, and the workbook to fill in (`pdf` is the form to write on).

Counting is blind: what is expected is never loaded here, so it cannot be in the file. The sheet id it carries
brings the filled-in workbook home.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Literal

from django.utils.timezone import localtime
from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.header_footer import HeaderFooterItem
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from approvals.clock import now
from inventory.models import Balance, CountSheet
from inventory.spreadsheets.quantities import LARGEST
from inventory.spreadsheets.writing import set_text

LETTERHEAD = "Countersign · Cycle count"
HOW_TO = "Write 0 where there is nothing. Leave empty what you did not count: empty is never read as zero."
HEADINGS = ("Item code", "Description", "Unit", "Case pack", "Bin", "Counted")
WIDTHS = (18, 46, 9, 11, 16, 14)
HEADING_ROW = 7


@dataclass(frozen=True)
class WalkRow:
    item_code: str
    description: str
    unit: str
    case_pack: int | None
    bin: str
    barcode: str
    allows_fractions: bool


def walk_rows(sheet: CountSheet) -> list[WalkRow]:
    """The active items at home in the sheet's zone, in the order one walks past them: bin, then code."""
    fields = ("item_code", "description", "unit", "case_pack", "barcode", "allows_fractions")
    rows = Balance.objects.filter(zone=sheet.zone, item__is_active=True).order_by("bin", "item__item_code")
    return [
        WalkRow(code, description, unit, case_pack, place, barcode, fractions)
        for place, code, description, unit, case_pack, barcode, fractions in rows.values_list(
            "bin", *[f"item__{name}" for name in fields]
        )
    ]


def file_name(sheet: CountSheet, extension: str) -> str:
    return f"walk-sheet-{sheet.code}.{extension}"


def printed_on() -> str:
    return f"{localtime(now()):%d %b %Y}"


def walk_sheet_workbook(sheet: CountSheet) -> bytes:
    workbook = Workbook()
    page = workbook.worksheets[0]
    page.title = f"Sheet {sheet.code}"
    workbook.properties.creator, workbook.properties.title = "Countersign", f"Walk-sheet {sheet.code}"
    rows = walk_rows(sheet)
    _write_head(page, sheet, len(rows))
    for number, row in enumerate(rows, HEADING_ROW + 1):
        _write_row(page, number, row)
    _allow_numbers_only(page, rows)
    _set_up_page(page, sheet)
    file = BytesIO()
    workbook.save(file)
    return file.getvalue()


def _write_head(page: Worksheet, sheet: CountSheet, items: int) -> None:
    lines = (
        LETTERHEAD,
        f"Sheet {sheet.code}",
        f"Zone {sheet.zone.code} {sheet.zone.name}".strip() + f", {sheet.zone.location}",
        f"Printed {printed_on()}: {items} items. Counted by: ____________________  on: ____________",
        HOW_TO,
    )
    for number, text in enumerate(lines, 1):
        cell = page.cell(number, 1)
        set_text(cell, text)
        cell.font = Font(bold=number <= 2, size=14 if number <= 2 else 10)
    for column, heading in enumerate(HEADINGS, 1):
        cell = page.cell(HEADING_ROW, column, heading)
        cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor="E2E8F0")
        cell.border = Border(bottom=Side("medium"))
        if column == len(HEADINGS):
            cell.alignment = Alignment(horizontal="right")


def _write_row(page: Worksheet, number: int, row: WalkRow) -> None:
    thin = Side("thin", color="CBD5E1")
    for column, text in enumerate((row.item_code, row.description, row.unit), 1):
        set_text(page.cell(number, column), text)
    page.cell(number, 4).value = row.case_pack
    set_text(page.cell(number, 5), row.bin)
    for column in range(1, 6):
        page.cell(number, column).border = Border(bottom=thin)
        page.cell(number, column).alignment = Alignment(vertical="top", wrap_text=column == 2)
    box = Side("thin", color="334155")
    counted = page.cell(number, 6)
    counted.border = Border(left=box, right=box, top=box, bottom=box)
    counted.number_format = "0.###" if row.allows_fractions else "0"


def _allow_numbers_only(page: Worksheet, rows: Sequence[WalkRow]) -> None:
    kinds: tuple[tuple[Literal["whole", "decimal"], bool], ...] = (("whole", False), ("decimal", True))
    for kind, fractions in kinds:
        cells = [f"F{number}" for number, row in enumerate(rows, HEADING_ROW + 1) if row.allows_fractions == fractions]
        if not cells:
            continue
        rule = DataValidation(type=kind, operator="between", formula1="0", formula2=str(LARGEST), allow_blank=True)
        rule.errorTitle, rule.error = (
            "Not a quantity",
            f"Enter a {kind} number, 0 or more, or leave it empty.",
        )
        rule.showErrorMessage = True
        for cell in cells:
            rule.add(cell)
        page.add_data_validation(rule)


def _set_up_page(page: Worksheet, sheet: CountSheet) -> None:
    for letter, width in zip("ABCDEF", WIDTHS, strict=True):
        page.column_dimensions[letter].width = width
    page.freeze_panes = f"A{HEADING_ROW + 1}"
    page.print_title_rows = f"{HEADING_ROW}:{HEADING_ROW}"
    page.page_setup.paperSize = page.PAPERSIZE_LETTER
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = 1, 0
    page.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    footer = HeaderFooterItem()
    footer.left.text, footer.right.text = f"Sheet {sheet.code}", "Page &P of &N"
    page.HeaderFooter.oddFooter = footer
