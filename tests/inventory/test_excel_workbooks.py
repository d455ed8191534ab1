"""The workbooks staff get back: what became of each row, and what to enter at the end of the day."""

import datetime
import io
import resource
import time
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.excel.workbooks import (
    NO_DISCREPANCY,
    NOTHING_TO_ENTER,
    DiscrepancyRow,
    ResultRow,
    UpdateRow,
    day_end_workbook,
    result_workbook,
)
from inventory.spreadsheets import DEFAULT_LIMITS, UnreadableFile, read_stock_sheet
from inventory.spreadsheets.gathering import gather
from inventory.spreadsheets.stock_columns import STOCK_SHEET

DANGEROUS = ["=1+1", "+1", "-1+2", "@SUM(A1)", "\t=1", '=HYPERLINK("http://x")', "{=1}", "#N/A"]
DAY = datetime.date(2025, 3, 4)


def result(sheet="TAGS", row=2, code="00417", outcome="match", **changes) -> ResultRow:
    given = {
        "description": "Hang tag",
        "in_file": Decimal("12.5"),
        "stated": "12.50",
        "expected": Decimal(10),
        "difference": Decimal("2.5"),
        "what_to_do": "",
    }
    return ResultRow(sheet=sheet, row=row, item_code=code, outcome=outcome, **{**given, **changes})


def opened(content: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(content))


def values(sheet) -> list[tuple]:
    return list(sheet.iter_rows(values_only=True))


def test_the_rows_of_the_upload_come_back_in_order_with_what_became_of_them():
    nothing = {"in_file": None, "difference": None, "stated": "", "expected": Decimal(3)}
    rows = [
        result(),
        result(row=5, code="A2", outcome="review", what_to_do="Count it again."),
        result(sheet="Labels", row=9, code="B1", outcome="refused", **{**nothing, "stated": "12 pcs"}),
        result(sheet="", row=None, code="C1", outcome="missing_there", **nothing),
    ]
    book = opened(result_workbook(file_name="stock.xlsx", facts=[("As of", "4 Mar 2025, 08:00")], rows=rows))
    assert book.sheetnames == ["Summary", "TAGS", "Labels", "Not in the file"]
    assert values(book["TAGS"]) == [
        ("Row", "Item code", "Description", "Stated in the file", "Read as", "Expected here", "Difference", "Outcome",
         "What to do"),
        (2, "00417", "Hang tag", "12.50", 12.5, 10, 2.5, "Matches", None),
        (5, "A2", "Hang tag", "12.50", 12.5, 10, 2.5, "Review", "Count it again."),
    ]  # fmt: skip
    assert values(book["Labels"])[1][3:5] == ("12 pcs", None)
    assert values(book["Not in the file"])[1][:2] == (None, "C1")


def test_the_summary_adds_up_per_sheet_and_names_what_was_not_data():
    rows = [result(), result(row=3, outcome="review"), result(sheet="B"), result(sheet="", row=None, outcome="alert")]
    content = result_workbook(
        file_name="stock.xlsx", facts=[("As of", "08:00")], rows=rows, ignored={"TAGS": 3, "B": 0, "Empty": 1}
    )
    assert values(opened(content)["Summary"]) == [
        ("Sheet", "Rows in", "Matches", "Review", "Alert", "Not data"),
        ("TAGS", 2, 1, 1, 0, 3),
        ("B", 1, 1, 0, 0, 0),
        ("Empty", 0, 0, 0, 0, 1),
        ("Not in the file", 1, 0, 0, 1, 0),
        ("Together", 4, 2, 1, 1, 4),
        (None, None, None, None, None, None),
        ("File", "stock.xlsx", None, None, None, None),
        ("As of", "08:00", None, None, None, None),
    ]


def test_outcomes_are_coloured_filterable_and_printed_with_their_headings():
    rows = [result(outcome="match"), result(row=3, outcome="alert")]
    sheet = opened(result_workbook(file_name="a.xlsx", facts=[], rows=rows))["TAGS"]
    assert sheet["H2"].fill.fgColor.rgb != sheet["H3"].fill.fgColor.rgb
    assert (sheet.auto_filter.ref, sheet.freeze_panes, sheet.print_title_rows) == ("A1:I3", "A2", "$1:$1")
    assert sheet.column_dimensions["I"].width == 70
    assert sheet["B2"].number_format == "@"


def test_sheet_names_are_changed_only_where_excel_must_have_it():
    names = ["Summary", "stock/march", "x" * 40, "summary (2)", "'"]
    rows = [result(sheet=name) for name in names]
    titles = opened(result_workbook(file_name="a & b\x01.xlsx", facts=[], rows=rows)).sheetnames
    assert titles == ["Summary", "Summary (2)", "stock-march", "x" * 31, "summary (2) (2)", "Sheet"]


