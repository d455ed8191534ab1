"""import_items and import_balances: every row accounted for, every problem at once, nothing stored on error."""

import csv
import json
from collections.abc import Callable
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from inventory.models import Balance, Item, Location, Movement, Zone
from inventory.stock.ledger import first_wrong_balance
from tests import factories as make
from tests.inventory.spreadsheets import comma_separated, workbook

OPENBOXES = Path(__file__).resolve().parents[3] / "shared" / "data" / "openboxes"
needs_openboxes = pytest.mark.skipif(not OPENBOXES.is_dir(), reason="the OpenBoxes files are not beside the project")
pytestmark = pytest.mark.django_db
HEADING = ("Item #", "Name", "UOM", "Unit cost", "Case pack", "UPC", "ABC")


@pytest.fixture
def file(tmp_path) -> Callable[..., str]:
    def write(*rows: Any, name: str = "table.csv") -> str:
        path = tmp_path / name
        path.write_bytes(workbook(*rows) if name.endswith("xlsx") else comma_separated(*rows))
        return str(path)

    return write


def imported(*words: str) -> dict[str, Any]:
    out = StringIO()
    call_command(*words, "--json", stdout=out)
    answer: dict[str, Any] = json.loads(out.getvalue())
    return answer


def refused(*words: str) -> dict[str, Any]:
    """The figures of a file that was refused with exit code 2."""
    out = StringIO()
    with pytest.raises(CommandError) as failure:
        call_command(*words, "--json", stdout=out)
    assert failure.value.returncode == 2
    answer: dict[str, Any] = json.loads(out.getvalue())
    assert all(error["message"] in str(failure.value) for error in answer["errors"])
    return answer


# -- items ---------------------------------------------------------------------------------------------------


def test_items_are_created_with_codes_as_text(file):
    path = file(
        HEADING,
        ("004417", "Graham crackers", "pack", "0.1480", 150, "012345678905", "a"),
        ("ab-1", "Juice", "each", "", "", "", ""),
    )
    assert imported("import_items", path)["created"] == 2
    crackers = Item.objects.get(item_code="004417")
    assert (crackers.description, crackers.unit, crackers.avg_cost) == ("Graham crackers", "pack", Decimal("0.148"))
    assert (crackers.case_pack, crackers.barcode, crackers.abc_class) == (150, "012345678905", "A")
    assert Item.objects.get(item_code="ab-1").avg_cost is None


def test_the_same_file_again_writes_nothing_not_even_history(file):
    path = file(HEADING, ("004417", "Graham crackers", "pack", "0.1480", 150, "", "A"))
    imported("import_items", path)
    again = imported("import_items", path)
    assert (again["created"], again["updated"], again["unchanged"]) == (0, 0, 1)
    assert Item.history.count() == 1


def test_a_change_keeps_its_history_and_an_empty_cell_keeps_the_value(file):
    imported("import_items", file(HEADING, ("004417", "Graham crackers", "pack", "0.1480", 150, "", "A")))
    figures = imported("import_items", file(HEADING, ("004417", "", "", "0.1520", "", "", ""), name="new.csv"))
    assert (figures["created"], figures["updated"], figures["unchanged"]) == (0, 1, 0)
    item = Item.objects.get()
    assert (item.avg_cost, item.case_pack, item.description) == (Decimal("0.152"), 150, "Graham crackers")
    entries = item.history.order_by("history_id")
    assert [(e.history_type, e.avg_cost) for e in entries] == [("+", Decimal("0.148")), ("~", Decimal("0.152"))]
    assert "new.csv" in entries.last().history_change_reason


def test_every_problem_is_listed_at_once_and_nothing_is_stored(file):
    path = file(
        HEADING,
        ("OK-1", "Good", "each", "1", "", "", ""),
        ("BAD-1", "Negative", "each", "-1", "", "", ""),
        ("BAD-2", "No such class", "each", "1", "", "", "D"),
        ("BAD-3", "Half a case", "each", "1", "0.5", "", ""),
        ("BAD-4", "Long unit", "a unit of more than twenty", "1", "", "", ""),
        ("OK-1", "Twice", "each", "1", "", "", ""),
    )
    figures = refused("import_items", path)
    assert {error["row"] for error in figures["errors"]} == {2, 3, 4, 5, 6, 7}
    assert (figures["rows_read"], figures["refused"], figures["created"]) == (6, 6, 0)
    assert not Item.objects.exists()


def test_the_number_of_queries_does_not_grow_with_the_rows(file, django_assert_max_num_queries):
    rows = [(f"{n:05d}", "Thing", "each", "1", "", "", "") for n in range(400)]
    with django_assert_max_num_queries(25):
        imported("import_items", file(HEADING, *rows))
    changed = [(code, "Thing", "each", "2", "", "", "") for code, *_ in rows]
    with django_assert_max_num_queries(25):
        assert imported("import_items", file(HEADING, *changed))["updated"] == 400


def test_a_file_that_is_no_table_is_refused_with_a_sentence(tmp_path):
    path = tmp_path / "letter.csv"
    path.write_text("Dear Sir\n", encoding="utf-8")
    with pytest.raises(CommandError) as failure:
        call_command("import_items", str(path))
    assert failure.value.returncode == 2
    with pytest.raises(CommandError, match="Cannot read"):
        call_command("import_items", str(tmp_path / "nowhere.csv"))


# -- opening stock -------------------------------------------------------------------------------------------

STOCK_HEADING = ("Product code", "Lot number", "Bin location", "Physical QOH")


