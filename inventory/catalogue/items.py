"""Items from a file: created or changed by code, in a number of statements that does not grow with the rows.

An empty cell, like a column the file lacks, leaves an item as it is. A row that says nothing new writes
nothing, not even history. One wrong row refuses the whole file.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction

from approvals import audit
from approvals.set_based import update_rows
from inventory.catalogue.tables import ITEM_CODE, ImportRefused, in_file_order, remarks, row_error, rows_in
from inventory.models import Item
from inventory.spreadsheets import CellError, Table, TableRow, read_table

COLUMNS = {
    "item_code": ITEM_CODE,
    "description": ("item description", "product description", "description", "details"),
    "name": ("item name", "product name", "display name", "name", "title"),
    "unit": ("unit of measure", "uom", "unit", "base unit", "stock unit", "unit of measurement", "units"),
    "cost": (
        *("average cost", "avg cost", "unit cost", "cost", "cost per unit", "last cost", "standard cost"),
        *("purchase price", "price per unit"),
    ),
    "case_pack": (
        *(
            "case pack",
            "units per case",
            "case quantity",
            "case qty",
            "case size",
            "pack size",
            "qty per case",
        ),
        *("inner pack", "pack"),
    ),
    "barcode": ("barcode", "upc", "upc code", "gtin", "ean", "bar code"),
    "abc_class": ("abc class", "abc", "abc code", "class"),
    "fractions": ("allows fractions", "fractions", "fractional", "decimal quantities"),
    "netsuite_id": ("netsuite id", "netsuite internal id", "internal id"),
}
STORED = (
    "description", "unit", "avg_cost", "case_pack", "barcode", "abc_class", "allows_fractions", "netsuite_id",
    "is_active",
)  # fmt: skip
LONGEST = {"item_code": 60, "unit": 20, "barcode": 40, "netsuite_id": 20}
LONGEST_DESCRIPTION = 200
YES, NO = {"yes", "y", "true", "1", "x"}, {"no", "n", "false", "0"}


@dataclass(frozen=True)
class ItemsImported:
    """rows_read = created + updated + unchanged, always: one refused row refuses the file."""

    rows_read: int
    created: int
    updated: int
    unchanged: int
    warnings: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "warnings": list(self.warnings), "refused": 0, "errors": []}


def import_items(*, content: bytes, file_name: str, by: Any | None = None) -> ItemsImported:
    """Raises UnreadableFile, or ImportRefused with every problem; nothing is stored then."""
    table = read_table(
        content,
        file_name=file_name,
        columns=COLUMNS,
        required=("item_code",),
        codes=("barcode",),
        numbers={"cost": 4, "case_pack": 0},
        unique=("item_code",),
    )
    errors = [*table.errors, *(error for row in table.rows for error in _problems(table, row))]
    if errors:
        raise ImportRefused(in_file_order(errors, table), rows_in(table))
    wanted = {row.text("item_code"): _values(row) for row in table.rows}
    with transaction.atomic():
        created, updated = upsert_items(wanted, reason=f"Imported from {file_name}"[:100], by=by)
        audit.append(
            actor=by, verb="items.imported", entity_ref="catalogue",
            details={"file": file_name, "created": created, "updated": updated, "rows": len(wanted)},
        )  # fmt: skip
    unchanged = len(wanted) - created - updated
    return ItemsImported(rows_in(table), created, updated, unchanged, remarks(table))


def _problems(table: Table, row: TableRow) -> Iterable[CellError]:
    for name, longest in LONGEST.items():
        length = len(row.text(name))
        if length > longest:
            yield row_error(table, row, name, f"{length} characters; {longest} are the most. Shorten it.")
    cost, case_pack = row.number("cost"), row.number("case_pack")
    if cost is not None and not 0 <= cost < 10**8:
        yield row_error(table, row, "cost", f"{cost} is no cost. Write dollars a unit, zero or more.")
    if case_pack is not None and not 1 <= case_pack < 10**9:
        trouble = f"{case_pack} units in a case cannot be. Leave the cell empty for loose goods."
        yield row_error(table, row, "case_pack", trouble)
    letter, fractions = row.text("abc_class"), row.text("fractions")
    if letter.upper() not in {"", *Item.AbcClass.values}:
        yield row_error(table, row, "abc_class", f"“{letter}” is no ABC class. Write A, B or C.")
    if fractions.lower() not in {"", *YES, *NO}:
        yield row_error(table, row, "fractions", f"“{fractions}” is unclear. Write yes or no.")


def _values(row: TableRow) -> dict[str, Any]:
    """What the row says, by the item's field; what it leaves open is not in it."""
    fractions = row.text("fractions").lower()
    said: dict[str, Any] = {
        "description": (row.text("description") or row.text("name"))[:LONGEST_DESCRIPTION],
        "unit": row.text("unit"),
        "avg_cost": row.number("cost"),
        "case_pack": None if row.number("case_pack") is None else int(row.number("case_pack") or 0),
        "barcode": row.text("barcode"),
        "abc_class": row.text("abc_class").upper(),
        "allows_fractions": fractions in YES if fractions else None,
        "netsuite_id": row.text("netsuite_id"),
    }
    return {name: value for name, value in said.items() if value not in ("", None)}


def upsert_items(wanted: dict[str, dict[str, Any]], *, reason: str, by: Any | None) -> tuple[int, int]:
    """Create or change items by code, with history; how many were created and changed."""
    known = {
        item.item_code: item
        for item in Item.objects.select_for_update().filter(item_code__any_of=wanted).order_by("pk")
    }
    new = [Item(item_code=code, **said) for code, said in wanted.items() if code not in known]
    Item.objects.bulk_create(new, batch_size=1000)
    changed = [item for code, item in known.items() if _apply(item, wanted[code])]
    update_rows(Item, STORED, [(item.pk, *(getattr(item, name) for name in STORED)) for item in changed])
    history: Any = Item.history
    for rows, is_update in ((new, False), (changed, True)):
        if rows:
            history.bulk_history_create(
                rows, batch_size=1000, update=is_update, default_user=by, default_change_reason=reason
            )
    return len(new), len(changed)


def _apply(item: Item, said: dict[str, Any]) -> bool:
    differing = {name: value for name, value in said.items() if differs(getattr(item, name), value)}
    for name, value in differing.items():
        setattr(item, name, value)
    return bool(differing)


def differs(before: Any, after: Any) -> bool:
    if isinstance(after, Decimal) and before is not None:
        return Decimal(before) != after
    return bool(before != after)
