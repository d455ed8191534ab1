"""The same reader for items and opening stock, and the putting together of lots."""

from decimal import Decimal

import pytest

from inventory.spreadsheets import UnreadableFile, combine_lots, read_table
from tests.inventory.spreadsheets import comma_separated, read, workbook

ITEMS = {
    "code": ("Product code", "Item code"),
    "name": ("Name", "Description"),
    "cost": ("Unit cost", "Cost"),
}


def items(content: bytes):
    return read_table(
        content,
        file_name="items.xlsx",
        columns=ITEMS,
        required=("code", "name"),
        numbers={"cost": 4},
        unique=("code",),
    )


def test_a_table_is_read_by_name():
    table = items(
        workbook(
            ("Items",),
            ("Cost", "ProductCode", "Name", "Extra"),
            (0.0692, "007", "Tube", 1),
            (None, 8.0, "Pen"),
        )
    )
    assert [(row.row, row.text("code"), row.text("name"), row.number("cost")) for row in table.rows] == [
        (3, "007", "Tube", Decimal("0.0692")),
        (4, "8", "Pen", None),
    ]
    assert table.errors == ()


def test_a_table_reports_missing_wrong_and_repeated_values():
    table = items(
        comma_separated(
            ("Product code", "Name", "Unit cost"),
            ("1", "", "2"), ("2", "Pen", "x"), ("", "Cup", "3"),
            ("4", "a", "1"), ("4", "b", "1"), ("5", "c", "0.12345"),
        )
    )  # fmt: skip
    assert [(error.row, error.column) for error in table.errors] == [
        (2, "B"), (3, "C"), (4, "A"), (5, "A"), (6, "A"), (7, "C"),
    ]  # fmt: skip
    assert table.rows == ()
    assert table.sheets[0].rows_refused == table.sheets[0].rows_in == 6


def test_a_table_without_a_required_column_is_refused():
    with pytest.raises(UnreadableFile, match="heading for the code in row 1, but none for the name"):
        items(comma_separated(("Product code", "Cost"), ("1", "2")))


def test_lots_are_put_together_in_the_open():
    heading = ("SKU", "Lot", "Counted", "Expected")
    reading = read(workbook(heading, ("7", "L1", 2, 3), ("8", "", 5, None), ("7", "L2", 3.5, 1)))
    lines, notes = combine_lots(reading.lines)
    assert [(line.item_code, line.counted, line.expected_on_sheet, line.from_rows) for line in lines] == [
        ("7", Decimal("5.5"), Decimal(4), (("Count", 2), ("Count", 4))),
        ("8", Decimal(5), None, (("Count", 3),)),
    ]
    (note,) = notes
    assert "2 (lot L1) + 3.5 (lot L2) = 5.5" in note


def test_an_item_with_an_uncounted_lot_was_not_counted():
    reading = read(workbook(("SKU", "Lot", "Counted"), ("7", "L1", 2), ("7", "L2", None)))
    lines, notes = combine_lots(reading.lines)
    assert lines[0].counted is None
    assert "only 2 (lot L1) was counted" in notes[0]
