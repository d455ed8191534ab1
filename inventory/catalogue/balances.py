"""Opening stock from a file: one location at a time, lots and bins of an item put together with a note.

The same file again changes nothing. An item that has moved there since is refused: from then on, counts
correct it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction

from approvals import audit
from approvals.clock import now
from inventory.catalogue.tables import ITEM_CODE, ImportRefused, in_file_order, remarks, row_error, rows_in
from inventory.models import Item, Location, Zone
from inventory.spreadsheets import CellError, Table, TableRow, read_table
from inventory.stock.opening import Begun, OpeningStock, begun, open_stock

COLUMNS = {
    "item_code": ITEM_CODE,
    "quantity": (
        *(
            "physical qoh",
            "opening quantity",
            "opening qty",
            "opening balance",
            "opening stock",
            "physical qty",
        ),
        *("quantity on hand", "qty on hand", "on hand", "on hand qty", "quantityonhand", "stock on hand"),
        *("counted", "qoh", "quantity", "qty", "stock", "balance", "ob qoh", "available", "units"),
    ),
    "lot": ("lot number", "lot no", "lot", "lot code", "batch", "batch number", "serial lot number"),
    "bin": ("bin location", "bin", "bin code", "bin number", "shelf", "rack", "slot"),
}
LONGEST_BIN, LONGEST_CODE, MOST_DIGITS = 40, 20, 10**11


@dataclass(frozen=True)
class BalancesImported:
    """rows_read = rows of created + rows of unchanged items; quantities in each item's unit."""

    location: str
    zone: str
    rows_read: int
    items: int
    created: int
    unchanged: int
    quantity_total: Decimal
    quantity_added: Decimal
    combined_lots: tuple[str, ...]
    warnings: tuple[str, ...]
    location_created: bool
    zone_created: bool

    def as_dict(self) -> dict[str, Any]:
        return {
            "location": self.location,
            "zone": self.zone,
            "rows_read": self.rows_read,
            "items": self.items,
            "created": self.created,
            "updated": 0,
            "unchanged": self.unchanged,
            "refused": 0,
            "errors": [],
            "quantity_total": _plain(self.quantity_total),
            "quantity_added": _plain(self.quantity_added),
            "combined_lots": list(self.combined_lots),
            "warnings": list(self.warnings),
            "location_created": self.location_created,
            "zone_created": self.zone_created,
        }


@dataclass(frozen=True)
class _Stock:
    """One item of the file: all its rows together."""

    item: Item
    rows: tuple[TableRow, ...]

    @property
    def quantity(self) -> Decimal:
        return sum((row.number("quantity") or Decimal(0) for row in self.rows), Decimal(0))

    @property
    def bins(self) -> list[str]:
        return list(dict.fromkeys(row.text("bin") for row in self.rows if row.text("bin")))

    @property
    def bin(self) -> str:
        """All bins when they fit the column, else the first and how many more."""
        together = ", ".join(self.bins)
        return together if len(together) <= LONGEST_BIN else f"{self.bins[0][: LONGEST_BIN - 5]} +{len(self.bins) - 1}"

    @property
    def note(self) -> str:
        parts = [f"{_plain(row.number('quantity') or Decimal(0))}{_whereabouts(row)}" for row in self.rows]
        sum_up = f"{' + '.join(parts)} = {_plain(self.quantity)}"
        return f"{self.item.item_code} is on {len(self.rows)} rows: {sum_up}."


