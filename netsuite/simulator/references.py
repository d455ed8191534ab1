"""From what a record names to the records behind it. Not strict, the simulator creates what it does not know."""

from typing import Any

from netsuite.simulator.field_values import Rejected, invalid_reference, read_reference
from netsuite.simulator.records import DEFAULT_ADJUSTMENT_ACCOUNT, DEFAULT_SUBSIDIARY, Records, with_internal_id
from netsuite.simulator.storage import Database, Row

CUSTOM_PRICE = "-1"
BASE_PRICE = "1"


class References:
    def __init__(self, records: Records, *, strict: bool) -> None:
        self._records = records
        self._strict = strict

    def account(self, db: Database, raw: Any) -> str:
        """The script's own account parameter stands in when none is given."""
        if raw is None:
            return DEFAULT_ADJUSTMENT_ACCOUNT
        number = read_reference(raw, ("id",), "account", None)[1]
        row = db.execute("SELECT kind FROM accounts WHERE id = ?", (number,)).fetchone()
        if row is None and self._strict:
            raise invalid_reference("account", number, None)
        if row is None:
            return self._records.add_account(db, internal_id=number)
        if row["kind"] == "asset":
            text = "The adjustment account must differ from the items' asset account."
            raise Rejected("INVALID_ADJUSTMENT_ACCT", text, field="account")
        return number

    def subsidiary(self, db: Database, raw: Any) -> str:
        if raw is None:
            return DEFAULT_SUBSIDIARY
        number = read_reference(raw, ("id",), "subsidiary", None)[1]
        known = db.execute("SELECT 1 FROM subsidiaries WHERE id = ?", (number,)).fetchone()
        if known is None and self._strict:
            raise invalid_reference("subsidiary", number, None)
        return number if known else self._records.add_subsidiary(db, internal_id=number)

    def location(self, db: Database, raw: Any, subsidiary: str, *, field: str, line: int | None) -> str | None:
        if raw is None:
            return None
        key, value = read_reference(raw, ("id", "name"), field, line)
        row = db.execute(f"SELECT * FROM locations WHERE {key} = ?", (value,)).fetchone()
        if row is None and not self._strict:
            return self._records.add_location(db, **with_internal_id({key: value}), subsidiary=subsidiary)
        if row is None or row["inactive"]:
            raise invalid_reference(field, value, line)
        if row["subsidiary"] != subsidiary:
            text = f"The location {row['name']} does not belong to subsidiary {subsidiary}."
            raise Rejected("INVALID_TRANS_SUB_LOC", text, field=field, line=line)
        return str(row["id"])

    def item(self, db: Database, raw: Any, subsidiary: str, line: int) -> Row:
        """Any active item of the subsidiary."""
        if raw is None:
            raise Rejected("MISSING_REQD_FLD", "Please enter value(s) for: Item", field="item", line=line)
        key, value = read_reference(raw, ("id", "itemid"), "item", line)
        row = db.execute(f"SELECT * FROM items WHERE {key} = ?", (value,)).fetchone()
        if row is None and not self._strict:
            made = self._records.add_item(db, **with_internal_id({key: value}))
            row = db.execute("SELECT * FROM items WHERE id = ?", (made,)).fetchone()
        if row is None or row["inactive"]:
            raise invalid_reference("item", value, line)
        if row["subsidiary"] not in (None, subsidiary):
            text = f"The item {row['itemid']} is not available in subsidiary {subsidiary}."
            raise Rejected("INVALID_TRANS_SUB_ITEM", text, field="item", line=line)
        return dict(row)

    def customer(self, db: Database, raw: Any) -> Row:
        if raw is None:
            raise Rejected("MISSING_REQD_FLD", "Please enter value(s) for: Customer", field="entity")
        key, value = read_reference(raw, ("id", "entityid"), "entity", None)
        row = db.execute(f"SELECT * FROM customers WHERE {key} = ?", (value,)).fetchone()
        if row is None and not self._strict:
            made = self._records.add_customer(db, **with_internal_id({key: value}))
            row = db.execute("SELECT * FROM customers WHERE id = ?", (made,)).fetchone()
        if row is None or row["inactive"]:
            raise invalid_reference("entity", value, None)
        return dict(row)

    def price_level(self, db: Database, raw: Any, line: int) -> str | None:
        """``-1`` is the custom level, which no list of levels holds."""
        if raw is None:
            return None
        key, value = read_reference(raw, ("id", "name"), "priceLevel", line)
        if (key, value) == ("id", CUSTOM_PRICE):
            return CUSTOM_PRICE
        row = db.execute(f"SELECT * FROM price_levels WHERE {key} = ?", (value,)).fetchone()
        if row is None or row["inactive"]:
            raise invalid_reference("priceLevel", value, line)
        return str(row["id"])
