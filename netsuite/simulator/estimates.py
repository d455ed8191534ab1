"""Estimates, which people call quotes: what NetSuite checks before it saves one, and the figures it works out.

An estimate posts nothing: a closed period does not stop it, and no balance moves. A rate makes the price of a
line custom (level -1); without one, the rate is the item's price at the level asked for, the customer's own, or
the base price. ``tax_rate`` is a percentage; school districts pay none, so it is 0 unless the simulator is told.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from netsuite.simulator.clock import SimulatedClock
from netsuite.simulator.field_values import Rejected, read_date, read_decimal, read_fields, read_lines, read_text
from netsuite.simulator.quantities import from_units, money, to_units
from netsuite.simulator.records import DEFAULT_SUBSIDIARY
from netsuite.simulator.references import BASE_PRICE, CUSTOM_PRICE, References
from netsuite.simulator.storage import Database, Row
from netsuite.simulator.transactions import Head, Identity, open_period, write

RECORD_TYPE = "estimate"
_HEADER_FIELDS = {"tranDate", "entity", "dueDate", "expectedCloseDate", "title", "memo", "lines"}
_LINE_FIELDS = {"item", "quantity", "rate", "priceLevel", "description"}


@dataclass(frozen=True)
class SalesLine:
    item: str
    description: str
    units: int
    price_level: str
    rate: Decimal

    @property
    def amount(self) -> Decimal:
        return money(from_units(self.units) * self.rate)


@dataclass(frozen=True)
class Estimate:
    """A checked estimate, ready to be saved."""

    trandate: str
    period: str
    entity: Row
    due: str | None
    expected_close: str | None
    title: str
    memo: str
    lines: tuple[SalesLine, ...]

    @property
    def subtotal(self) -> Decimal:
        return sum((line.amount for line in self.lines), Decimal("0.00"))


class Estimates:
    record_type = RECORD_TYPE

    def __init__(self, references: References, clock: SimulatedClock, *, tax_rate: Decimal) -> None:
        self._references = references
        self._clock = clock
        self._tax_rate = tax_rate

    def check(self, db: Database, record: Any, *, numbers_by_id: bool = False) -> Estimate:
        header = read_fields(record, _HEADER_FIELDS)
        trandate = read_date(header.get("tranDate"))
        period = open_period(db, trandate, posting=False)
        entity = self._references.customer(db, header.get("entity"))
        due, expected = (
            read_date(header[name], name) if header.get(name) else None for name in ("dueDate", "expectedCloseDate")
        )
        subsidiary = entity["subsidiary"] or DEFAULT_SUBSIDIARY
        lines = tuple(
            self._line(db, raw, number, entity, subsidiary)
            for number, raw in enumerate(read_lines(header.get("lines")), start=1)
        )
        title, memo = read_text(header.get("title"), "title"), read_text(header.get("memo"), "memo")
        return Estimate(trandate, period, entity, due, expected, title, memo, lines)

    def save(self, db: Database, checked: Estimate, identity: Identity, *, replaced: Row | None = None) -> Row:
        tax = money(checked.subtotal * self._tax_rate / 100)
        head = Head(
            trandate=checked.trandate,
            period=checked.period,
            subsidiary=checked.entity["subsidiary"] or DEFAULT_SUBSIDIARY,
            memo=checked.memo,
            units=sum(line.units for line in checked.lines),
            total=checked.subtotal + tax,
        )
        row = write(
            db,
            self._clock,
            head,
            identity,
            kind="Estimate",
            record_type=RECORD_TYPE,
            series="EST",
            replaced=replaced,
        )
        db.execute(
            "INSERT INTO estimates (transaction_id, entity, due, expected_close, title, subtotal, tax)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                row["id"],
                checked.entity["id"],
                checked.due,
                checked.expected_close,
                checked.title,
                str(checked.subtotal),
                str(tax),
            ),
        )
        for number, line in enumerate(checked.lines, start=1):
            db.execute(
                "INSERT INTO sales_lines VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    row["id"],
                    number,
                    line.item,
                    line.description,
                    line.units,
                    line.price_level,
                    str(line.rate),
                    str(line.amount),
                ),
            )
        return row

    def _line(self, db: Database, raw: Any, number: int, entity: Row, subsidiary: str) -> SalesLine:
        fields = read_fields(raw, _LINE_FIELDS, line=number)
        item = self._references.item(db, fields.get("item"), subsidiary, number)
        quantity = read_decimal(fields.get("quantity"), "quantity", number, example='"12.000"')
        if quantity <= 0:
            raise Rejected("INVALID_QUANTITY", "The quantity must be above zero.", field="quantity", line=number)
        level = self._references.price_level(db, fields.get("priceLevel"), number)
        level, rate = self._price(db, fields.get("rate"), level, item, entity, number)
        description = read_text(fields.get("description"), "description", number) or item["displayname"]
        return SalesLine(item["id"], description, to_units(quantity), level, rate)

    def _price(
        self, db: Database, raw: Any, level: str | None, item: Row, entity: Row, line: int
    ) -> tuple[str, Decimal]:
        if raw is None and level == CUSTOM_PRICE:
            raise Rejected("MISSING_REQD_FLD", "Please enter value(s) for: Rate", field="rate", line=line)
        if raw is None:
            level = level or entity["price_level"] or BASE_PRICE
            return level, self._listed(db, item, level, line)
        if level not in (None, CUSTOM_PRICE):
            text = "A rate belongs to the custom price level -1; the listed levels bring their own."
            raise Rejected("INVALID_FLD_VALUE", text, field="rate", line=line)
        rate = read_decimal(raw, "rate", line)
        if rate < 0:
            raise Rejected("INVALID_FLD_VALUE", "The rate must not be negative.", field="rate", line=line)
        return CUSTOM_PRICE, rate

    @staticmethod
    def _listed(db: Database, item: Row, level: str, line: int) -> Decimal:
        found = db.execute("SELECT price FROM item_prices WHERE item = ? AND level = ?", (item["id"], level)).fetchone()
        if found is None:
            text = f"The item {item['itemid']} has no price at level {level}."
            raise Rejected("USER_ERROR", text, field="priceLevel", line=line)
        return Decimal(found["price"])
