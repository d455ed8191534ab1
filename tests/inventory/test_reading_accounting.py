"""Whatever stands on a sheet, every data row comes out once: counted, refused or not counted."""

import resource
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.spreadsheets import DEFAULT_LIMITS
from inventory.spreadsheets.columns import WALK_SHEET
from inventory.spreadsheets.gathering import gather, summarise
from tests.inventory.spreadsheets import HEADING, comma_separated, figures, read, workbook

CODES = st.one_of(
    st.none(),
    st.sampled_from(
        ["A1", "A2", "00417", "Total", "Subtotal zone A", "FROZEN FOOD", "1.2E+15", "А1", "Item code", "  "]
    ),
    st.integers(0, 10**16),
    st.floats(0, 100),
    st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), max_size=8),
)
COUNTS = st.one_of(
    st.none(),
    st.sampled_from(["NIL", "n/a", "5 ea", "(5)", "1,234", "Counted", "#N/A", " ", "=1+1", "-3", "7"]),
    st.integers(-5, 10**8),
    st.decimals(0, 1000, places=2),
    st.booleans(),
)
ROWS = st.lists(st.tuples(CODES, st.sampled_from([None, "Beans", "Total"]), COUNTS), min_size=1, max_size=25)


def account(content: bytes, rows: list) -> None:
    found = gather(content, "walk", WALK_SHEET, DEFAULT_LIMITS)
    (sheet,) = [summarise(each, WALK_SHEET) for each in found.sheets]
    filled = sum(any(value is not None and str(value).strip() for value in row) for row in rows)
    assert sheet.rows_in == sheet.rows_counted + sheet.rows_refused + sheet.rows_not_counted
    assert sheet.rows_in + sheet.rows_ignored == filled
    refused = {error.row for error in found.errors()}
    assert len(refused) == sheet.rows_refused
    seen = {record.row for record in found.records()} | {row.row for row in sheet.ignored}
    assert len(seen) == filled
    for record in found.records():
        counted = record.values["counted"]
        assert record.errors or (record.values["item_code"] and (counted is None or counted >= 0))


@settings(max_examples=120, deadline=None)
@given(ROWS)
def test_every_row_of_a_workbook_is_accounted_for(rows):
    rows = [("SURE", "Beans", 1), *rows]
    account(workbook(HEADING, *rows), rows)


@settings(max_examples=120, deadline=None)
@given(ROWS)
def test_every_row_of_a_csv_is_accounted_for(rows):
    rows = [("SURE", "Beans", 1), *rows]
    account(comma_separated(HEADING, *rows), rows)


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(st.from_regex(r"\A0{0,3}[1-9A-Z]{2,6}\Z"), st.none() | st.decimals(0, 9999, places=3), min_size=1)
)
def test_good_figures_survive_unchanged(counts):
    rows = [(f"X{code}", "Beans", None if count is None else float(count)) for code, count in counts.items()]
    found = gather(workbook(HEADING, *rows), "walk", WALK_SHEET, DEFAULT_LIMITS)
    got = {record.values["item_code"]: record.values["counted"] for record in found.records()}
    assert got == {f"X{code}": None if count is None else Decimal(count) for code, count in counts.items()}
    assert not list(found.errors())


def processor_seconds_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_ten_thousand_rows_take_well_under_two_seconds():
    """Processor time of the child with its start-up, which a busy machine does not stretch as it does the clock."""
    rows = [(f"{number:06d}", f"Item {number}", number % 50) for number in range(10_000)]
    content = workbook(HEADING, *rows)
    before = processor_seconds_of_children()
    reading = read(content)
    assert processor_seconds_of_children() - before < 2
    assert len(reading.lines) == 10_000
    assert sum(int(count or 0) for _, count in figures(reading)) == sum(number % 50 for number in range(10_000))
