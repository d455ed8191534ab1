"""Our own catalogue: a K-12 food supplier with two warehouses. `catalogue.csv` holds one line an item.

Columns: weekly demand in units at MAIN; `east` is the zone of EAST the item also lives in; `notes` marks the
odd ones.
"""

import csv
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from simple_history.utils import bulk_create_with_history

from inventory.counting.assemblies import recompute_assembly_cost_rollup
from inventory.models import AssemblyComponent, Item, Location, Zone

CATALOGUE = Path(__file__).with_name("catalogue.csv")
SHARE_OF_A, SHARE_OF_B = Decimal("0.60"), Decimal("0.90")  # of yearly value, cumulated
EAST_SHARE = Decimal("0.35")  # of MAIN's demand
PLACES = {
    ("MAIN", "Main warehouse, Northvale"): {
        "A": "Breakfast and dry goods",
        "B": "Canned and shelf-stable",
        "C": "Snacks and beverages",
        "D": "Paper, gloves and cleaning",
        "COLD": "Cold store",
    },
    ("EAST", "East depot, Milford"): {"E1": "Dry goods and supplies", "E2": "Cold store"},
}
BILLS = {
    "BKF-KIT-01": {"100212": 1, "004417": 1, "BEV-0301": 1},
    "BKF-KIT-02": {"100213": 1, "100034": 1, "BEV-0302": 1},
}


@dataclass(frozen=True)
class Listed:
    """One line of the catalogue; `zones` maps a location code to the item's home zone there."""

    code: str
    description: str
    unit: str
    case_pack: int | None
    cost: Decimal | None
    weekly: int
    zones: dict[str, str]
    note: str

    @property
    def case(self) -> int:
        return self.case_pack or 1


def listed() -> list[Listed]:
    with CATALOGUE.open(encoding="utf-8", newline="") as file:
        return [_listed(row) for row in csv.DictReader(file)]


def _listed(row: dict[str, str]) -> Listed:
    zones = {"MAIN": row["zone"]} | ({"EAST": row["east"]} if row["east"] else {})
    return Listed(
        code=row["code"],
        description=row["description"],
        unit=row["unit"],
        case_pack=int(row["case_pack"]) if row["case_pack"] else None,
        cost=Decimal(row["cost"]) if row["cost"] else None,
        weekly=int(row["weekly"]),
        zones=zones,
        note=row["notes"],
    )


def create_places() -> dict[tuple[str, str], Zone]:
    """The zones by (location code, zone code)."""
    zones = {}
    for (code, name), parts in PLACES.items():
        location = Location.objects.create(code=code, name=name)
        for zone_code, zone_name in parts.items():
            zones[code, zone_code] = Zone.objects.create(location=location, code=zone_code, name=zone_name)
    return zones


def create_items(catalogue: list[Listed], *, on: datetime) -> dict[str, Item]:
    """Items by code, with ABC class, barcode, and the two kits costed from their components."""
    classes = abc_classes(catalogue)
    items = [
        Item(
            item_code=line.code,
            description=line.description,
            unit=line.unit,
            case_pack=line.case_pack,
            allows_fractions=line.note == "fractions",
            avg_cost=line.cost,
            abc_class=classes[line.code],
            barcode="" if line.code.startswith("PRD-") else barcode(position),
        )
        for position, line in enumerate(catalogue, 1)
    ]
    made = bulk_create_with_history(
        items, Item, default_change_reason="Demo catalogue", default_date=on, batch_size=500
    )
    by_code = {item.item_code: item for item in made}
    for assembly, bill in BILLS.items():
        for component, quantity in bill.items():
            AssemblyComponent.objects.create(
                assembly=by_code[assembly], component=by_code[component], quantity=quantity
            )
    recompute_assembly_cost_rollup(by_code[code] for bill in BILLS.values() for code in bill)
    return by_code


def abc_classes(catalogue: list[Listed]) -> dict[str, str]:
    """A until 60 % of the yearly value is reached, B until 90 %, C the rest; no known value: C."""
    values = {line.code: line.weekly * (line.cost or Decimal(0)) for line in catalogue}
    total, reached = sum(values.values()), Decimal(0)
    classes = {}
    for code in sorted(values, key=lambda code: (-values[code], code)):
        share = reached / total
        classes[code] = "C" if not values[code] else "A" if share < SHARE_OF_A else "B" if share < SHARE_OF_B else "C"
        reached += values[code]
    return classes


def barcode(position: int) -> str:
    """A GTIN-12 of the range for use inside a company (number system 4), so that it is nobody's product."""
    digits = f"4{60410:05d}{position:05d}"
    return digits + check_digit(digits)


def check_digit(digits: str) -> str:
    """GS1's: weights 3, 1, 3, ... from the right."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)
