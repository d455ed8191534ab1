"""The lots, serial numbers, bins and statuses of an adjustment line: what they must be, and what is kept of them.

An item with lots, serials or bins cannot be adjusted without a detail whose quantities add up to the line's.
Stock of a lot is the sum of its assignments; what a balance was opened with belongs to no lot.
"""

from dataclasses import dataclass
from typing import Any

from netsuite.simulator.field_values import (
    Rejected,
    invalid_reference,
    read_decimal,
    read_fields,
    read_reference,
    read_text,
)
from netsuite.simulator.quantities import MILLIONTHS, to_units
from netsuite.simulator.storage import Database, Row, next_number

_FIELDS = {"lot", "bin", "status", "quantity"}
_SHAPE = "detail must be a list of at least one {lot, bin, status, quantity}."


@dataclass(frozen=True)
class Assignment:
    """``number`` is a lot or a serial number as people write it; ``bin`` and ``status`` are internal ids."""

    number: str
    bin: str
    status: str
    units: int


@dataclass(frozen=True)
class Moved:
    """What a line of an adjustment moves; ``line`` counts from 1."""

    item: Row
    location: str
    units: int
    line: int

    @property
    def numbered(self) -> bool:
        return bool(self.item["lot"] or self.item["serial"])


def check_detail(db: Database, raw: Any, moved: Moved, *, numbers_by_id: bool = False) -> tuple[Assignment, ...]:
    """The assignments of one line; a plain item needs none. ``numbers_by_id``: a lot may be named by ``lotId``."""
    if raw is not None and (not isinstance(raw, list) or not raw):
        raise Rejected("INVALID_FLD_VALUE", _SHAPE, field="detail", line=moved.line)
    place = db.execute("SELECT use_bins FROM locations WHERE id = ?", (moved.location,)).fetchone()
    binned = bool(moved.item["use_bins"] and place["use_bins"])
    if raw is None and (moved.numbered or binned):
        text = f"Please configure the inventory detail in line {moved.line} of the adjustment."
        raise Rejected("USER_ERROR", text, field="item", line=moved.line)
    fields = _FIELDS | ({"lotId"} if numbers_by_id else set())
    detail = tuple(_assignment(db, part, moved, fields) for part in raw or [])
    if detail and sum(part.units for part in detail) != moved.units:
        text = "The total inventory detail quantity must be that of the line."
        raise Rejected("NUM_ITEMS_NOT_EQUAL_TO_QTY", text, field="detail", line=moved.line)
    for part in detail:
        _check_part(part, moved, binned=binned)
    _check_held(db, detail, moved)
    return detail


def _check_part(part: Assignment, moved: Moved, *, binned: bool) -> None:
    if part.number and not moved.numbered:
        text = f"The item {moved.item['itemid']} has neither lots nor serial numbers."
        raise Rejected("INVENTORY_NUM_DISALLWD", text, field="lot", line=moved.line)
    if moved.numbered and not part.number:
        raise Rejected("USER_ERROR", "Please enter value(s) for: Serial/Lot Number", field="lot", line=moved.line)
    if moved.item["serial"] and abs(part.units) != MILLIONTHS:
        text = "A serial number stands for one piece."
        raise Rejected("INTEGER_REQD_FOR_QTY", text, field="quantity", line=moved.line)
    if binned and not part.bin:
        raise Rejected("USER_ERROR", "Please enter value(s) for: Bin", field="bin", line=moved.line)


def _check_held(db: Database, detail: tuple[Assignment, ...], moved: Moved) -> None:
    """A lot never goes below zero, a serial number is there once; parts that name the same one count together."""
    left: dict[str, int] = {}
    for part in detail:
        if not part.number:
            continue
        if part.number not in left:
            left[part.number] = _held(db, moved.item["id"], part.number, moved.location)
        left[part.number] += part.units
        if part.units < 0 and left[part.number] < 0:
            text = f"There is not enough of {part.number} on hand."
            raise Rejected("INVALID_SERIAL_OR_LOT_NUMBER", text, field="lot", line=moved.line)
        if moved.item["serial"] and part.units > 0 and left[part.number] > MILLIONTHS:
            text = f"The serial number {part.number} is in stock already."
            raise Rejected("INVALID_SERIAL_OR_LOT_NUMBER", text, field="lot", line=moved.line)


