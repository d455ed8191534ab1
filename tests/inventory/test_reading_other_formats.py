"""Old Excel, OpenDocument, and everything that is no spreadsheet whatever its name says."""

import datetime
import io
import zipfile

import pytest
import xlwt
from odf.opendocument import OpenDocumentSpreadsheet, OpenDocumentText
from odf.style import Style, TableProperties
from odf.table import Table, TableCell, TableRow
from odf.text import P

from inventory.spreadsheets import UnreadableFile
from tests.inventory.spreadsheets import HEADING, figures, read, rezipped, workbook


def old_workbook(fill) -> bytes:
    book = xlwt.Workbook()
    sheet = book.add_sheet("Count")
    for column, text in enumerate(HEADING):
        sheet.write(0, column, text)
    fill(book, sheet)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def test_an_old_workbook_keeps_codes_formats_and_hidden_rows():
    def fill(book, sheet):
        sheet.write(1, 0, "00417")
        sheet.write(1, 2, 12.5)
        sheet.write(2, 0, 6083, xlwt.easyxf(num_format_str="00000"))
        sheet.write(2, 2, 3)
        sheet.write(3, 0, 120805.0)
        sheet.row(3).hidden = True
        book.add_sheet("Old").visibility = 1

    reading = read(old_workbook(fill), "walk.xls")
    assert reading.file_kind == "xls"
    assert figures(reading) == [("00417", "12.5"), ("06083", "3"), ("120805", None)]
    assert any("06083" in warning for warning in reading.warnings)
    assert any("row 4 is hidden" in warning for warning in reading.warnings)
    assert "Sheet “Old” is hidden and was not read." in reading.warnings


def test_an_old_workbook_shows_its_error_cells_and_dates():
    def fill(book, sheet):
        sheet.write(1, 0, "a")
        sheet.row(1).set_cell_error(2, 0x2A)  # #N/A
        sheet.write(2, 0, "b")
        sheet.write(2, 2, datetime.date(2025, 3, 4), xlwt.easyxf(num_format_str="yyyy-mm-dd"))

    reading = read(old_workbook(fill), "walk.xls")
    assert [(error.row, error.column) for error in reading.errors] == [(2, "C"), (3, "C")]
    assert "#N/A" in reading.errors[0].message
    assert "2025-03-04" in reading.errors[1].message


def open_document(rows, *, hidden: bool = False) -> bytes:
    document = OpenDocumentSpreadsheet()
    style = Style(name="hidden", family="table")
    style.addElement(TableProperties(display="false"))
    document.automaticstyles.addElement(style)
    table = Table(name="Count", **({"stylename": style} if hidden else {}))
    document.spreadsheet.addElement(table)
    for cells, repeated in rows:
        row = TableRow(**({"numberrowsrepeated": repeated} if repeated > 1 else {}))
        table.addElement(row)
        for value, shown, *more in cells:
            row.addElement(open_document_cell(value, shown, *more))
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def open_document_cell(value, shown, formula=None):
    attributes = {"formula": formula} if formula else {}
    if isinstance(value, int | float):
        attributes |= {"valuetype": "float", "value": str(value)}
    elif value is not None:
        attributes["valuetype"] = "string"
    cell = TableCell(**attributes)
    if shown:
        cell.addElement(P(text=shown))
    return cell


HEADING_CELLS = [(text, text) for text in HEADING]


def test_an_open_document_is_read_at_its_true_rows():
    rows = [
        (HEADING_CELLS, 1),
        ([(None, "")], 3),
        ([("00417", "00417"), ("", ""), (12.5, "12.5")], 1),
        ([(6083, "06083"), ("", ""), (1234, "1,234")], 1),
        ([(120805, "120805")], 1),
        ([(None, "")], 1_000_000),
    ]
    reading = read(open_document(rows), "walk.ods")
    assert reading.file_kind == "ods"
    assert figures(reading) == [("00417", "12.5"), ("06083", "1234"), ("120805", None)]
    assert [line.row for line in reading.lines] == [5, 6, 7]
    assert reading.sheets[0].blank_rows == 3
    assert not any("readers disagree" in warning for warning in reading.warnings)


def test_an_open_document_shows_errors_and_unsaved_formulas():
    rows = [
        (HEADING_CELLS, 1),
        ([("a", "a"), ("", ""), ("#N/A", "#N/A")], 1),
        ([("b", "b"), ("", ""), (None, "", "of:=1+1")], 1),
    ]
    reading = read(open_document(rows), "walk.ods")
    assert [(error.row, error.column) for error in reading.errors] == [(2, "C"), (3, "C")]


def test_an_error_in_the_code_column_of_an_open_document_is_no_code():
    rows = [(HEADING_CELLS, 1), ([("#REF!", "#REF!"), ("", ""), (5, "5")], 1)]

    def as_libreoffice_marks_it(name, data):
        return data.replace(
            b'office:value-type="string"><text:p>#REF!',
            b'calcext:value-type="error" xmlns:calcext="urn:calcext" office:value-type="string"><text:p>#REF!',
        )

    marked = rezipped(open_document(rows), as_libreoffice_marks_it)
    (error,) = read(marked, "walk.ods").errors
    assert (error.row, error.column) == (2, "A")
    assert "shows the error #REF!" in error.message


def test_a_filled_row_repeated_a_million_times_is_refused():
    rows = [(HEADING_CELLS, 1), ([("a", "a"), ("", ""), (1, "1")], 1_000_000)]
    with pytest.raises(UnreadableFile, match="repeats one cell or row"):
        read(open_document(rows), "walk.ods")


def test_a_file_with_hidden_sheets_only_is_refused():
    with pytest.raises(UnreadableFile, match="no visible sheet"):
        read(open_document([(HEADING_CELLS, 1)], hidden=True), "walk.ods")


def zipped(**parts: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), text)
    return stream.getvalue()


def text_document() -> bytes:
    stream = io.BytesIO()
    OpenDocumentText().save(stream)
    return stream.getvalue()


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 1000


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"%PDF-1.7 ...", "a PDF document"),
        (b"<!DOCTYPE html><html><table>", "a web page"),
        (b"\xef\xbb\xbf<html><body>", "a web page"),
        (
            b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">',
            "Excel 2003",
        ),
        (b"\x89PNG\r\n\x1a\n", "a picture"),
        (b"{\\rtf1", "RTF"),
        (zipped(xl__workbook_bin="x"), r"\.xlsb"),
        (zipped(Index__Document_iwa="x"), "Numbers"),
        (zipped(word__document_xml="<x/>"), "Word"),
        (zipped(readme_txt="x"), "a zip archive"),
        (text_document(), "not a spreadsheet"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "password-protected"),
        (OLE + "WordDocument".encode("utf-16-le"), "a Word document"),
        (OLE + "Workbook".encode("utf-16-le"), "old Excel workbook"),
        (b"\x01\x02\x03\x04", "neither a spreadsheet nor text"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_spreadsheet_is_called_by_its_name(content, said):
    with pytest.raises(UnreadableFile, match=said):
        read(content, "walk.xlsx")


def test_a_damaged_workbook_is_refused():
    content = workbook(HEADING, ("a", "", 1))
    with pytest.raises(UnreadableFile, match="damaged"):
        read(content[: len(content) // 2])
