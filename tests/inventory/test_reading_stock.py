"""The stock workbooks people keep: merged names, several sheets, days as headings, words for nothing."""

import datetime
import io
import re
from decimal import Decimal

import pytest
import xlwt
from odf import dc
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import CoveredTableCell, Table, TableCell, TableRow
from odf.text import P

from inventory.spreadsheets import Reading, UnreadableFile, combine_lots, read_stock_sheet
from tests.inventory.spreadsheets import comma_separated, figures, rezipped, with_sheet_xml, workbook, workbook_of

HEADING = ("TRIM CODE", "TRIM NAME", "STOCK")
DAY = datetime.date


def read(content: bytes, file_name: str = "stock.xlsx", **options) -> Reading:
    """Reads, and holds every reading to the account of its rows, the refused ones with their reasons."""
    reading = read_stock_sheet(content, file_name=file_name, **options)
    for sheet in reading.sheets:
        assert sheet.rows_in == sheet.rows_counted + sheet.rows_refused + sheet.rows_not_counted
        assert sheet.rows_refused == sum(row.sheet == sheet.name for row in reading.refused)
        assert sheet.rows_in - sheet.rows_refused == sum(line.sheet == sheet.name for line in reading.lines)
    assert all(row.messages for row in reading.refused)
    return reading


def merged(*ranges: str):
    def change(sheet):
        for each in ranges:
            sheet.merge_cells(each)

    return change


def refusals(reading: Reading) -> list[tuple[int, str, str]]:
    return [(row.row, row.item_code, row.stated) for row in reading.refused]


def test_a_name_merged_down_speaks_for_every_size_row():
    rows = [
        ("SL.NO", "TRIM NAME", "SIZE", "CODE", "STOCK"),
        (1, "Woven label", "S", "TBALWBL0009N", 1000),
        (2, None, "M", "TBALWBL0010N", 200),
        (3, None, "L", "TBALWBL0011N", None),
        (4, "Hang tag", None, "TBALHGT0033N", 500),
    ]
    reading = read(workbook(*rows, change=merged("B2:B4")))
    assert [(line.item_code, line.description, line.counted) for line in reading.lines] == [
        ("TBALWBL0009N", "Woven label", 1000), ("TBALWBL0010N", "Woven label", 200),
        ("TBALWBL0011N", "Woven label", None), ("TBALHGT0033N", "Hang tag", 500),
    ]  # fmt: skip
    assert reading.errors == ()


def test_a_name_that_is_only_left_out_is_not_filled_down():
    reading = read(workbook(HEADING, ("A1", "Label", 1), ("A2", None, 2)))
    assert [line.description for line in reading.lines] == ["Label", ""]


def test_a_name_above_its_size_rows_speaks_for_them():
    rows = [("NAME", "CODE", "STOCK"), ("Label",), (None, "A1", 1), (None, "A2", 2)]
    reading = read(workbook(*rows, change=merged("A2:A4")))
    assert [(line.row, line.description) for line in reading.lines] == [(3, "Label"), (4, "Label")]
    assert [row.row for row in reading.sheets[0].ignored] == [2]


def test_a_merged_code_is_never_copied_down():
    rows = [HEADING, ("A1", "S", 5), (None, "M", 6), (None, "L", 11), ("A2", "x", 7)]
    reading = read(workbook(*rows, change=merged("A2:A4")))
    assert figures(reading) == [("A2", "7")]
    assert refusals(reading) == [(2, "A1", "5"), (3, "", "6"), (4, "", "11")]
    assert (
        "row 2, column A (“TRIM CODE”): the item code is one merged cell for rows 2 to 4" in reading.errors[0].message
    )


