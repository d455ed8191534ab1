"""Lots, serial numbers and bins of an adjustment line: what the inventory detail must hold, and what is kept of it.

An item with lots, serials or bins cannot be adjusted without a detail whose quantities add up to the line's.
Stock of a lot is the sum of its assignments; what a balance was opened with belongs to no lot.
"""

from dataclasses import dataclass
from typing import Any

from netsuite.simulator.field_values import Rejected, invalid_reference, read_decimal, read_fields, read_text
from netsuite.simulator.quantities import MILLIONTHS, to_units
from netsuite.simulator.storage import Database, Row, next_number

_FIELDS = {"lot", "lotId", "bin", "quantity"}


@dataclass(frozen=True)
class Assignment:
    """``number`` is a lot or a serial number as people write it; ``bin`` an internal id."""

    number: str
    bin: str
    units: int


def check_detail(db: Database, raw: Any, item: Row, location: str, units: int, line: int) -> tuple[Assignment, ...]:
    """The assignments of one line; none for a plain item."""
    place = db.execute("SELECT use_bins FROM locations WHERE id = ?", (location,)).fetchone()
    binned = bool(item["use_bins"] and place["use_bins"])
    numbered = bool(item["lot"] or item["serial"])
    if not raw and (numbered or binned):
        text = f"Please configure the inventory detail in line {line} of the adjustment."
        raise Rejected("USER_ERROR", text, field="item", line=line)
    if not isinstance(raw or [], list):
        raise Rejected("INVALID_FLD_VALUE", "A list was expected.", field="inventoryDetail", line=line)
    detail = tuple(_assignment(db, part, item, line) for part in raw or [])
    for part in detail:
        _check_part(db, part, item, location, line, numbered=numbered, binned=binned)
    if detail and sum(part.units for part in detail) != units:
        text = "The total inventory detail quantity must be that of the line."
        raise Rejected("NUM_ITEMS_NOT_EQUAL_TO_QTY", text, field="inventoryDetail", line=line)
    return detail


def _check_part(
    db: Database, part: Assignment, item: Row, location: str, line: int, *, numbered: bool, binned: bool
) -> None:
    if part.number and not numbered:
        text = f"The item {item['itemid']} has neither lots nor serial numbers."
        raise Rejected("INVENTORY_NUM_DISALLWD", text, field="inventoryDetail", line=line)
    if numbered and not part.number:
        raise Rejected("USER_ERROR", "Please enter value(s) for: Serial/Lot Number", field="item", line=line)
    if item["serial"] and abs(part.units) != MILLIONTHS:
        text = "A serial number stands for one piece."
        raise Rejected("INTEGER_REQD_FOR_QTY", text, field="inventoryDetail", line=line)
    if binned and not part.bin:
        raise Rejected("USER_ERROR", "Please enter value(s) for: Bin", field="item", line=line)
    if part.bin and not db.execute("SELECT 1 FROM bins WHERE id = ? AND location = ?", (part.bin, location)).fetchone():
        raise invalid_reference("binNumber", part.bin, line)
    held = _held(db, item["id"], part.number, location)
    if numbered and part.units < 0 and held + part.units < 0:
        text = f"There is not enough of {part.number} on hand."
        raise Rejected("INVALID_SERIAL_OR_LOT_NUMBER", text, field="inventoryDetail", line=line)
    if item["serial"] and part.units > 0 and held > 0:
        text = f"The serial number {part.number} is in stock already."
        raise Rejected("INVALID_SERIAL_OR_LOT_NUMBER", text, field="inventoryDetail", line=line)


def write_detail(db: Database, transaction: int, line: int, item: str, detail: tuple[Assignment, ...]) -> None:
    for position, part in enumerate(detail, start=1):
        number = _number_id(db, item, part.number) if part.number else None
        db.execute(
            "INSERT INTO assignments VALUES (?, ?, ?, ?, ?, ?)",
            (transaction, line, position, number, part.bin or None, part.units),
        )


def _number_id(db: Database, item: str, text: str) -> str:
    """Its internal id; a number not seen before is made."""
    db.execute(
        "INSERT OR IGNORE INTO inventory_numbers VALUES (?, ?, ?)",
        (str(next_number(db, "inventory_numbers", start=1)), item, text),
    )
    row = db.execute("SELECT id FROM inventory_numbers WHERE item = ? AND number = ?", (item, text)).fetchone()
    return str(row["id"])


def _assignment(db: Database, raw: Any, item: Row, line: int) -> Assignment:
    """A lot by its text, or by the internal id of one this item has."""
    fields = read_fields(raw, _FIELDS, line=line)
    quantity = read_decimal(fields.get("quantity"), "quantity", line)
    number = read_text(fields.get("lot"), "lot", line)
    if known := read_text(fields.get("lotId"), "lotId", line):
        row = db.execute(
            "SELECT number FROM inventory_numbers WHERE id = ? AND item = ?", (known, item["id"])
        ).fetchone()
        if row is None:
            raise invalid_reference("issueInventoryNumber", known, line)
        number = row["number"]
    return Assignment(number, read_text(fields.get("bin"), "bin", line), to_units(quantity))


def _held(db: Database, item: str, number: str, location: str) -> int:
    found = db.execute(
        "SELECT COALESCE(SUM(a.quantity), 0) FROM assignments a"
        " JOIN inventory_numbers n ON n.id = a.inventory_number"
        " JOIN lines l ON l.transaction_id = a.transaction_id AND l.number = a.line"
        " WHERE n.item = ? AND n.number = ? AND l.location = ?",
        (item, number, location),
    )
    return int(found.fetchone()[0])