@pytest.mark.parametrize("text", DANGEROUS)
def test_no_text_of_ours_becomes_a_formula(text):
    row = result(code=text, description=text, stated=text, what_to_do=text, outcome=text)
    book = opened(result_workbook(file_name=text, facts=[(text, text)], rows=[row]))
    updates = [UpdateRow(text, text, Decimal(3), Decimal(1), Decimal(2))]
    other = opened(
        day_end_workbook(
            business_date=DAY, location=text, updates=updates, discrepancies=[DiscrepancyRow(text, None, None, text)]
        )
    )
    cells = [cell for each in (book, other) for sheet in each for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells if cell.value is not None} <= {"s", "n"}
    assert sum(cell.value == text for cell in cells) >= 9
    assert all(cell.data_type == "s" for cell in cells if cell.value == text)


def test_numbers_stay_numbers_and_codes_text():
    sheet = opened(result_workbook(file_name="a.xlsx", facts=[], rows=[result(difference=Decimal("-5.125"))]))["TAGS"]
    assert (sheet["G2"].value, sheet["G2"].data_type) == (-5.125, "n")
    assert (sheet["B2"].value, sheet["B2"].data_type) == ("00417", "s")


def test_what_to_enter_comes_back_as_the_stock_it_states():
    updates = [
        UpdateRow("TBALWBL0009N", "Woven label", Decimal(1000), Decimal(200), Decimal(800)),
        UpdateRow("00417", "=Hang tag", Decimal("500.5"), Decimal(500), Decimal("0.5")),
        UpdateRow("-X7", "", Decimal(3), Decimal(3), Decimal(0)),
    ]
    disagreements = [DiscrepancyRow("TBALTAG0363N", Decimal(300), Decimal(250), "Please verify physical stock.")]
    content = day_end_workbook(business_date=DAY, location="Factory", updates=updates, discrepancies=disagreements)
    book = opened(content)
    assert book.sheetnames == ["Items to update", "Discrepancies"]
    assert values(book["Items to update"])[:2] == [
        ("Product code", "Description", "Previous", "Sold", "Remaining"),
        ("TBALWBL0009N", "Woven label", 1000, 200, 800),
    ]
    assert values(book["Discrepancies"])[1] == ("TBALTAG0363N", 300, 250, "Please verify physical stock.")
    reading = read_stock_sheet(content, file_name="day.xlsx")
    assert [(line.item_code, line.counted) for line in reading.lines] == [
        ("TBALWBL0009N", 800), ("00417", Decimal("0.5")), ("-X7", 0),
    ]  # fmt: skip
    assert reading.errors == ()
    assert [(sheet.name, sheet.header_row, sheet.rows_in) for sheet in reading.sheets] == [
        ("Items to update", 1, 3), ("Discrepancies", None, 0),
    ]  # fmt: skip
    (warning,) = reading.warnings
    assert "Sheet “Discrepancies” has a heading for the item code in row 1, but none for the quantity" in warning
    assert warning.endswith("None of its rows were read.")


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(
        st.from_regex(r"\A[-=+@0-9A-Z][0-9A-Z]{2,8}\Z"), st.decimals(0, 99_999, places=3), min_size=1, max_size=12
    )
)
def test_every_code_and_figure_survives_the_way_out_and_in(remaining):
    updates = [UpdateRow(code, "Label", left + 1, Decimal(1), left) for code, left in remaining.items()]
    content = day_end_workbook(business_date=DAY, location="F", updates=updates, discrepancies=[])
    found = gather(content, "day.xlsx", STOCK_SHEET, DEFAULT_LIMITS)
    assert {record.values["item_code"]: record.values["counted"] for record in found.records()} == remaining
    assert not list(found.errors())


def test_a_day_without_sales_says_so():
    content = day_end_workbook(business_date=DAY, location="F", updates=[], discrepancies=[])
    book = opened(content)
    assert book["Items to update"]["A2"].value == NOTHING_TO_ENTER
    assert book["Discrepancies"]["A2"].value == NO_DISCREPANCY
    with pytest.raises(UnreadableFile, match="no rows below"):
        read_stock_sheet(content, file_name="day.xlsx")


def test_a_result_is_not_read_as_stock():
    with pytest.raises(UnreadableFile, match="none for the quantity"):
        read_stock_sheet(result_workbook(file_name="a.xlsx", facts=[], rows=[result()]), file_name="a.xlsx")


def test_twenty_thousand_results_take_a_few_seconds_and_little_memory():
    rows = [result(row=number, code=f"A{number:05d}", what_to_do="Check it.") for number in range(2, 20_002)]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    content = result_workbook(file_name="stock.xlsx", facts=[], rows=rows)
    assert time.process_time() - began < 8
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 40 * 1024  # KiB
    assert len(content) > 100_000