def test_a_merged_quantity_is_never_copied_down():
    rows = [HEADING, ("A1", "S", 500), ("A2", "M", None), ("LABELS", None, None), ("A3", "x", 7)]
    reading = read(workbook(*rows, change=merged("C2:C4")))
    assert figures(reading) == [("A3", "7")]
    assert refusals(reading) == [(2, "A1", "500"), (3, "A2", ""), (4, "LABELS", "")]
    assert all("the quantity is one merged cell for rows 2 to 4" in row.messages[-1] for row in reading.refused)


def test_a_block_merged_over_code_and_quantity_is_refused_once():
    reading = read(workbook(("CODE", "STOCK", "SIZE"), ("A1", None, "S"), (None, None, "M"), change=merged("A2:B3")))
    assert [len(row.messages) for row in reading.refused] == [1, 2]


def test_a_title_merged_over_a_block_is_a_title():
    rows = [("CODE", "NAME", "STOCK"), ("WOVEN LABELS",), (), ("A1", "S", 1)]
    reading = read(workbook(*rows, change=merged("A2:C3")))
    assert (figures(reading), reading.errors) == ([("A1", "1")], ())


def test_cells_merged_over_nothing_but_blank_rows_are_read():
    rows = [HEADING, ("A1", "S", 500), (), ("A2", "M", 3)]
    assert figures(read(workbook(*rows, change=merged("A2:A3", "B2:B3", "C2:C3")))) == [("A1", "500"), ("A2", "3")]


def test_every_visible_sheet_is_read_and_one_without_headings_is_named():
    data = {
        "TAGS": [HEADING, ("A1", "", 1), ("A2", "", "x")],
        "Labels": [("TAG NAME", "TAG CODE", " QTY"), ("", "B1", 2)],
        "Notes": [("Call Maria",), ("about the cartons",)],
    }
    reading = read(workbook_of(data))
    assert figures(reading) == [("A1", "1"), ("B1", "2")]
    assert [(sheet.name, sheet.header_row, sheet.rows_in) for sheet in reading.sheets] == [
        ("TAGS", 1, 2), ("Labels", 1, 1), ("Notes", None, 0),
    ]  # fmt: skip
    (warning,) = reading.warnings
    assert warning.startswith("Sheet “Notes” has no heading row")
    assert warning.endswith("None of its rows were read.")


@pytest.mark.parametrize("above", [1, 2, 5])
def test_the_heading_may_stand_below_titles(above):
    rows = [("STOCK OF TRIMS", None, None) for _ in range(above)]
    reading = read(workbook(*rows, HEADING, ("A1", "", 1)))
    assert figures(reading) == [("A1", "1")]
    assert [row.reason for row in reading.sheets[0].ignored] == ["title"] * above


def test_the_latest_day_in_which_anything_is_filled_is_the_quantity():
    rows = [
        ("CODE", "NAME", DAY(2025, 3, 3), DAY(2025, 3, 5), DAY(2025, 3, 4), DAY(2025, 3, 6)),
        ("A1", "", 10, 12, 11, None),
        ("A2", "", 20, None, 21, "-"),
        ("Total", None, 30, 12, 32, 0),
    ]
    reading = read(workbook(*rows))
    assert figures(reading) == [("A1", "12"), ("A2", None)]
    assert reading.warnings == (
        "Sheet “Count”: the quantity was taken from column D (“2025-03-05”), the latest day with anything filled in."
        " The 3 other column(s) of days were not read.",
    )


def test_a_sheet_whose_days_are_all_empty_states_nothing():
    reading = read(workbook(("CODE", DAY(2025, 3, 3), DAY(2025, 3, 4)), ("A1", None, None)))
    assert figures(reading) == [("A1", None)]
    assert "column C" in reading.warnings[0]


@pytest.mark.parametrize(
    ("days", "column"),
    [(("30/03/2025", "02/04/2025"), "C"), (("03/30/2025", "02/04/2025"), "B"), (("3 Mar 2025", "March 2, 2025"), "B"),
     (("01.12.24", "02.01.25"), "C"), (("2025-3-9", "2025-03-10"), "C")],
)  # fmt: skip
def test_days_written_as_text_are_put_in_order(days, column):
    reading = read(comma_separated(("CODE", *days), ("A1", 1, 2)), "stock.csv")
    assert [each.column for each in reading.sheets[0].columns if each.field == "counted"] == [column]


