"""Inventory adjustments: what NetSuite checks before it saves one, and what saving changes."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from netsuite.simulator.clock import SimulatedClock
from netsuite.simulator.field_values import Rejected, read_date, read_decimal, read_fields, read_lines, read_text
from netsuite.simulator.inventory_detail import Assignment, Moved, check_detail, write_detail
from netsuite.simulator.quantities import from_units, money, parse_number, to_units
from netsuite.simulator.records import Records, average_cost, posted_units
from netsuite.simulator.references import References
from netsuite.simulator.storage import Database, Row
from netsuite.simulator.transactions import Head, Identity, open_period, write

RECORD_TYPE = "inventoryadjustment"
_HEADER_FIELDS = {"tranDate", "memo", "account", "subsidiary", "adjLocation", "lines"}
_LINE_FIELDS = {"item", "location", "adjustQtyBy", "unitCost", "memo", "detail"}
_STOCKED_KINDS = ("InvtPart", "Assembly")


@dataclass(frozen=True)
class Line:
    item: str
    location: str
    units: int
    unit_cost: Decimal
    memo: str
    detail: tuple[Assignment, ...] = ()

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


class Adjustments:
    record_type = RECORD_TYPE

    def __init__(self, records: Records, references: References, clock: SimulatedClock) -> None:
        self._records = records
        self._references = references
        self._clock = clock

    def check(self, db: Database, record: Any, *, numbers_by_id: bool = False) -> Adjustment:
        """Validate against the records in ``db``; unknown references are created unless the simulator
        is strict."""
        header = read_fields(record, _HEADER_FIELDS)
        trandate = read_date(header.get("tranDate"))
        period = open_period(db, trandate, posting=True)
        account = self._references.account(db, header.get("account"))
        subsidiary = self._references.subsidiary(db, header.get("subsidiary"))
        place = header.get("adjLocation")
        location = self._references.location(db, place, subsidiary, field="adjLocation", line=None)
        lines = tuple(
            self._line(db, raw, number, subsidiary, location, numbers_by_id=numbers_by_id)
            for number, raw in enumerate(read_lines(header.get("lines")), start=1)
        )
        if self._records.refuses_negative_stock():
            self._check_stock(db, lines)
        memo = read_text(header.get("memo"), "memo")
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

    def save(self, db: Database, checked: Adjustment, identity: Identity, *, replaced: Row | None = None) -> Row:
        head = Head(
            trandate=checked.trandate,
            period=checked.period,
            subsidiary=checked.subsidiary,
            memo=checked.memo,
            units=checked.units,
            total=checked.total,
            account=checked.account,
            location=checked.location,
        )
        row = write(
            db,
            self._clock,
            head,
            identity,
            kind="InvAdjst",
            record_type=RECORD_TYPE,
            series="INVADJ",
            replaced=replaced,
        )
        for position, line in enumerate(checked.lines, start=1):
            self._post(db, row["id"], position, line, row["modified"])
            write_detail(db, row["id"], position, line.item, line.detail)
        return row

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

    def _item(self, db: Database, raw: Any, subsidiary: str, line: int) -> Row:
        row = self._references.item(db, raw, subsidiary, line)
        if row["kind"] not in _STOCKED_KINDS:
            text = f"The item {row['itemid']} is not an inventory item."
            raise Rejected("INVALID_TRAN_ITEM_LINE", text, field="item", line=line)
        return row

    def _line(
        self,
        db: Database,
        raw: Any,
        number: int,
        subsidiary: str,
        header_location: str | None,
        *,
        numbers_by_id: bool,
    ) -> Line:
        fields = read_fields(raw, _LINE_FIELDS, line=number)
        item = self._item(db, fields.get("item"), subsidiary, number)
        named = self._references.location(db, fields.get("location"), subsidiary, field="location", line=number)
        location = named or header_location
        if location is None:
            raise Rejected("LOCATION_REQD", "Please enter value(s) for: Location", field="location", line=number)
        quantity = read_decimal(fields.get("adjustQtyBy"), "adjustQtyBy", number, example='"-3.000"')
        if quantity == 0:
            raise Rejected("INVALID_QUANTITY", "The quantity must not be zero.", field="adjustQtyBy", line=number)
        standing = average_cost(self._records.stock_of(db, item["id"], location))
        cost = _unit_cost(fields.get("unitCost"), quantity, standing, number)
        units = to_units(quantity)
        moved = Moved(item, location, units, number)
        detail = check_detail(db, fields.get("detail"), moved, numbers_by_id=numbers_by_id)
        return Line(item["id"], location, units, cost, read_text(fields.get("memo"), "memo", number), detail)


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
