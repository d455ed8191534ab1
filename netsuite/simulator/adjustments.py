"""Inventory adjustments: what NetSuite checks before it saves one, and what saving changes.

Error codes are NetSuite's own (help section_N3539978). Lines in errors count from 1.
"""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from netsuite.simulator.clock import SimulatedClock
from netsuite.simulator.quantities import from_units, money, parse_number, quantity_text, to_units
from netsuite.simulator.records import (
    DEFAULT_ADJUSTMENT_ACCOUNT,
    DEFAULT_SUBSIDIARY,
    Records,
    average_cost,
    posted_units,
    with_internal_id,
)
from netsuite.simulator.storage import Database, Row, next_number

RECORD_TYPE = "inventoryadjustment"
_HEADER_FIELDS = {"tranDate", "memo", "account", "subsidiary", "adjLocation", "lines"}
_LINE_FIELDS = {"item", "location", "adjustQtyBy", "unitCost", "memo"}
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LONGEST_MEMO = 999
_STOCKED_KINDS = ("InvtPart", "Assembly")


class Rejected(Exception):
    """A business rule said no. ``line`` counts from 1."""

    def __init__(self, code: str, message: str, *, field: str | None = None, line: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field
        self.line = line


@dataclass(frozen=True)
class Line:
    item: str
    location: str
    units: int
    unit_cost: Decimal
    memo: str

    @property
    def amount(self) -> Decimal:
        return money(from_units(self.units) * self.unit_cost)


@dataclass(frozen=True)
class Adjustment:
    """A checked adjustment, ready to be saved."""

    trandate: str
    period: str
    account: str
    subsidiary: str
    location: str | None
    memo: str
    lines: tuple[Line, ...]

    @property
    def units(self) -> int:
        return sum(line.units for line in self.lines)

    @property
    def total(self) -> Decimal:
        return sum((line.amount for line in self.lines), Decimal("0.00"))


@dataclass(frozen=True)
class Identity:
    """What marks the saved transaction: external id, the client's hash, our hash of the content."""

    external_id: str | None
    payload_hash: str
    content_hash: str
    visible_from: float


class Adjustments:
    def __init__(self, records: Records, clock: SimulatedClock, *, strict: bool, refuse_negative_stock: bool) -> None:
        self._records = records
        self._clock = clock
        self._strict = strict
        self._refuse_negative_stock = refuse_negative_stock

    def check(self, db: Database, record: Any) -> Adjustment:
        """Validate against the records in ``db``; unknown references are created unless the simulator
        is strict."""
        header = _fields(record, _HEADER_FIELDS)
        trandate = _date(header.get("tranDate"))
        period = self._period(db, trandate)
        account = self._account(db, header.get("account"))
        subsidiary = self._subsidiary(db, header.get("subsidiary"))
        location = self._location(db, header.get("adjLocation"), subsidiary, field="adjLocation", line=None)
        raw_lines = header.get("lines")
        if not isinstance(raw_lines, list) or not raw_lines:
            raise Rejected("VALID_LINE_ITEM_REQD", "You must enter at least one valid line item.", field="lines")
        lines = tuple(
            self._line(db, raw, number, subsidiary, location) for number, raw in enumerate(raw_lines, start=1)
        )
        if self._refuse_negative_stock:
            self._check_stock(db, lines)
        memo = _text(header.get("memo"), "memo", None)
        return Adjustment(trandate, period, account, subsidiary, location, memo, lines)

    def _check_stock(self, db: Database, lines: tuple[Line, ...]) -> None:
        """NetSuite lets plain items go below zero unless a preference says otherwise."""
        left: dict[tuple[str, str], int] = {}
        for number, line in enumerate(lines, start=1):
            place = (line.item, line.location)
            if place not in left:
                left[place] = self._records.stock_of(db, *place)["opening"] + posted_units(db, *place)
            left[place] += line.units
            if line.units < 0 and left[place] < 0:
                text = "You do not have enough of this item on hand."
                raise Rejected("NOT_IN_INVT", text, field="adjustQtyBy", line=number)

    def save(self, db: Database, adjustment: Adjustment, identity: Identity) -> Row:
        """Insert header and lines; the unique external id may raise ``sqlite3.IntegrityError``."""
        number = next_number(db, "transactions", start=1001)
        now = self._clock.iso()
        db.execute(
            "INSERT INTO transactions VALUES (?, ?, ?, 'InvAdjst', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                number,
                identity.external_id,
                f"INVADJ{next_number(db, 'INVADJ')}",
                RECORD_TYPE,
                adjustment.trandate,
                adjustment.period,
                adjustment.account,
                adjustment.subsidiary,
                adjustment.location,
                adjustment.memo,
                identity.payload_hash,
                identity.content_hash,
                adjustment.units,
                str(adjustment.total),
                now,
                now,
                identity.visible_from,
            ),
        )
        for position, line in enumerate(adjustment.lines, start=1):
            self._post(db, number, position, line, now)
        return dict(db.execute("SELECT * FROM transactions WHERE id = ?", (number,)).fetchone())

    def _post(self, db: Database, number: int, position: int, line: Line, now: str) -> None:
        stock = self._records.stock_of(db, line.item, line.location)
        on_hand = from_units(stock["opening"] + posted_units(db, line.item, line.location))
        moved = from_units(line.units)
        cost = average_cost(stock)
        if moved > 0 and on_hand + moved > 0:
            held = max(on_hand, Decimal(0))
            cost = ((held * cost + moved * line.unit_cost) / (held + moved)).quantize(Decimal("0.0001"))
        db.execute(
            "UPDATE stock SET average_cost = ?, changed = ? WHERE item = ? AND location = ?",
            (str(cost), now, line.item, line.location),
        )
        db.execute(
            "INSERT INTO lines VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                number,
                position,
                line.item,
                line.location,
                line.units,
                str(line.unit_cost),
                str(line.amount),
                line.memo,
            ),
        )

    def _period(self, db: Database, trandate: str) -> str:
        row = db.execute("SELECT * FROM periods WHERE ? BETWEEN startdate AND enddate", (trandate,)).fetchone()
        if row is None:
            raise Rejected("VALID_PRD_REQD", f"No valid, open, posting period for date {trandate}.", field="tranDate")
        if row["closed"] or row["locked"]:
            text = f"The period {row['name']} is closed; the transaction date {trandate} is not allowed."
            raise Rejected("TRAN_PERIOD_CLOSED", text, field="tranDate")
        return str(row["id"])

    def _account(self, db: Database, raw: Any) -> str:
        """The script's own account parameter stands in when none is given."""
        if raw is None:
            return DEFAULT_ADJUSTMENT_ACCOUNT
        number = _reference(raw, ("id",), "account", None)[1]
        row = db.execute("SELECT kind FROM accounts WHERE id = ?", (number,)).fetchone()
        if row is None and self._strict:
            raise _invalid_reference("account", number, None)
        if row is None:
            return self._records.add_account(db, internal_id=number)
        if row["kind"] == "asset":
            text = "The adjustment account must differ from the items' asset account."
            raise Rejected("INVALID_ADJUSTMENT_ACCT", text, field="account")
        return number

    def _subsidiary(self, db: Database, raw: Any) -> str:
        if raw is None:
            return DEFAULT_SUBSIDIARY
        number = _reference(raw, ("id",), "subsidiary", None)[1]
        known = db.execute("SELECT 1 FROM subsidiaries WHERE id = ?", (number,)).fetchone()
        if known is None and self._strict:
            raise _invalid_reference("subsidiary", number, None)
        return number if known else self._records.add_subsidiary(db, internal_id=number)

    def _location(self, db: Database, raw: Any, subsidiary: str, *, field: str, line: int | None) -> str | None:
        if raw is None:
            return None
        key, value = _reference(raw, ("id", "name"), field, line)
        row = db.execute(f"SELECT * FROM locations WHERE {key} = ?", (value,)).fetchone()
        if row is None and not self._strict:
            return self._records.add_location(db, **with_internal_id({key: value}), subsidiary=subsidiary)
        if row is None or row["inactive"]:
            raise _invalid_reference(field, value, line)
        if row["subsidiary"] != subsidiary:
            text = f"The location {row['name']} does not belong to subsidiary {subsidiary}."
            raise Rejected("INVALID_TRANS_SUB_LOC", text, field=field, line=line)
        return str(row["id"])

    def _item(self, db: Database, raw: Any, subsidiary: str, line: int) -> Row:
        if raw is None:
            raise Rejected("MISSING_REQD_FLD", "Please enter value(s) for: Item", field="item", line=line)
        key, value = _reference(raw, ("id", "itemid"), "item", line)
        row = db.execute(f"SELECT * FROM items WHERE {key} = ?", (value,)).fetchone()
        if row is None and not self._strict:
            made = self._records.add_item(db, **with_internal_id({key: value}))
            row = db.execute("SELECT * FROM items WHERE id = ?", (made,)).fetchone()
        if row is None or row["inactive"]:
            raise _invalid_reference("item", value, line)
        if row["subsidiary"] not in (None, subsidiary):
            text = f"The item {row['itemid']} is not available in subsidiary {subsidiary}."
            raise Rejected("INVALID_TRANS_SUB_ITEM", text, field="item", line=line)
        if row["kind"] not in _STOCKED_KINDS:
            text = f"The item {row['itemid']} is not an inventory item."
            raise Rejected("INVALID_TRAN_ITEM_LINE", text, field="item", line=line)
        if row["lot"]:
            text = f"Please configure the inventory detail in line {line} of the adjustment."
            raise Rejected("USER_ERROR", text, field="item", line=line)
        return dict(row)

    def _line(
        self,
        db: Database,
        raw: Any,
        number: int,
        subsidiary: str,
        header_location: str | None,
    ) -> Line:
        fields = _fields(raw, _LINE_FIELDS, line=number)
        item = self._item(db, fields.get("item"), subsidiary, number)
        location = (
            self._location(db, fields.get("location"), subsidiary, field="location", line=number) or header_location
        )
        if location is None:
            raise Rejected("LOCATION_REQD", "Please enter value(s) for: Location", field="location", line=number)
        quantity = parse_number(fields.get("adjustQtyBy"))
        if quantity is None:
            text = 'adjustQtyBy must be a decimal string such as "-3.000".'
            raise Rejected("INVALID_NUMBER", text, field="adjustQtyBy", line=number)
        if quantity == 0:
            raise Rejected("INVALID_QUANTITY", "The quantity must not be zero.", field="adjustQtyBy", line=number)
        standing = average_cost(self._records.stock_of(db, item["id"], location))
        cost = _unit_cost(fields.get("unitCost"), quantity, standing, number)
        return Line(item["id"], location, to_units(quantity), cost, _text(fields.get("memo"), "memo", number))