def test_days_that_can_be_read_in_two_ways_are_a_question():
    reading = read(comma_separated(("CODE", "03/04/2025", "01/05/2025"), ("A1", 1, 2)), "stock.csv")
    assert reading.lines == ()
    assert "columns B (“03/04/2025”) and C (“01/05/2025”) can both be the quantity" in reading.refused[0].messages[0]


def test_a_quantity_heading_wins_over_days():
    heading = ("CODE", DAY(2025, 3, 3), "Stock", DAY(2025, 3, 4))
    reading = read(workbook(heading, ("A1", 1, 2, 3)))
    assert figures(reading) == [("A1", "2")]
    assert reading.warnings == ()


@pytest.mark.parametrize(
    ("heading", "wins"),
    [(("CODE", "QTY", "STOCK"), "STOCK"), (("CODE", "STOCK", "CLOSING STOCK"), "CLOSING STOCK"),
     (("SKU", "Available", "On hand"), "On hand"), (("Product code", "Previous", "Sold", "Remaining"), "Remaining"),
     (("CODE", "STOCK", "ISSUED", "BALANCE"), "BALANCE"), (("CODE", "QOH", "Physical QOH"), "Physical QOH"),
     (("ITEM CODE", " QTY"), "QTY"), (("TRIMCODE", "AVAILABLE"), "AVAILABLE"), (("TAG CODE", "QUANTITY"), "QUANTITY"),
     (("SL.NO", "CODE", "OPENING STOCK", "STOCK (PCS)"), "STOCK (PCS)")],
)  # fmt: skip
def test_the_most_specific_heading_is_the_quantity(heading, wins):
    reading = read(workbook(heading, ["A1", *range(1, len(heading))]))
    (found,) = [each.heading for each in reading.sheets[0].columns if each.field == "counted"]
    assert found == wins


def test_two_quantities_of_the_same_rank_are_a_question():
    reading = read(workbook(("CODE", "QTY", "QUANTITY"), ("A1", 1, 2)))
    assert reading.lines == ()
    (row,) = reading.refused
    assert "columns B (“QTY”) and C (“QUANTITY”) can both be the quantity" in row.messages[0]


@pytest.mark.parametrize("heading", ["SL.NO", "S.NO", "Serial no", "Sr. No.", "#", "ID"])
def test_a_running_number_is_never_the_code(heading):
    with pytest.raises(UnreadableFile, match="none for the item code"):
        read(workbook((heading, "TRIM NAME", "STOCK"), (1, "Label", 5)))


def test_serial_numbers_do_not_tell_repeated_codes_apart():
    reading = read(workbook(("SERIAL NO", "CODE", "STOCK"), (1, "A1", 5), (2, "A1", 6), (3, "A2", 7)))
    assert figures(reading) == [("A2", "7")]
    assert refusals(reading) == [(2, "A1", "5"), (3, "A1", "6")]
    assert "is also on row 3" in reading.refused[0].messages[0]
    assert "is also on row 2" in reading.refused[1].messages[0]


@pytest.mark.parametrize("word", ["NILL", "nil", "Nil.", " NULL ", "None", "ZERO", "0"])
def test_words_for_none_mean_zero(word):
    assert figures(read(workbook(HEADING, ("A1", "", word)))) == [("A1", "0")]


@pytest.mark.parametrize("word", ["-", "N/A", "NIL"])
def test_words_for_nothing_are_no_code(word):
    reading = read(workbook(HEADING, ("A1", "", 5), (word, "Label", 6), (word, "Tag", "-")))
    assert figures(reading) == [("A1", "5")]
    assert refusals(reading) == [(3, word, "6")]
    assert "there is no item code" in reading.refused[0].messages[0]
    assert [row.row for row in reading.sheets[0].ignored] == [4]


