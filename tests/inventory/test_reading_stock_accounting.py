"""Whatever stands in a stock workbook, every filled row below a heading comes out once, and no figure is invented."""

import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.spreadsheets import DEFAULT_LIMITS, ZERO_WORDS, combine_lots, read_stock_sheet
from inventory.spreadsheets.gathering import gather, summarise
from inventory.spreadsheets.stock_columns import STOCK_SHEET
from tests.inventory.spreadsheets import saved

OPENBOXES = Path(__file__).resolve().parents[3] / "shared" / "data" / "openboxes"
QUIET = {"", "-", "NA", "n/a"}
CODES = st.one_of(
    st.none(),
    st.from_regex(r"\ATBAL(TAG|WBL)00[0-9]{2}N\Z"),
    st.sampled_from(["A1", "A2", "00417", "Total", "Sub total", "LABELS", "1.2E+15", "А1", "CODE", "-", "  "]),
    st.integers(0, 10**16),
)
NAMES = st.sampled_from([None, None, "Woven label", "Hang tag", "Total", "see Maria"])
QUANTITIES = st.one_of(
    st.none(),
    st.sampled_from(
        ["NILL", "Nil", "NULL", "-", "NA", "12 pcs", "1,234", " 7 ", "#N/A", "=1+1", "x", "QTY", "1.234,5"]
    ),
    st.integers(-5, 10**8),
    st.decimals(0, 1000, places=2),
    st.booleans(),
    st.dates(datetime.date(2025, 1, 1), datetime.date(2025, 12, 31)),
)
JUNK = st.sampled_from([None, None, "S", "M", 3])
ROWS = st.lists(st.tuples(JUNK, NAMES, CODES, QUANTITIES, QUANTITIES), max_size=12)
FIRST, SECOND = datetime.date(2025, 3, 3), datetime.date(2025, 3, 4)
HEADINGS = st.sampled_from(
    [
        ("SL.NO", "TRIM NAME", "TRIM CODE", "STOCK", "REMARKS"),
        ("SIZE", "NAME", "CODE", " QTY", FIRST),
        ("SL.NO", "DESCRIPTION", "ITEM CODE", "RATE", "CLOSING STOCK"),
        (None, "TAG NAME", "TAG CODE", FIRST, SECOND),
        ("SL.NO", "TAG NAME", "TAG CODE", SECOND, FIRST),
        ("SL.NO", "NAME", "CODE", "QTY", "QUANTITY"),
        ("SL.NO", "NAME", "REMARKS", "PRICE", "DATE"),
    ]
)
MERGES = st.lists(
    st.tuples(st.integers(1, 4), st.integers(1, 12), st.integers(1, 4)), max_size=3, unique_by=lambda m: m[0]
)
SHEETS = st.lists(st.tuples(st.integers(0, 3), HEADINGS, ROWS, MERGES), min_size=1, max_size=3)


def ugly_workbook(sheets) -> openpyxl.Workbook:
    """The first sheet always has a heading and a row of data; merges are (column, first row of data, rows more)."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for number, (above, heading, rows, merges) in enumerate(sheets):
        sheet = book.create_sheet(f"S{number}")
        if number == 0:
            heading, rows = ("SL.NO", "TRIM NAME", "TRIM CODE", "STOCK", None), [(1, "Label", "SURE", 1, None), *rows]
        for _ in range(above):
            sheet.append(["STOCK OF MARCH"])
        sheet.append(heading)
        for row in rows:
            sheet.append(row)
        for column, first, more in merges:
            start = above + 1 + first
            sheet.merge_cells(start_row=start, end_row=start + more, start_column=column + 1, end_column=column + 1)
    return book


def filled_rows(sheet, below: int) -> set[int]:
    rows = sheet.iter_rows(min_row=below + 1)
    return {row[0].row for row in rows if any(cell.value is not None and str(cell.value).strip() for cell in row)}


def stated(value) -> Decimal | None:
    """What a cell says, by rules written down here once more."""
    text = "" if value is None else str(value).strip()
    if text.casefold() in ZERO_WORDS:
        return Decimal(0)
    return None if text in QUIET else Decimal(text.replace(",", ""))


def account_for(sheet, found, summary) -> None:
    refused = {record.row for record in found.rows.records if record.errors or found.conflicts}
    assert summary.rows_in == summary.rows_counted + summary.rows_refused + summary.rows_not_counted
    assert summary.rows_refused == len(refused)
    if found.heading is None:
        assert (summary.rows_in, summary.ignored) == (0, ())
        return
    ignored = [row.row for row in summary.ignored if row.row > found.heading.row]
    seen = [record.row for record in found.rows.records] + ignored
    assert len(seen) == len(set(seen))
    assert set(seen) == filled_rows(sheet, found.heading.row)
    column = found.heading.columns["counted"]
    for record in found.rows.records:
        if record.row not in refused:
            assert record.values["counted"] == stated(sheet.cell(record.row, column).value)


@settings(max_examples=150, deadline=None)
@given(SHEETS)
def test_every_row_of_an_ugly_workbook_is_accounted_for(sheets):
    book = ugly_workbook(sheets)
    found = gather(saved(book), "stock.xlsx", STOCK_SHEET, DEFAULT_LIMITS)
    assert [sheet.name for sheet in found.sheets] == book.sheetnames
    for each in found.sheets:
        account_for(book[each.name], each, summarise(each, STOCK_SHEET))
        if each.heading is None:
            assert any(f"“{each.name}”" in warning for warning in found.warnings)


@settings(max_examples=8, deadline=None)
@given(SHEETS)
def test_the_child_process_tells_all_that_was_gathered(sheets):
    content = saved(ugly_workbook(sheets))
    found = gather(content, "stock.xlsx", STOCK_SHEET, DEFAULT_LIMITS)
    reading = read_stock_sheet(content, file_name="stock.xlsx")
    assert reading.sheets == tuple(summarise(each, STOCK_SHEET) for each in found.sheets)
    assert len(reading.refused) == sum(sheet.rows_refused for sheet in reading.sheets)
    assert len(reading.lines) == sum(sheet.rows_counted + sheet.rows_not_counted for sheet in reading.sheets)
    assert all(row.messages for row in reading.refused)


def test_the_rules_written_here_know_a_wrong_cell():
    with pytest.raises(InvalidOperation):
        stated("12 pcs")


@pytest.mark.skipif(not OPENBOXES.is_dir(), reason="the OpenBoxes files are not beside the project")
@pytest.mark.parametrize(
    ("name", "rows", "counted", "total"),
    [
        ("mainWarehouseInventory.csv", 57, 57, 198_656),
        ("bostonWarehouseInventory.csv", 57, 57, 78_580),
        ("chicagoWarehouseInventory.csv", 42, 42, 51_137),
        ("inventoryLevels.csv", 52, 0, 0),
        ("inventory_walk.xls", 7, 7, 43_207),
    ],
)
def test_every_row_of_the_openboxes_files_is_accounted_for(name, rows, counted, total):
    """`inventoryLevels.csv` has the column of current quantities, with nothing in it: nothing is stated, not zero."""
    reading = read_stock_sheet((OPENBOXES / name).read_bytes(), file_name=name)
    (sheet,) = reading.sheets
    assert (sheet.rows_in, sheet.rows_counted, sheet.rows_refused) == (rows, counted, 0)
    assert (sheet.rows_not_counted, sheet.ignored) == (rows - counted, ())
    assert reading.refused == ()
    assert sum(line.counted or 0 for line in reading.lines) == total
    assert sum(line.counted or 0 for line in combine_lots(reading.lines)[0]) == total
