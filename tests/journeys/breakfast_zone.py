"""A small zone whose every line asks for another decision, and the walk-sheet somebody brings back from it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inventory.models import Item, Zone
from tests.factories import ballast, stock, zone
from tests.inventory.spreadsheets import workbook

EXPECTED = {"000123": "142", "000200": "311", "000300": "577", "000400": "233", "000500": "419", "000600": "61.5"}
COUNTED: dict[str, Any] = {"000123": 184, "000200": 300, "000300": 500, "000400": 233, "000500": None, "000600": 48.25}
COSTS = {"000123": 35, "000200": 10, "000300": 2, "000400": 5, "000500": 5, "000600": 4}
DISPUTED = ["000123", "000200", "000300", "000600"]


@dataclass
class BreakfastZone:
    zone: Zone
    items: dict[str, Item]

    def of(self, code: str) -> Item:
        return self.items[code]


def breakfast_zone() -> BreakfastZone:
    home = zone("A")
    ballast(home)
    items = {
        code: stock(on_hand, home=home, cost=COSTS[code], code=code, description=f"Breakfast item {code}")
        for code, on_hand in EXPECTED.items()
        if code != "000600"
    }
    items["000600"] = stock("61.5", home=home, cost=4, code="000600", unit="lb", allows_fractions=True)
    return BreakfastZone(home, items)


def walk_sheet(folder: Path) -> Path:
    """Title above, a subtotal below, one line left empty, a fraction, codes with leading zeros."""
    rows = [(code, f"Breakfast item {code}", counted) for code, counted in COUNTED.items()]
    total = ("Total", "", sum(counted for counted in COUNTED.values() if counted))
    return _saved(folder / "zone A.xlsx", ("Breakfast and dry goods", "", ""), HEADING, *rows, total)


def messy_sheet(folder: Path) -> Path:
    rows = [("000123", "", "about 40"), ("000200", "", -5), ("999999", "", 7), ("000300", "", 1), ("000300", "", 2)]
    return _saved(folder / "zone A with mistakes.xlsx", HEADING, *rows)


HEADING = ("Item code", "Description", "Counted")


def _saved(path: Path, *rows: tuple[Any, ...]) -> Path:
    path.write_bytes(workbook(*rows))
    return path