def test_refused_rows_say_what_the_sheet_shows():
    content = with_sheet_xml(
        workbook(HEADING, (417.0, "", 4711), (417, "", 2)), b"<v>4711</v>", b"<v>0.30000000000000004</v>"
    )
    assert refusals(read(content)) == [(2, "417", "0.3"), (3, "417", "2")]


@pytest.mark.parametrize("word", ["-", "NA", "n/a", "N.A.", " ", None, "–"])
def test_words_that_say_nothing_are_not_zero(word):
    reading = read(workbook(HEADING, ("A1", "", word)))
    assert figures(reading) == [("A1", None)]
    assert reading.sheets[0].rows_not_counted == 1


@pytest.mark.parametrize("word", ["finished", "12 pcs", "1,5", "#N/A", "?", "...", "-5", datetime.date(2025, 1, 2)])
def test_anything_else_is_an_error_and_never_zero(word):
    reading = read(workbook(HEADING, ("A1", "", word), ("A2", "", 1)))
    assert figures(reading) == [("A2", "1")]
    (row,) = reading.refused
    assert (row.row, row.item_code, row.stated) == (2, "A1", str(word))


def test_the_words_for_none_can_be_chosen():
    content = workbook(HEADING, ("A1", "", "FERTIG"), ("A2", "", "NIL"), ("A3", "", "-"))
    reading = read(content, zero_words={"fertig", "-"})
    assert figures(reading) == [("A1", "0"), ("A3", "0")]
    assert refusals(reading) == [(3, "A2", "NIL")]


def test_decimals_are_kept_and_codes_stay_text():
    reading = read(workbook(HEADING, ("00417", "", 12.75), ("0012", "", "1,250.5"), (417, "", 3)))
    assert figures(reading) == [("00417", "12.75"), ("0012", "1250.5"), ("417", "3")]


def test_lots_and_bins_of_one_item_are_put_together():
    rows = [("Code", "Bin", "Lot", "Qty"), ("A1", "R1", "x", 2), ("A1", "R2", "x", 3), ("A2", "", "", 1)]
    lines, notes = combine_lots(read(workbook(*rows)).lines)
    assert [(line.item_code, line.counted) for line in lines] == [("A1", Decimal(5)), ("A2", Decimal(1))]
    assert len(notes) == 1


def test_a_repeated_code_is_refused_on_every_sheet_it_stands_on():
    reading = read(workbook_of({"A": [HEADING, ("A1", "", 1)], "B": [HEADING, ("A1", "", 1), ("A2", "", 2)]}))
    assert figures(reading) == [("A2", "2")]
    assert [(row.sheet, row.row) for row in reading.refused] == [("A", 2), ("B", 2)]
    assert "sheet “B” row 2" in reading.refused[0].messages[0]


@pytest.mark.parametrize("below", [("S", "M", "L"), (DAY(2025, 3, 3), DAY(2025, 3, 4), DAY(2025, 3, 5))])
def test_a_quantity_divided_by_a_second_heading_row_is_a_question(below):
    rows = [("CODE", "NAME", "STOCK"), (None, None, *below), ("A1", "", 1, 2, 3), ("A2", "", 4, 5, 6)]
    reading = read(workbook(*rows, change=merged("A1:A2", "B1:B2", "C1:E1")))
    assert reading.lines == ()
    assert [row.item_code for row in reading.refused][-2:] == ["A1", "A2"]
    assert "row 2 divides the quantity into columns C to E" in reading.refused[-1].messages[0]


def test_a_wide_heading_over_one_column_of_figures_is_no_question():
    rows = [("CODE", "STOCK", None, "UNIT"), ("A1", 1, None, "pcs")]
    assert figures(read(workbook(*rows, change=merged("B1:C1", "B2:C2")))) == [("A1", "1")]


