"""Makes the spreadsheets that the reading tests read."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

from inventory.spreadsheets import Reading, read_walk_sheet

HEADING = ("Item code", "Description", "Counted")


def workbook(*rows: Sequence[Any], change: Callable[[Worksheet], None] | None = None) -> bytes:
    """An .xlsx of one sheet named Count."""
    return workbook_of({"Count": rows}, change=change)


def workbook_of(sheets: dict[str, Iterable[Sequence[Any]]], change: Callable[[Worksheet], None] | None = None) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
        if change is not None:
            change(sheet)
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def comma_separated(*rows: Sequence[Any]) -> bytes:
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows(rows)
    return stream.getvalue().encode()


def rezipped(content: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    """The same zip with the content of its parts changed."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return stream.getvalue()


def with_sheet_xml(content: bytes, old: bytes, new: bytes) -> bytes:
    """Replaces a piece of the first sheet's XML, which must be there."""

    def change(name: str, data: bytes) -> bytes:
        if name != "xl/worksheets/sheet1.xml":
            return data
        assert old in data
        return data.replace(old, new)

    return rezipped(content, change)


def read(content: bytes, file_name: str = "walk.xlsx") -> Reading:
    """Reads, and holds every reading to the account of its rows."""
    reading = read_walk_sheet(content, file_name=file_name)
    for sheet in reading.sheets:
        assert sheet.rows_in == sheet.rows_out
        assert sheet.rows_in == sheet.rows_counted + sheet.rows_refused + sheet.rows_not_counted
    assert len(reading.lines) == sum(sheet.rows_counted + sheet.rows_not_counted for sheet in reading.sheets)
    return reading


def figures(reading: Reading) -> list[tuple[str, str | None]]:
    return [(line.item_code, None if line.counted is None else str(line.counted)) for line in reading.lines]