def summary(db: Database, row: Row) -> dict[str, Any]:
    """A saved transaction in the words of the RESTlet contract."""
    lines = db.execute("SELECT COUNT(*) FROM lines WHERE transaction_id = ?", (row["id"],)).fetchone()[0]
    return {
        "internalId": str(row["id"]),
        "tranId": row["tranid"],
        "externalId": row["external_id"],
        "payloadHash": row["payload_hash"],
        "lineCount": lines,
        "quantitySum": quantity_text(row["quantity_sum"]),
        "total": row["total"],
    }


def _unit_cost(raw: Any, quantity: Decimal, standing: Decimal, line: int) -> Decimal:
    """NetSuite ignores a unit cost on a decrease and costs it at average, so the script refuses one there."""
    if raw is None:
        return standing
    cost = parse_number(raw)
    if cost is None:
        raise Rejected("INVALID_NUMBER", "unitCost must be a decimal string.", field="unitCost", line=line)
    if cost < 0:
        raise Rejected("POSITIVE_UNITCOST_REQD", "The unit cost must be positive.", field="unitCost", line=line)
    if quantity < 0:
        raise Rejected("INVALID_FLD_VALUE", "A decrease takes no unit cost.", field="unitCost", line=line)
    return cost


def _fields(raw: Any, allowed: set[str], *, line: int | None = None) -> dict[str, Any]:
    if not isinstance(raw, dict):
        raise Rejected("INVALID_FLD_VALUE", "An object was expected.", field="lines" if line else "record", line=line)
    for name in sorted(set(raw) - allowed):
        raise Rejected("INVALID_FLD_VALUE", f"Unknown field: {name}", field=name, line=line)
    return raw


