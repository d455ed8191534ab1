"""WEST, the store whose truth is a workbook: uniforms and smallwares. `west.csv` holds one line an item.

Columns: sheet, name, size (of several under one name), code, unit, case pack, cost, and what lay there at the start.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from approvals.clock import at
from inventory.catalogue.items import upsert_items
from inventory.demo.stock_workbooks import StockRow
from inventory.models import Authority, Balance, ExcelUpdate, Item, Location, Zone
from inventory.stock.authority import set_authority
from inventory.stock.opening import OpeningStock, open_stock

CATALOGUE = Path(__file__).with_name("west.csv")
CODE, NAME = "WEST", "West store, Paterson"
COUNTED = "UNF-1501"  # its truth is a count, so the workbook's word on it is compared only
REASON = "The store keeps its own workbook; it is synced every morning"


@dataclass(frozen=True)
class Kept:
    """One line of the store's catalogue; `stock` is in units."""

    sheet: str
    name: str
    size: str
    code: str
    unit: str
    case_pack: int | None
    cost: Decimal
    stock: Decimal

    @property
    def description(self) -> str:
        return f"{self.name}, {self.size}" if self.size else self.name


def kept_in_west() -> list[Kept]:
    with CATALOGUE.open(encoding="utf-8", newline="") as file:
        return [
            Kept(
                row["sheet"], row["name"], row["size"], row["code"], row["unit"],
                int(row["case_pack"]) if row["case_pack"] else None, Decimal(row["cost"]), Decimal(row["stock"]),
            )
            for row in csv.DictReader(file)
        ]  # fmt: skip


def open_west(moment: datetime, people: Mapping[str, Any]) -> Location:
    """The store with its stock, its stock keeper, and Excel as the authority of all but one item."""
    kept = kept_in_west()
    with at(moment):
        location = Location.objects.create(code=CODE, name=NAME, stock_keeper=people["counter"])
        # Nobody walks it: the rotation leaves inactive zones out.
        zone = Zone.objects.create(location=location, code="W1", name="Uniforms and smallwares", is_active=False)
        said: dict[str, dict[str, Any]] = {
            line.code: {
                "description": line.description, "unit": line.unit, "avg_cost": line.cost, "case_pack": line.case_pack
            }
            for line in kept
        }  # fmt: skip
        upsert_items(said, reason="Demo catalogue", by=None)
        items = dict(Item.objects.filter(item_code__in=said).values_list("item_code", "pk"))
        stock = [
            OpeningStock(items[line.code], line.stock, f"W-{place // 4 + 1:02d}-{place % 4 + 1}")
            for place, line in enumerate(kept)
        ]
        open_stock(stock, location=location, zone=zone, occurred_at=moment, reference="Opening stock", source="demo")
        mine = Balance.objects.filter(location=location).exclude(item__item_code=COUNTED)
        set_authority(balances=mine, authority=Authority.EXCEL, by=people["approver"], reason=REASON)
    return location


def rows_of_west(location: Location, says: Mapping[str, Decimal | str | None]) -> list[StockRow]:
    """The workbook as the store's people have it now: what is on hand and what nobody has entered yet as sold.

    `says` is what it says instead of some codes.
    """
    known = dict(Balance.objects.filter(location=location).values_list("item__item_code", "quantity_on_hand"))
    pending = ExcelUpdate.objects.filter(location=location, status=ExcelUpdate.Status.PENDING)
    for code, sold in pending.values_list("item__item_code", "sold"):
        known[code] += sold
    return [
        StockRow(line.sheet, line.name, line.size, line.code, line.unit, says.get(line.code, known[line.code]))
        for line in kept_in_west()
    ]
