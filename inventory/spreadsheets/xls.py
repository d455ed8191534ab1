"""Excel 97-2003 workbooks (.xls), with xlrd: calamine makes error cells blank and hides number formats."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import partial

import xlrd
from xlrd.biffh import (
    XL_CELL_BOOLEAN,
    XL_CELL_DATE,
    XL_CELL_ERROR,
    XL_CELL_NUMBER,
    XL_CELL_TEXT,
    error_text_from_code,
)
from xlrd.compdoc import CompDocError

from .cells import Cell, Merge, Row, Sheet
from .kinds import READABLE
from .number_formats import serial_to_iso, telling_pattern
from .results import UnreadableFile

_FAILURES = (
    AssertionError,
    AttributeError,
    CompDocError,
    IndexError,
    KeyError,
    TypeError,
    ValueError,
    struct.error,
)


class _Log:
    """xlrd remarks on damaged files to standard output, which is where the answer goes."""

    def write(self, _: str) -> int:
        return 0

    def flush(self) -> None:
        return None


def read_xls(content: bytes) -> list[Sheet]:
    try:
        book = xlrd.open_workbook(file_contents=content, formatting_info=True, on_demand=True, logfile=_Log())
    except xlrd.XLRDError as error:
        if "encrypted" in str(error).lower():
            sentence = "The file is password-protected. Remove the password, save it and upload it again."
        else:
            sentence = f"The old Excel workbook cannot be read. {READABLE}"
        raise UnreadableFile(sentence) from error
    except _FAILURES as error:
        raise UnreadableFile(f"The old Excel workbook is damaged. {READABLE}") from error
    shown = [visibility == 0 for visibility in book._sheet_visibility]
    return [
        Sheet(name, shown[index], _rows(book, index), partial(_merges, book, index))
        for index, name in enumerate(book.sheet_names())
    ]


def _sheet(book: xlrd.Book, index: int) -> xlrd.sheet.Sheet:
    try:
        return book.sheet_by_index(index)
    except (xlrd.XLRDError, *_FAILURES) as error:
        raise UnreadableFile(f"The old Excel workbook is damaged. {READABLE}") from error


def _merges(book: xlrd.Book, index: int) -> list[Merge]:
    """xlrd counts from 0 and leaves the ends out."""
    return [
        Merge(first_row + 1, row_end, first_column + 1, column_end)
        for first_row, row_end, first_column, column_end in _sheet(book, index).merged_cells
    ]


def _rows(book: xlrd.Book, index: int) -> Iterator[Row]:
    sheet = _sheet(book, index)
    for number in range(sheet.nrows):
        cells: dict[int, Cell] = {}
        for column, found in enumerate(sheet.row(number), start=1):
            cell = _cell(book, found)
            if cell is not None:
                cells[column] = cell
        if cells:
            info = sheet.rowinfo_map.get(number)
            yield Row(number + 1, cells, bool(info and info.hidden))


def _cell(book: xlrd.Book, found: xlrd.sheet.Cell) -> Cell | None:
    kind, value = found.ctype, found.value
    if kind == XL_CELL_TEXT:
        return Cell("text", value) if value else None
    if kind == XL_CELL_NUMBER:
        return Cell("number", repr(value), telling_pattern(_format(book, found)))
    if kind == XL_CELL_DATE:
        return Cell("date", serial_to_iso(value, bool(book.datemode)))
    if kind == XL_CELL_BOOLEAN:
        return Cell("bool", "TRUE" if value else "FALSE")
    if kind == XL_CELL_ERROR:
        return Cell("error", error_text_from_code.get(value, "#ERROR"))
    return None


def _format(book: xlrd.Book, found: xlrd.sheet.Cell) -> str:
    if found.xf_index is None or found.xf_index >= len(book.xf_list):
        return ""
    definition = book.format_map.get(book.xf_list[found.xf_index].format_key)
    return definition.format_str if definition is not None else ""
