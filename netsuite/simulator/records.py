"""The records around a transaction: items, locations, bins, customers, price levels, accounts, subsidiaries, periods
and opening stock.

When the simulator is not strict, a reference to an unknown record creates it, so that a demonstration
needs no preparation.
"""

import calendar
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from netsuite.simulator.clock import SimulatedClock
from netsuite.simulator.quantities import parse_number, to_units
from netsuite.simulator.storage import Database, Row, Store, next_number

DEFAULT_SUBSIDIARY = "1"
DEFAULT_ADJUSTMENT_ACCOUNT = "54"
DEFAULT_ASSET_ACCOUNT = "12"
PERIOD_YEARS = range(2020, 2036)
_KINDS_OF_ACCOUNT = ("adjustment", "asset")
_NEGATIVE_STOCK = "refuse_negative_stock"


class BadSeed(Exception):
    """A seed document that cannot be applied; the message says which entry."""


class Records:
    def __init__(self, store: Store, clock: SimulatedClock, *, refuse_negative_stock: bool) -> None:
        self._store = store
        self._clock = clock
        self._refuse_negative_stock = refuse_negative_stock

    def refuses_negative_stock(self) -> bool:
        """The account's preference; a start option until somebody changes it."""
        return bool(self._store.setting(_NEGATIVE_STOCK, self._refuse_negative_stock))

    def refuse_negative_stock(self, *, refused: bool = True) -> None:
        self._store.remember(_NEGATIVE_STOCK, refused)

    def install_defaults(self) -> None:
        """One subsidiary, one account of each kind, open monthly periods; nothing that exists is touched."""
        with self._store.transaction() as db:
            db.execute("INSERT OR IGNORE INTO subsidiaries VALUES (?, 'Parent Company')", (DEFAULT_SUBSIDIARY,))
            db.execute(
                "INSERT OR IGNORE INTO accounts VALUES (?, 'Inventory Adjustment', 'adjustment')",
                (DEFAULT_ADJUSTMENT_ACCOUNT,),
            )
            db.execute(
                "INSERT OR IGNORE INTO accounts VALUES (?, 'Inventory Asset', 'asset')",
                (DEFAULT_ASSET_ACCOUNT,),
            )
            db.execute("INSERT OR IGNORE INTO price_levels (id, name) VALUES ('1', 'Base Price')")
            for year in PERIOD_YEARS:
                for month in range(1, 13):
                    self._install_period(db, year, month)

    def _install_period(self, db: Database, year: int, month: int) -> None:
        start = date(year, month, 1)
        end = start.replace(day=calendar.monthrange(year, month)[1])
        number = (year - PERIOD_YEARS.start) * 12 + month + 100
        db.execute(
            "INSERT OR IGNORE INTO periods (id, name, startdate, enddate) VALUES (?, ?, ?, ?)",
            (str(number), start.strftime("%b %Y"), start.isoformat(), end.isoformat()),
        )

    def free_id(self, db: Database, table: str) -> str:
        """The next internal id of a table that also takes ids chosen by a seed."""
        while True:
            number = str(next_number(db, table, start=101))
            if db.execute(f"SELECT 1 FROM {table} WHERE id = ?", (number,)).fetchone() is None:
                return number

    def add_item(
        self,
        db: Database,
        *,
        internal_id: str | None = None,
        itemid: str | None = None,
        **fields: Any,
    ) -> str:
        """Insert or change an item; returns its internal id."""
        known = self._match(db, "items", "itemid", internal_id, itemid)
        values = {
            "displayname": fields.get("displayname", itemid or f"Item {internal_id}"),
            "kind": fields.get("itemtype", "InvtPart"),
            "lot": int(fields.get("lot", False)),
            "serial": int(fields.get("serial", False)),
            "use_bins": int(fields.get("use_bins", False)),
            "inactive": int(fields.get("inactive", False)),
            "subsidiary": fields.get("subsidiary"),
            "average_cost": str(fields.get("average_cost", "0")),
            "unit": str(fields.get("unit", "Each")),
        }
        if parse_number(values["average_cost"]) is None:
            raise BadSeed(f"item {itemid or internal_id}: average_cost is not a decimal string")
        if known:
            spelled = {"displayname": "displayname", "itemtype": "kind"} | {name: name for name in values}
            given = {spelled[name]: values[spelled[name]] for name in fields if name in spelled}
            self._update(db, "items", known, given | {"modified": self._clock.iso()})
        number = known or internal_id or self.free_id(db, "items")
        if not known:
            name = itemid or self._free_name(db, "items", "itemid", number)
            self._insert(db, "items", {"id": number, "itemid": name, **values, "modified": self._clock.iso()})
        for level, price in dict(fields.get("prices", {})).items():
            self._set_price(db, number, level, price)
        return number

    @staticmethod
    def _set_price(db: Database, item: str, level: str, price: str) -> None:
        """``level`` is the internal id or the name of a price level."""
        found = db.execute("SELECT id FROM price_levels WHERE id = ? OR name = ?", (level, level)).fetchone()
        if found is None or parse_number(str(price)) is None:
            raise BadSeed(f"item {item}: prices is an object of price level and decimal string, not {level}: {price}")
        db.execute("INSERT OR REPLACE INTO item_prices VALUES (?, ?, ?)", (item, found["id"], str(price)))

    def add_customer(
        self, db: Database, *, internal_id: str | None = None, entityid: str | None = None, **fields: Any
    ) -> str:
        """Insert or change a customer; returns its internal id."""
        known = self._match(db, "customers", "entityid", internal_id, entityid)
        now = self._clock.iso()
        values = {
            "external_id": fields.get("externalid"),
            "companyname": fields.get("companyname", entityid or f"Customer {internal_id}"),
            "email": fields.get("email", ""),
            "subsidiary": fields.get("subsidiary"),
            "price_level": fields.get("price_level"),
            "inactive": int(fields.get("inactive", False)),
        }
        if known:
            spelled = {"externalid": "external_id"} | {name: name for name in values}
            given = {spelled[name]: values[spelled[name]] for name in fields if name in spelled}
            if entityid:
                given["entityid"] = entityid
            self._update(db, "customers", known, given | {"modified": now})
            return known
        number = internal_id or self.free_id(db, "customers")
        name = entityid or self._free_name(db, "customers", "entityid", number)
        self._insert(db, "customers", {"id": number, "entityid": name, **values, "created": now, "modified": now})
        return number

    def add_price_level(
        self, db: Database, *, internal_id: str | None = None, name: str | None = None, inactive: bool = False
    ) -> str:
        known = self._match(db, "price_levels", "name", internal_id, name)
        if known:
            self._update(db, "price_levels", known, {"inactive": int(inactive)})
            return known
        number = internal_id or self.free_id(db, "price_levels")
        name = name or self._free_name(db, "price_levels", "name", number)
        self._insert(db, "price_levels", {"id": number, "name": name, "inactive": int(inactive)})
        return number

    def add_inventory_status(self, db: Database, *, internal_id: str, name: str, inactive: bool = False) -> None:
        db.execute(
            "INSERT INTO inventory_statuses VALUES (?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET name = excluded.name, inactive = excluded.inactive",
            (internal_id, name, int(inactive)),
        )

    def add_bin(self, db: Database, *, location: Any, name: str, internal_id: str | None = None) -> str:
        """A bin of a location, which uses bins from now on."""
        place = self.add_location(db, **_reference(location, "name"), use_bins=True)
        number = internal_id or self.free_id(db, "bins")
        self._insert(db, "bins", {"id": number, "location": place, "name": name})
        return number

    def add_location(
        self, db: Database, *, internal_id: str | None = None, name: str | None = None, **fields: Any
    ) -> str:
        known = self._match(db, "locations", "name", internal_id, name)
        values = {
            "subsidiary": str(fields.get("subsidiary", DEFAULT_SUBSIDIARY)),
            "inactive": int(fields.get("inactive", False)),
            "use_bins": int(fields.get("use_bins", False)),
        }
        if known:
            self._update(db, "locations", known, {key: values[key] for key in fields if key in values})
            return known
        number = internal_id or self.free_id(db, "locations")
        name = name or self._free_name(db, "locations", "name", number)
        self._insert(db, "locations", {"id": number, "name": name, **values})
        return number

    def add_account(self, db: Database, *, internal_id: str, name: str = "", kind: str = "adjustment") -> str:
        if kind not in _KINDS_OF_ACCOUNT:
            raise BadSeed(f"account {internal_id}: kind is one of {', '.join(_KINDS_OF_ACCOUNT)}")
        db.execute(
            "INSERT OR REPLACE INTO accounts VALUES (?, ?, ?)",
            (internal_id, name or f"Account {internal_id}", kind),
        )
        return internal_id

    def add_subsidiary(self, db: Database, *, internal_id: str, name: str = "") -> str:
        db.execute(
            "INSERT OR REPLACE INTO subsidiaries VALUES (?, ?)",
            (internal_id, name or f"Subsidiary {internal_id}"),
        )
        return internal_id

    def set_period(self, db: Database, *, date: str, closed: bool = True, locked: bool = False) -> None:
        """Open or close the period a date falls into."""
        done = db.execute(
            "UPDATE periods SET closed = ?, locked = ? WHERE ? BETWEEN startdate AND enddate",
            (int(closed), int(locked), date),
        )
        if not done.rowcount:
            raise BadSeed(f"period: no accounting period contains {date}")

    def set_balance(self, db: Database, *, item: Any, location: Any, quantity: str, **fields: Any) -> None:
        """Make the quantity on hand what is asked for, by moving the opening balance; posted lines stay."""
        item_id = self.add_item(db, **_reference(item, "itemid"))
        location_id = self.add_location(db, **_reference(location, "name"))
        on_hand = parse_number(str(quantity))
        committed = parse_number(str(fields.get("committed", "0")))
        on_order = parse_number(str(fields.get("on_order", "0")))
        if on_hand is None or committed is None or on_order is None:
            raise BadSeed(f"balance of item {item}: quantity, committed and on_order are decimal strings")
        stock = self.stock_of(db, item_id, location_id)
        cost = str(fields.get("average_cost", stock["average_cost"]))
        if parse_number(cost) is None:
            raise BadSeed(f"balance of item {item}: average_cost is not a decimal string")
        opening = to_units(on_hand) - posted_units(db, item_id, location_id)
        db.execute(
            "UPDATE stock SET opening = ?, committed = ?, on_order = ?, average_cost = ?, changed = ?"
            " WHERE item = ? AND location = ?",
            (opening, to_units(committed), to_units(on_order), cost, self._clock.iso(), item_id, location_id),
        )

    def stock_of(self, db: Database, item: str, location: str) -> Row:
        """The stock row of an item in a location, made when it is missing with the item's average cost."""
        db.execute(
            "INSERT OR IGNORE INTO stock (item, location, average_cost, changed)"
            " SELECT id, ?, average_cost, ? FROM items WHERE id = ?",
            (location, self._clock.iso(), item),
        )
        return dict(db.execute("SELECT * FROM stock WHERE item = ? AND location = ?", (item, location)).fetchone())

    def seed(self, document: dict[str, Any]) -> dict[str, int]:
        """Apply a seed document in one transaction; returns how many entries of each kind were applied."""
        appliers: dict[str, Callable[..., object]] = {
            "subsidiaries": self.add_subsidiary,
            "accounts": self.add_account,
            "locations": self.add_location,
            "bins": self.add_bin,
            "inventory_statuses": self.add_inventory_status,
            "price_levels": self.add_price_level,
            "customers": self.add_customer,
            "items": self.add_item,
            "periods": self.set_period,
            "balances": self.set_balance,
        }
        unknown = sorted(set(document) - set(appliers))
        if unknown:
            raise BadSeed(f"unknown section {', '.join(unknown)}; there are {', '.join(appliers)}")
        with self._store.transaction() as db:
            for section, apply in appliers.items():
                for entry in document.get(section, []):
                    try:
                        apply(db, **with_internal_id(entry))
                    except TypeError as error:
                        raise BadSeed(f"{section}: {entry}: {error}") from error
        return {section: len(document.get(section, [])) for section in appliers}

    @staticmethod
    def _match(db: Database, table: str, name_column: str, internal_id: str | None, name: str | None) -> str | None:
        if internal_id is None and not name:
            raise BadSeed(f"{table}: an entry needs an id or a {name_column}")
        column, value = ("id", internal_id) if internal_id is not None else (name_column, name)
        found = db.execute(f"SELECT id FROM {table} WHERE {column} = ?", (value,)).fetchone()
        return None if found is None else str(found["id"])

    @staticmethod
    def _free_name(db: Database, table: str, column: str, number: str) -> str:
        taken = db.execute(f"SELECT 1 FROM {table} WHERE {column} = ?", (number,)).fetchone()
        return f"{number} (by id)" if taken else number

    @staticmethod
    def _insert(db: Database, table: str, values: dict[str, Any]) -> None:
        marks = ", ".join("?" for _ in values)
        db.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", tuple(values.values()))

    @staticmethod
    def _update(db: Database, table: str, internal_id: str, values: dict[str, Any]) -> None:
        if values:
            columns = ", ".join(f"{column} = ?" for column in values)
            db.execute(f"UPDATE {table} SET {columns} WHERE id = ?", (*values.values(), internal_id))


def posted_units(db: Database, item: str, location: str) -> int:
    found = db.execute("SELECT COALESCE(SUM(quantity), 0) FROM lines WHERE item = ? AND location = ?", (item, location))
    return int(found.fetchone()[0])


def average_cost(stock: Row) -> Decimal:
    return Decimal(stock["average_cost"])


def with_internal_id(entry: Mapping[str, Any]) -> dict[str, Any]:
    """NetSuite says ``id`` where Python already has one."""
    return {"internal_id" if key == "id" else key: value for key, value in entry.items()}


def _reference(value: Any, name: str) -> dict[str, Any]:
    """A seed names a record by ``"MAIN"`` or by ``{"id": "5"}``, ``{"itemid": …}``, ``{"name": …}``."""
    return {name: value} if isinstance(value, str) else with_internal_id(value)
