"""Records that are no transactions, as the REST record API writes them. Customers can be written, the others read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from netsuite.simulator.exchange import Exchange
from netsuite.simulator.field_values import Rejected
from netsuite.simulator.record_words import ROOT
from netsuite.simulator.records import BadSeed, Records
from netsuite.simulator.storage import Database, Row


@dataclass(frozen=True)
class Entity:
    """``fields`` maps a name to its column; a name in ``flags`` is true or false, one in ``references`` an object."""

    name: str
    table: str
    fields: Mapping[str, str]
    flags: frozenset[str] = frozenset()
    references: frozenset[str] = frozenset()
    condition: str = "1 = 1"
    writable: bool = False

    def rows(self, db: Database) -> list[Row]:
        found = db.execute(f"SELECT * FROM {self.table} WHERE {self.condition} ORDER BY CAST(id AS INTEGER), id")
        return [dict(row) for row in found.fetchall()]

    def row(self, db: Database, column: str, value: str) -> Row | None:
        if column != "id" and column not in self.fields.values():
            return None
        found = db.execute(f"SELECT * FROM {self.table} WHERE {self.condition} AND {column} = ?", (value,)).fetchone()
        return None if found is None else dict(found)

    def document(self, row: Row, exchange: Exchange) -> dict[str, Any]:
        here = f"{exchange.base_url}{ROOT}{self.name}/{row['id']}"
        document: dict[str, Any] = {"links": [{"rel": "self", "href": here}], "id": str(row["id"])}
        for name, column in self.fields.items():
            value = row[column]
            if name in self.flags:
                document[name] = bool(value)
            elif value is not None:
                document[name] = {"links": [], "id": value} if name in self.references else value
        return document

    def values(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """What was given, by column. Raises Rejected."""
        given: dict[str, Any] = {}
        for name, column in self.fields.items():
            if name not in document:
                continue
            value = document[name]
            if name in self.references and value is not None:
                if not isinstance(value, dict) or not value.get("id"):
                    text = f"Invalid {name}: a reference needs an id."
                    raise Rejected("INVALID_KEY_OR_REF", text, field=name)
                value = str(value["id"])
            elif not isinstance(value, bool if name in self.flags else str | None):
                raise Rejected("INVALID_FLD_VALUE", f"Invalid value of {name}.", field=name)
            given[column] = value
        return given


CUSTOMER = Entity(
    "customer",
    "customers",
    {
        "externalId": "external_id",
        "entityId": "entityid",
        "companyName": "companyname",
        "email": "email",
        "subsidiary": "subsidiary",
        "priceLevel": "price_level",
        "isInactive": "inactive",
    },
    frozenset({"isInactive"}),
    frozenset({"subsidiary", "priceLevel"}),
    writable=True,
)
_ITEM = {
    "itemId": "itemid",
    "displayName": "displayname",
    "subsidiary": "subsidiary",
    "averageCost": "average_cost",
    "isInactive": "inactive",
    "useBins": "use_bins",
}
_ITEM_FLAGS = frozenset({"isInactive", "useBins"})


def _items(name: str, condition: str) -> Entity:
    return Entity(name, "items", _ITEM, _ITEM_FLAGS, frozenset({"subsidiary"}), condition)


_ALL = (
    CUSTOMER,
    _items("inventoryItem", "kind = 'InvtPart' AND lot = 0 AND serial = 0"),
    _items("lotNumberedInventoryItem", "kind = 'InvtPart' AND lot = 1"),
    _items("serializedInventoryItem", "kind = 'InvtPart' AND serial = 1"),
    _items("assemblyItem", "kind = 'Assembly'"),
    _items("nonInventorySaleItem", "kind NOT IN ('InvtPart', 'Assembly')"),
    Entity(
        "location",
        "locations",
        {"name": "name", "subsidiary": "subsidiary", "isInactive": "inactive", "useBins": "use_bins"},
        _ITEM_FLAGS,
        frozenset({"subsidiary"}),
    ),
    Entity("subsidiary", "subsidiaries", {"name": "name"}),
    Entity("account", "accounts", {"acctName": "name", "acctType": "kind"}),
    Entity("priceLevel", "price_levels", {"name": "name", "isInactive": "inactive"}, frozenset({"isInactive"})),
    Entity(
        "accountingPeriod",
        "periods",
        {
            "periodName": "name",
            "startDate": "startdate",
            "endDate": "enddate",
            "closed": "closed",
            "allLocked": "locked",
        },
        frozenset({"closed", "allLocked"}),
    ),
)
ENTITIES: Mapping[str, Entity] = {entity.name.lower(): entity for entity in _ALL}


def save_customer(db: Database, records: Records, document: Mapping[str, Any], known: Row | None) -> Row:
    """Create or change one. Raises Rejected for what NetSuite would not take."""
    values = CUSTOMER.values(document)
    name = values.get("entityid") or values.get("companyname")
    if not known and not name:
        raise Rejected("USER_ERROR", "Please enter value(s) for: Company Name", field="companyName")
    for column, table in (("subsidiary", "subsidiaries"), ("price_level", "price_levels")):
        if values.get(column) and not db.execute(f"SELECT 1 FROM {table} WHERE id = ?", (values[column],)).fetchone():
            raise Rejected("INVALID_KEY_OR_REF", f"Invalid {column} reference key {values[column]}.", field=column)
    taken = db.execute("SELECT id FROM customers WHERE entityid = ?", (values.get("entityid") or name,)).fetchone()
    if taken and (known is None or taken["id"] != known["id"]):
        raise Rejected("UNIQUE_CUST_ID_REQD", "A customer with this name exists already.", field="entityId")
    fields = {"externalid" if column == "external_id" else column: value for column, value in values.items()}
    entityid = fields.pop("entityid", None) or (None if known else name)
    try:
        number = records.add_customer(
            db, internal_id=known["id"] if known else records.free_id(db, "customers"), entityid=entityid, **fields
        )
    except BadSeed as error:
        raise Rejected("INVALID_FLD_VALUE", str(error)) from error
    return dict(db.execute("SELECT * FROM customers WHERE id = ?", (number,)).fetchone())
