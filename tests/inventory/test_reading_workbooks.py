"""What people do to an Excel walk-sheet, and what must come out of it."""

import datetime
import io
import zipfile
from decimal import Decimal

import pytest

from inventory.spreadsheets import UnreadableFile
from tests.inventory.spreadsheets import (
    HEADING,
    figures,
    read,
    rezipped,
    with_sheet_xml,
    workbook,
    workbook_of,
)


def test_a_plain_sheet_is_read_with_its_figures():
    reading = read(workbook(HEADING, ("000417", "Beans", 12), ("120805", "Corn", 0), ("A-7", "Rice", None)))
    assert reading.file_kind == "xlsx"
    assert figures(reading) == [("000417", "12"), ("120805", "0"), ("A-7", None)]
    assert reading.errors == ()
    assert reading.warnings == ()
    (sheet,) = reading.sheets
    assert (sheet.header_row, sheet.rows_in, sheet.rows_counted, sheet.rows_not_counted) == (1, 3, 2, 1)
    assert [(each.field, each.column, each.heading) for each in sheet.columns] == [
        ("item_code", "A", "Item code"),
        ("counted", "C", "Counted"),
        ("description", "B", "Description"),
    ]


def test_titles_totals_page_breaks_and_footers_are_told_from_data():
    reading = read(
        workbook(
            ("Walk-sheet, zone A",),
            ("Sheet CS-7F3K2M9Q", None, None, "printed on Monday"),
            (),
            (*HEADING, "Unit"),
            ("FROZEN",),
            ("100", "Peas", 4, "CS"),
            ("101", "Corn", 6, "CS"),
            ("Subtotal", None, 10),
            HEADING,
            ("102", "Rice", 5, "EA"),
            (None, None, 15),
            ("Grand total", None, 15),
            (),
            ("Counted by:", "Maria"),
            ("Page 1 of 2",),
        )
    )
    assert reading.sheet_code == "CS-7F3K2M9Q"
    assert figures(reading) == [("100", "4"), ("101", "6"), ("102", "5")]
    assert reading.errors == ()
    assert reading.warnings == ()
    (sheet,) = reading.sheets
    assert (sheet.rows_in, sheet.rows_ignored, sheet.blank_rows) == (3, 9, 1)
    assert [row.row for row in sheet.ignored_because("subtotal")] == [8, 11, 12]
    assert [row.row for row in sheet.ignored_because("repeated heading")] == [9]
    assert [row.row for row in sheet.ignored_because("title")] == [1, 2, 5, 14, 15]
    assert sheet.ignored_because("title")[0].text == "Walk-sheet, zone A"


def test_a_total_that_does_not_add_up_is_pointed_out():
    reading = read(workbook(HEADING, ("1", "a", 4), ("2", "b", 6), ("Total", None, 11)))
    assert "says 11" in reading.warnings[0]
    assert "add up to 10" in reading.warnings[0]


def test_a_quantity_without_a_code_is_an_error_unless_it_is_a_total():
    reading = read(workbook(HEADING, ("1", "a", 4), ("2", "b", 6), (None, None, 7), (None, "Total Cereal", 3)))
    assert [(error.row, error.column) for error in reading.errors] == [(4, "A"), (5, "A")]
    assert "there is no item code" in reading.errors[0].message
    assert reading.sheets[0].rows_refused == 2


def test_one_row_above_is_no_evidence_of_a_total():
    reading = read(workbook(HEADING, ("1", "a", 4), (None, None, 4)))
    assert [(error.row, error.column) for error in reading.errors] == [(3, "A")]


def test_a_code_that_only_begins_like_a_total_is_a_code():
    reading = read(workbook(HEADING, ("TOTAL-500", "Total Clean", 4), ("SUMAC", "Spice", 1)))
    assert figures(reading) == [("TOTAL-500", "4"), ("SUMAC", "1")]


def test_the_most_specific_column_is_the_counted_one():
    reading = read(workbook(("SKU", "Qty", "OB QOH", "Physical QOH"), ("A1", 99, 10, 12)))
    (line,) = reading.lines
    assert (line.counted, line.expected_on_sheet) == (Decimal(12), Decimal(10))


