"""Cells of workbooks that leave: texts as texts, so that nothing becomes a formula and codes keep their zeros.

Not imported by the package itself: what only reads a file loads no openpyxl.
"""

from __future__ import annotations

from typing import Any

from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell, MergedCell

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def printable(text: str) -> str:
    """Without the control characters that no workbook can hold."""
    return ILLEGAL_CHARACTERS_RE.sub("", text)


def set_text(cell: Cell | MergedCell, text: str) -> None:
    """As text whatever it looks like, and still as text when someone types over it."""
    cell.value = printable(text) or None
    if cell.value is not None:
        cell.data_type = "s"
    cell.number_format = "@"


def text_cell(sheet: Any, text: str) -> Cell:
    """A cell for a row of a write-only sheet, as text whatever it looks like."""
    cell = WriteOnlyCell(sheet, value=printable(text))
    cell.data_type = "s"
    return cell