def import_balances(
    *, content: bytes, file_name: str, location_code: str, zone_code: str = "", by: Any | None = None
) -> BalancesImported:
    """Raises UnreadableFile, or ImportRefused with every problem; nothing is stored then."""
    table = read_table(
        content,
        file_name=file_name,
        columns=COLUMNS,
        required=("item_code", "quantity"),
        numbers={"quantity": 3},
        unique=("item_code", "lot", "bin"),
    )
    with transaction.atomic():
        location, location_created = Location.objects.get_or_create(
            code=location_code, defaults={"name": location_code}
        )
        zone, zone_created = _zone(location, zone_code)
        stock = _checked_stock(table, location)
        already = begun(location, (line.item.pk for line in stock))
        new = [line for line in stock if line.item.pk not in already]
        _open(new, location, zone, file_name, by)
    return BalancesImported(
        location=location.code,
        zone=zone.code if zone else "",
        rows_read=rows_in(table),
        items=len(stock),
        created=len(new),
        unchanged=len(stock) - len(new),
        quantity_total=sum((line.quantity for line in stock), Decimal(0)),
        quantity_added=sum((line.quantity for line in new), Decimal(0)),
        combined_lots=tuple(line.note for line in stock if len(line.rows) > 1),
        warnings=remarks(table),
        location_created=location_created,
        zone_created=zone_created,
    )


def _zone(location: Location, code: str) -> tuple[Zone | None, bool]:
    return Zone.objects.get_or_create(location=location, code=code) if code else (None, False)


def _checked_stock(table: Table, location: Location) -> list[_Stock]:
    """The file's items; raises ImportRefused, which also undoes a location that was created for it."""
    groups: dict[str, list[TableRow]] = {}
    for row in table.rows:
        groups.setdefault(row.text("item_code"), []).append(row)
    items = {item.item_code: item for item in Item.objects.filter(item_code__any_of=groups)}
    errors = [*table.errors, *_row_problems(table, items)]
    stock = [_Stock(items[code], tuple(rows)) for code, rows in groups.items() if code in items]
    already = begun(location, (line.item.pk for line in stock))
    for line in stock:
        trouble = _conflict(line, already.get(line.item.pk), location)
        if trouble:
            errors.append(row_error(table, line.rows[0], "item_code", trouble))
    if errors:
        raise ImportRefused(in_file_order(errors, table), rows_in(table))
    return stock


def _row_problems(table: Table, items: dict[str, Item]) -> Iterable[CellError]:
    for row in table.rows:
        code, quantity = row.text("item_code"), row.number("quantity")
        item = items.get(code)
        if item is None and code:
            trouble = f"item code “{code}” is not in the catalogue. Correct it, or import the item first."
            yield row_error(table, row, "item_code", trouble)
        if quantity is None:
            continue
        if not 0 <= quantity < MOST_DIGITS:
            yield row_error(table, row, "quantity", f"opening stock of {quantity} cannot be. Write zero or more.")
        elif item and quantity % 1 and not item.allows_fractions:
            trouble = f"{quantity} of {code}, but {item.unit} comes in whole units. Correct it."
            yield row_error(table, row, "quantity", trouble)


def _conflict(line: _Stock, before: Begun | None, location: Location) -> str:
    if before is None or before.opening == line.quantity:
        return ""
    code = line.item.item_code
    if before.others and not before.opening:
        already = f"{code} has moved at {location.code} already"
    else:
        already = f"{code} began at {location.code} with {_plain(before.opening)} already"
    return f"{already}, so opening stock of {_plain(line.quantity)} is refused. Count it instead."


def _open(lines: list[_Stock], location: Location, zone: Zone | None, file_name: str, by: Any | None) -> None:
    if not lines:
        return
    open_stock(
        [OpeningStock(line.item.pk, line.quantity, line.bin) for line in lines],
        location=location,
        zone=zone,
        occurred_at=now(),
        reference=file_name[:80],
        source="import",
        by=by,
    )
    audit.append(
        actor=by, verb="stock.opened", entity_ref=f"location:{location.code}",
        details={"file": file_name, "items": len(lines), "zone": zone.code if zone else ""},
    )  # fmt: skip


def _whereabouts(row: TableRow) -> str:
    parts = [f"{name} {row.text(name)}" for name in ("lot", "bin") if row.text(name)]
    return f" ({', '.join(parts)})" if parts else ""


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"