@pytest.mark.parametrize("heading", ["On hand", "OB QOH", "System qty", "Expected", "Qty on hand"])
def test_an_expected_quantity_is_never_taken_for_a_count(heading):
    with pytest.raises(UnreadableFile, match="none for the counted quantity"):
        read(workbook(("SKU", heading), ("A1", 99)))


@pytest.mark.parametrize(
    ("code", "counted"),
    [("Trim Code", "Stock"), ("item_code", "physical_qty"), ("STYLE CODE", "On floor"), ("Part No.", "QTY"),
     ("Material", "Actual (cases)"), ("ITEM #", "Counted qty"), ("Product\u00a0code", "Physical\nQOH")],
)  # fmt: skip
def test_headings_are_recognised_in_many_words(code, counted):
    assert figures(read(workbook((code, counted), ("007", 3)))) == [("007", "3")]


def test_two_equally_good_columns_are_a_question_not_a_guess():
    reading = read(workbook(("SKU", "Item code", "Counted", "Physical qty"), ("a", "b", 1, 2), ("c", "d", 3, 4)))
    assert reading.lines == ()
    assert reading.sheets[0].rows_refused == 2
    assert [error.column for error in reading.errors] == ["B", "D"]
    assert "columns A (“SKU”) and B (“Item code”)" in reading.errors[0].message


def test_the_heading_must_be_within_the_first_twenty_rows():
    rows = [(f"note {number}",) for number in range(19)]
    assert figures(read(workbook(*rows, HEADING, ("a", "", 1)))) == [("a", "1")]
    with pytest.raises(UnreadableFile, match="no heading row among its first 20 rows"):
        read(workbook(*rows, ("one more",), HEADING, ("a", "", 1)))


def test_all_visible_sheets_are_read_and_hidden_ones_are_named():
    def hide(sheet):
        if sheet.title == "Old":
            sheet.sheet_state = "hidden"

    data = {
        "A": [HEADING, ("1", "", 2)],
        "B": [HEADING, ("2", "", 3)],
        "Old": [HEADING, ("3", "", 4)],
        "Help": [("x",)],
    }
    reading = read(workbook_of(data, change=hide))
    assert figures(reading) == [("1", "2"), ("2", "3")]
    assert [(sheet.name, sheet.visible) for sheet in reading.sheets] == [
        ("A", True), ("B", True), ("Old", False), ("Help", True),
    ]  # fmt: skip
    assert "Sheet “Old” is hidden and was not read." in reading.warnings
    assert any("Sheet “Help” has no heading row" in warning for warning in reading.warnings)


def test_hidden_rows_count_and_are_named():
    def hide(sheet):
        sheet.row_dimensions[3].hidden = True

    reading = read(workbook(HEADING, ("1", "", 2), ("2", "", 3), change=hide))
    assert figures(reading) == [("1", "2"), ("2", "3")]
    assert reading.warnings == ("Sheet “Count”: row 3 is hidden and read like every other row.",)


def test_rows_that_repeat_a_code_are_all_refused_wherever_they_stand():
    first = [HEADING, ("7", "", 2), ("8", "", 1), ("7", "", 3)]
    reading = read(workbook_of({"A": first, "B": [HEADING, ("7", "", None)]}))
    assert figures(reading) == [("8", "1")]
    assert [(error.sheet, error.row, error.column) for error in reading.errors] == [
        ("A", 2, "A"), ("A", 4, "A"), ("B", 2, "A"),
    ]  # fmt: skip
    assert "is also on row 4, sheet “B” row 2" in reading.errors[0].message


def test_lots_and_bins_tell_rows_of_one_item_apart():
    heading = ("SKU", "Lot", "Bin", "Counted")
    reading = read(
        workbook(heading, ("7", "L1", "A", 2), ("7", "L2", "A", 3), ("7", "L1", "B", 4), ("7", "L1", "A", 9))
    )
    assert [(line.row, line.lot, line.bin) for line in reading.lines] == [(3, "L2", "A"), (4, "L1", "B")]
    assert [error.row for error in reading.errors] == [2, 5]
    assert "lot" in reading.errors[0].message