def _date(raw: Any) -> str:
    if not raw:
        raise Rejected("TRAN_DATE_REQD", "The transaction date is required.", field="tranDate")
    try:
        if not isinstance(raw, str) or not _ISO_DATE.fullmatch(raw):
            raise ValueError
        return date.fromisoformat(raw).isoformat()
    except ValueError:
        text = "The transaction date is not a date of the form YYYY-MM-DD."
        raise Rejected("INVALID_DATE_FORMAT", text, field="tranDate") from None


def _text(raw: Any, field: str, line: int | None) -> str:
    if raw is None:
        return ""
    if not isinstance(raw, str) or len(raw) > _LONGEST_MEMO:
        text = f"{field} must be text of at most {_LONGEST_MEMO} characters."
        raise Rejected("INVALID_FLD_VALUE", text, field=field, line=line)
    return raw


def _reference(raw: Any, keys: tuple[str, ...], field: str, line: int | None) -> tuple[str, str]:
    """Exactly one of ``keys`` with a text value."""
    if isinstance(raw, dict) and len(raw) == 1:
        key, value = next(iter(raw.items()))
        if key in keys and isinstance(value, str) and value.strip():
            return key, value
    shape = " or ".join(f'{{"{key}": "…"}}' for key in keys)
    raise Rejected("INVALID_FLD_VALUE", f"{field} must be {shape}.", field=field, line=line)


def _invalid_reference(field: str, value: str, line: int | None) -> Rejected:
    return Rejected("INVALID_KEY_OR_REF", f"Invalid {field} reference key {value}.", field=field, line=line)
