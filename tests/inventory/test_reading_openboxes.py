"""The demonstration files of OpenBoxes, if they lie beside the project: real input nobody here wrote."""

import csv
from decimal import Decimal
from pathlib import Path

import pytest

from inventory.spreadsheets import combine_lots, read_table
from tests.inventory.spreadsheets import read

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "openboxes"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the OpenBoxes files are not beside the project")


def test_the_old_excel_walk_keeps_lots_apart_and_puts_them_together():
    reading = read((FOLDER / "inventory_walk.xls").read_bytes(), "inventory_walk.xls")
    assert reading.errors == ()
    assert reading.warnings == ()
    assert [(line.item_code, line.lot, line.counted, line.expected_on_sheet) for line in reading.lines] == [
        ("00001", "M18", 2520, 252), ("00001", "M21", 16540, 1654), ("00001", "M20", 17360, 1736),
        ("00002", "CJ12002", 385, 39), ("00002", "CJ11026", 300, 30),
        ("00003", "DB11007", 60, 6), ("00003", "DB11012", 6042, 604),
    ]  # fmt: skip
    lines, notes = combine_lots(reading.lines)
    assert [(line.item_code, line.counted) for line in lines] == [
        ("00001", 36420),
        ("00002", 685),
        ("00003", 6102),
    ]
    assert len(notes) == 3


@pytest.mark.parametrize(
    ("name", "rows", "pieces"), [("main", 57, 198_656), ("boston", 57, 78_580), ("chicago", 42, 51_137)]
)
def test_every_stock_line_is_accounted_for(name, rows, pieces):
    reading = read((FOLDER / f"{name}WarehouseInventory.csv").read_bytes(), f"{name}.csv")
    assert reading.errors == ()
    assert (reading.rows_in, reading.rows_out) == (rows, rows)
    assert sum(line.counted or 0 for line in reading.lines) == pieces


def test_the_products_are_read_with_every_cost():
    path = FOLDER / "products.csv"
    table = read_table(
        path.read_bytes(),
        file_name="products.csv",
        columns={
            "code": ("ProductCode",),
            "name": ("Name",),
            "unit": ("UnitOfMeasure",),
            "cost": ("UnitCost",),
        },
        required=("code", "name"),
        numbers={"cost": 6},
        unique=("code",),
    )
    with path.open(newline="", encoding="utf-8") as stream:
        expected = [(row["ProductCode"], row["Name"], Decimal(row["UnitCost"])) for row in csv.DictReader(stream)]
    assert [(row.text("code"), row.text("name"), row.number("cost")) for row in table.rows] == expected
    assert table.errors == ()