def test_what_excel_does_to_codes_is_undone_or_reported():
    def formats(sheet):
        sheet["A3"].number_format = "00000"
        sheet["A4"].number_format = "yyyy-mm-dd"

    rows = [(120805.0, "", 1), (6083, "", 1), (45000, "", 1), (1234567890123456, "", 1), ("1.2E+15", "", 1)]
    reading = read(workbook(HEADING, *rows, ("120806.0", "", 1), (True, "", 1), (12.5, "", 1), change=formats))
    assert [line.item_code for line in reading.lines] == ["120805", "06083", "120806"]
    assert [error.row for error in reading.errors] == [4, 5, 6, 8, 9]
    assert "has become a date (2023-03-15)" in reading.errors[0].message
    assert all("Format the column as text" in error.message for error in reading.errors)
    assert "6083 is shown as 06083" in reading.warnings[0]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (datetime.date(2025, 3, 4), "this is a date (2025-03-04)"),
        (True, "this is TRUE"),
        ("=1/0", "result of this formula is not in the file"),
        ("#N/A", "shows the error #N/A"),
        (-3, "is negative"),
        (1.2345, "at most 3 decimals"),
        (10_000_000, "more than 9,999,999"),
        ("NIL", "Type 0 if there is none there, or leave the cell empty if it was not counted"),
    ],
)
def test_cells_that_hold_no_quantity_are_refused_at_their_place(value, said):
    reading = read(workbook(("Title",), HEADING, ("a", "", 5), ("b", "", value)))
    (error,) = reading.errors
    assert (error.sheet, error.row, error.column) == ("Count", 4, "C")
    assert error.message.startswith("Sheet “Count”, row 4, column C (“Counted”): ")
    assert said in error.message
    assert figures(reading) == [("a", "5")]


@pytest.mark.parametrize("raw", [b"1E309", b"NaN", b"INF", b"-1E309"])
def test_numbers_no_spreadsheet_shows_are_refused(raw):
    content = with_sheet_xml(workbook(HEADING, ("a", "", 4711)), b"<v>4711</v>", b"<v>%s</v>" % raw)
    (error,) = read(content).errors
    assert (error.row, error.column) == (2, "C")


def test_a_stored_binary_fraction_is_read_as_it_is_shown():
    content = with_sheet_xml(workbook(HEADING, ("a", "", 4711)), b"<v>4711</v>", b"<v>0.30000000000000004</v>")
    assert figures(read(content)) == [("a", "0.3")]


def test_a_formula_counts_by_its_saved_result():
    content = with_sheet_xml(workbook(HEADING, ("a", "", "=2+3")), b"<v />", b"<v>5</v>")
    assert figures(read(content)) == [("a", "5")]


def test_every_error_is_reported_at_once_in_file_order():
    reading = read(workbook(HEADING, ("b\u202e1", "", "nil"), ("ok", "", 1), (None, "x", "5 ea")))
    assert [(error.row, error.column) for error in reading.errors] == [(2, "A"), (2, "C"), (4, "A"), (4, "C")]


def test_a_wrong_dimension_loses_no_cell():
    content = workbook(HEADING, *[(str(number), "", number) for number in range(1, 51)])
    reading = read(with_sheet_xml(content, b'<dimension ref="A1:C51"', b'<dimension ref="A1:A1"'))
    assert len(reading.lines) == 50
    assert reading.warnings == ()


def test_prefixed_and_strict_names_are_read_like_others():
    strict = b"http://purl.oclc.org/ooxml/spreadsheetml/main"

    def change(name, data):
        return data.replace(b"http://schemas.openxmlformats.org/spreadsheetml/2006/main", strict)

    assert figures(read(rezipped(workbook(HEADING, ("a", "", 4)), change))) == [("a", "4")]


def test_macros_are_left_alone_and_mentioned():
    stream = io.BytesIO(workbook(HEADING, ("a", "", 4)))
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"macro")
    reading = read(stream.getvalue(), "walk.xlsm")
    assert reading.file_kind == "xlsm"
    assert "macros" in reading.warnings[0]


def test_two_sheet_ids_in_one_file_are_refused():
    reading = read(workbook(("Sheet CS-AAAAAAAA",), ("Sheet CS-BBBBBBBB",), HEADING, ("a", "", 4)))
    assert reading.sheet_code == ""
    assert [error.row for error in reading.errors] == [1, 2]


@pytest.mark.parametrize("rows", [[], [HEADING], [("", None)], [(None,)]])
def test_a_file_without_anything_to_read_is_refused(rows):
    with pytest.raises(UnreadableFile, match="upload"):
        read(workbook(*rows))