def core(text: bytes):
    """The properties of a workbook with another time of saving."""

    def change(name, data):
        return re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + text, data) if "core.xml" in name else data

    return rezipped(workbook(HEADING, ("A1", "", 1)), change)


@pytest.mark.parametrize(
    ("text", "moment"),
    [(b"2025-03-04T16:05:06Z", "16:05:06"), (b"2025-03-04T16:05:06+02:00", "14:05:06"),
     (b"2025-03-04T16:05:06", "11:05:06"), (b"2025-03-04", None), (b"yesterday", None), (b"", None)],
)  # fmt: skip
def test_the_workbook_says_when_it_was_saved(text, moment):
    """A time without a zone is one of the zone given: here five hours ahead of UTC."""
    ahead = datetime.timezone(datetime.timedelta(hours=5))
    saved_at = read(core(text), time_zone=ahead).saved_at
    assert (saved_at and saved_at.isoformat()) == (moment and f"2025-03-04T{moment}+00:00")
    assert saved_at is None or saved_at.tzinfo is datetime.UTC


def test_unusable_properties_cost_the_time_and_nothing_else():
    def change(name, data):
        return b"<a><b></a>" if "core.xml" in name else data

    reading = read(rezipped(workbook(HEADING, ("A1", "", 1)), change))
    assert (reading.saved_at, figures(reading)) == (None, [("A1", "1")])


def test_a_csv_does_not_say_when_it_was_saved():
    assert read(comma_separated(HEADING, ("A1", "", 1)), "stock.csv").saved_at is None


def test_an_open_document_has_its_time_and_its_merged_names():
    document = OpenDocumentSpreadsheet()
    document.meta.addElement(dc.Date(text="2025-03-04T16:05:06.789012345"))
    table = Table(name="Stock")
    for values in [("CODE", "NAME", "STOCK"), ("A1", "Label", "5"), ("A2", None, "NIL"), ("A3", None, "x")]:
        row = TableRow()
        for value in values:
            covered = value is None
            cell = CoveredTableCell() if covered else TableCell(valuetype="string")
            if value == "Label":
                cell.setAttribute("numberrowsspanned", 3)
            if not covered:
                cell.addElement(P(text=value))
            row.addElement(cell)
        table.addElement(row)
    document.spreadsheet.addElement(table)
    stream = io.BytesIO()
    document.write(stream)
    reading = read(stream.getvalue(), "stock.ods")
    assert [(line.item_code, line.description, line.counted) for line in reading.lines] == [
        ("A1", "Label", 5), ("A2", "Label", 0),
    ]  # fmt: skip
    assert refusals(reading) == [(4, "A3", "x")]
    assert reading.saved_at == datetime.datetime(2025, 3, 4, 16, 5, 6, 789012, tzinfo=datetime.UTC)


def test_an_old_workbook_has_its_merged_names():
    book = xlwt.Workbook()
    sheet = book.add_sheet("Stock")
    for number, row in enumerate([("CODE", "NAME", "STOCK"), ("A1", None, 5), ("A2", None, 6), ("A3", "Tag", None)]):
        for column, value in enumerate(row):
            if value is not None:
                sheet.write(number, column, value)
    sheet.write_merge(1, 2, 1, 1, "Label")
    stream = io.BytesIO()
    book.save(stream)
    reading = read(stream.getvalue(), "stock.xls")
    assert [(line.item_code, line.description) for line in reading.lines] == [
        ("A1", "Label"), ("A2", "Label"), ("A3", "Tag"),
    ]  # fmt: skip
    assert reading.saved_at is None


def test_twenty_thousand_rows_are_read_within_the_limits():
    rows = [(f"{number:06d}", f"Item {number}", number % 50) for number in range(20_000)]
    reading = read(workbook(HEADING, *rows))
    assert len(reading.lines) == 20_000
    assert sum(line.counted or 0 for line in reading.lines) == sum(number % 50 for number in range(20_000))