def write_detail(db: Database, transaction: int, line: int, item: str, detail: tuple[Assignment, ...]) -> None:
    for position, part in enumerate(detail, start=1):
        number = _number_id(db, item, part.number) if part.number else None
        db.execute(
            "INSERT INTO assignments (transaction_id, line, position, inventory_number, bin, status, quantity)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (transaction, line, position, number, part.bin or None, part.status or None, part.units),
        )


def _number_id(db: Database, item: str, text: str) -> str:
    """Its internal id; a number not seen before is made."""
    db.execute(
        "INSERT OR IGNORE INTO inventory_numbers VALUES (?, ?, ?)",
        (str(next_number(db, "inventory_numbers", start=1)), item, text),
    )
    row = db.execute("SELECT id FROM inventory_numbers WHERE item = ? AND number = ?", (item, text)).fetchone()
    return str(row["id"])


def _assignment(db: Database, raw: Any, moved: Moved, known: set[str]) -> Assignment:
    if not isinstance(raw, dict):
        raise Rejected("INVALID_FLD_VALUE", _SHAPE, field="detail", line=moved.line)
    fields = read_fields(raw, known, line=moved.line)
    units = to_units(read_decimal(fields.get("quantity"), "quantity", moved.line))
    if units * moved.units <= 0:
        text = "A quantity of the detail has the sign of the line and is not zero."
        raise Rejected("INVALID_QUANTITY", text, field="quantity", line=moved.line)
    number = _number(db, fields, moved)
    return Assignment(number, _bin(db, fields.get("bin"), moved), _status(db, fields.get("status"), moved), units)


def _number(db: Database, fields: dict[str, Any], moved: Moved) -> str:
    """A lot by its text, or by the internal id of one this item has."""
    number = read_text(fields.get("lot"), "lot", moved.line)
    if fields.get("lot") is not None and not number.strip():
        raise Rejected("INVALID_FLD_VALUE", "lot must not be blank.", field="lot", line=moved.line)
    if known := read_text(fields.get("lotId"), "lotId", moved.line):
        row = db.execute(
            "SELECT number FROM inventory_numbers WHERE id = ? AND item = ?", (known, moved.item["id"])
        ).fetchone()
        if row is None:
            raise invalid_reference("issueInventoryNumber", known, moved.line)
        number = row["number"]
    return number


def _bin(db: Database, raw: Any, moved: Moved) -> str:
    """Its internal id, or empty; only a bin of the line's own location will do."""
    if raw is None:
        return ""
    key, value = read_reference(raw, ("id", "name"), "bin", moved.line)
    found = db.execute(f"SELECT id FROM bins WHERE {key} = ? AND location = ?", (value, moved.location)).fetchone()
    if found is None:
        raise invalid_reference("bin", value, moved.line)
    return str(found["id"])


def _status(db: Database, raw: Any, moved: Moved) -> str:
    if raw is None:
        return ""
    key, value = read_reference(raw, ("id", "name"), "status", moved.line)
    found = db.execute(f"SELECT id FROM inventory_statuses WHERE {key} = ? AND inactive = 0", (value,)).fetchone()
    if found is None:
        raise invalid_reference("status", value, moved.line)
    return str(found["id"])


def _held(db: Database, item: str, number: str, location: str) -> int:
    found = db.execute(
        "SELECT COALESCE(SUM(a.quantity), 0) FROM assignments a"
        " JOIN inventory_numbers n ON n.id = a.inventory_number"
        " JOIN lines l ON l.transaction_id = a.transaction_id AND l.number = a.line"
        " WHERE n.item = ? AND n.number = ? AND l.location = ?",
        (item, number, location),
    )
    return int(found.fetchone()[0])