def balances(path: str, *words: str) -> dict[str, Any]:
    return imported("import_balances", path, "--location", "MAIN", *words)


def test_lots_are_combined_with_a_note_and_bins_are_kept(file):
    make.item("0001")
    make.item("0002", allows_fractions=True)
    path = file(
        STOCK_HEADING, ("0001", "L1", "R1", 30), ("0002", "", "R9", 2.5), ("0001", "L2", "R2", 12), name="stock.xlsx"
    )
    figures = balances(path, "--zone", "A")
    assert (figures["rows_read"], figures["items"], figures["created"]) == (3, 2, 2)
    assert Decimal(figures["quantity_total"]) == Decimal("44.5")
    assert len(figures["combined_lots"]) == 1
    assert "30 (lot L1, bin R1) + 12 (lot L2, bin R2) = 42" in figures["combined_lots"][0]
    balance = Balance.objects.get(item__item_code="0001")
    assert (balance.quantity_on_hand, balance.bin, str(balance.zone)) == (Decimal(42), "R1, R2", "MAIN / A")
    assert figures["location_created"]
    assert figures["zone_created"]
    assert first_wrong_balance() is None


def test_the_same_stock_again_changes_nothing_even_after_goods_moved(file):
    what = make.item("0001")
    path = file(STOCK_HEADING, ("0001", "", "R1", 30))
    balances(path, "--zone", "A")
    make.move(what, -4, home=Zone.objects.get())
    again = balances(path, "--zone", "A")
    assert (again["created"], again["unchanged"], again["quantity_added"]) == (0, 1, "0")
    assert Balance.objects.get().quantity_on_hand == 26
    assert Movement.objects.filter(kind="opening").count() == 1


def test_other_opening_stock_for_an_item_that_has_some_is_to_be_counted_instead(file):
    make.item("0001")
    make.item("0002")
    balances(file(STOCK_HEADING, ("0001", "", "", 30)))
    figures = refused(
        "import_balances", file(STOCK_HEADING, ("0001", "", "", 31), ("0002", "", "", 5), name="b.csv"),
        "--location", "MAIN",
    )  # fmt: skip
    assert len(figures["errors"]) == 1
    assert "Count it instead" in figures["errors"][0]["message"]
    assert Balance.objects.get().quantity_on_hand == 30


def test_unknown_codes_are_all_listed_and_no_place_is_made(file):
    make.item("0001")
    path = file(
        STOCK_HEADING,
        ("0001", "", "", 1),
        ("9998", "", "", 1),
        ("9999", "", "", 1),
        ("0001", "x", "", -2),
        ("", "", "R4", 5),
    )
    figures = refused("import_balances", path, "--location", "NEW", "--zone", "Z")
    said = " ".join(error["message"] for error in figures["errors"])
    assert "9998" in said
    assert "9999" in said
    assert "-2" in said
    assert [error["row"] for error in figures["errors"]] == [3, 4, 5, 6]
    assert not Location.objects.exists()
    assert not Balance.objects.exists()


def test_rows_that_are_no_data_are_named(file):
    make.item("0001")
    figures = balances(file(("Stock of MAIN",), STOCK_HEADING, ("0001", "", "", 4), ("Total", "", "", 4)))
    assert figures["rows_read"] == 1
    assert [text.split(":")[0] for text in figures["warnings"]] == [
        "Sheet “table.csv”, row 1 was left out as a title",
        "Sheet “table.csv”, row 4 was left out as a subtotal",
    ]


def test_half_a_box_is_refused_where_the_item_comes_whole(file):
    make.item("0001")
    figures = refused("import_balances", file(STOCK_HEADING, ("0001", "", "", 2.5)), "--location", "MAIN")
    assert "whole units" in figures["errors"][0]["message"]


# -- real files ----------------------------------------------------------------------------------------------


@needs_openboxes
def test_the_openboxes_catalogue_and_three_warehouses_load_with_every_figure_accounted_for():
    figures = imported("import_items", str(OPENBOXES / "products.csv"))
    products = _rows("products.csv")
    assert figures["rows_read"] == figures["created"] == len(products) == Item.objects.count()
    for row in products:
        item = Item.objects.get(item_code=row["ProductCode"])
        assert (item.description, item.unit, item.avg_cost) == (
            row["Name"], row["UnitOfMeasure"], Decimal(row["UnitCost"]),
        )  # fmt: skip
    for name in ("main", "boston", "chicago"):
        _warehouse_loads(f"{name}WarehouseInventory.csv", name.upper())
    assert first_wrong_balance() is None


def _warehouse_loads(name: str, location: str) -> None:
    rows, path = _rows(name), str(OPENBOXES / name)
    figures = imported("import_balances", path, "--location", location, "--zone", "A")
    total = sum(Decimal(row["Physical QOH"]) for row in rows)
    assert (figures["rows_read"], figures["items"]) == (len(rows), len({row["Product code"] for row in rows}))
    assert Decimal(figures["quantity_total"]) == total
    held = Balance.objects.filter(location__code=location)
    assert sum(held.values_list("quantity_on_hand", flat=True)) == total
    assert set(held.values_list("item__item_code", "bin")) == {
        (row["Product code"], row["Bin location"]) for row in rows
    }
    again = imported("import_balances", path, "--location", location, "--zone", "A")
    assert (again["created"], again["unchanged"]) == (0, figures["items"])


def _rows(name: str) -> list[dict[str, str]]:
    with (OPENBOXES / name).open(encoding="utf-8-sig", newline="") as handle:
        return list(csv.DictReader(handle))
