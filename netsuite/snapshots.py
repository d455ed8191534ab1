"""What NetSuite holds, as plain rows: balances for the mirror, items and locations for a first import.

`aggregateItemLocation` has one row per item and location over every kind of item. A role without the permission
for a table or a location gets fewer rows and no error: whoever uses these rows must expect that.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from netsuite import configuration
from netsuite.outcomes import Rejected
from netsuite.queries import Paging, Query, QueryFailed, Row
from netsuite.records import COST_PLACES, QUANTITY_PLACES
from netsuite.suiteql import SuiteQlClient, suiteql_client

TOO_LARGE = Decimal(10) ** 11
STOCKED = "i.itemtype IN ('InvtPart', 'Assembly')"
BALANCES = Query(
    what="balances",
    select="a.item, a.location, a.quantityonhand, i.itemid, l.name",
    source="aggregateItemLocation a JOIN item i ON i.id = a.item JOIN location l ON l.id = a.location",
    keys=(("a.item", "item"), ("a.location", "location")),
    where=STOCKED,
)
LOCATIONS = Query(what="locations", select="l.id, l.name, l.isinactive", source="location l", keys=(("l.id", "id"),))
_ITEM_COLUMNS = "i.id, i.itemid, i.displayname, i.isinactive, i.averagecost"
ITEMS = Query(
    what="items",
    select=f"{_ITEM_COLUMNS}, BUILTIN.DF(i.stockunit) AS unit",
    source="item i",
    keys=(("i.id", "id"),),
    where=STOCKED,
)
ITEMS_WITHOUT_UNITS = Query(what="items", select=_ITEM_COLUMNS, source="item i", keys=(("i.id", "id"),), where=STOCKED)
"""For accounts without the feature Multiple Units of Measure: they have no stock unit."""


@dataclass(frozen=True, slots=True)
class RemoteBalance:
    """On hand of one item at one location, rounded to our three places. Internal ids, and the names people use."""

    item_id: str
    location_id: str
    item: str
    location: str
    on_hand: Decimal


@dataclass(frozen=True, slots=True)
class RemoteItem:
    internal_id: str
    code: str
    description: str
    unit: str
    cost: Decimal | None
    is_active: bool


@dataclass(frozen=True, slots=True)
class RemoteLocation:
    internal_id: str
    name: str
    is_active: bool


def reader(paging: Paging | None = None) -> SuiteQlClient:
    """The client of the configured account. Raises configuration.NotConnected."""
    return suiteql_client(configuration.complete_connection(), configuration.timing(), paging)


def read_balances(client: SuiteQlClient) -> list[RemoteBalance]:
    """Every balance, those of nothing included. Raises QueryFailed or ResultShifted."""
    return [
        RemoteBalance(
            item_id=row["item"],
            location_id=row["location"],
            item=row.get("itemid", ""),
            location=row.get("name", ""),
            on_hand=_number(row, "quantityonhand", QUANTITY_PLACES) or Decimal(0),
        )
        for row in client.read(BALANCES)
    ]


def read_items(client: SuiteQlClient) -> list[RemoteItem]:
    """Items that are kept in stock, inactive ones too; `unit` is empty where NetSuite names none."""
    try:
        rows = client.read(ITEMS)
    except QueryFailed as failure:
        if not (isinstance(failure.outcome, Rejected) and "stockunit" in failure.outcome.message.lower()):
            raise
        rows = client.read(ITEMS_WITHOUT_UNITS)
    return [
        RemoteItem(
            internal_id=row["id"],
            code=row.get("itemid", ""),
            description=row.get("displayname", ""),
            unit=row.get("unit", ""),
            cost=_number(row, "averagecost", COST_PLACES),
            is_active=row.get("isinactive") != "T",
        )
        for row in rows
    ]


def read_locations(client: SuiteQlClient) -> list[RemoteLocation]:
    return [
        RemoteLocation(row["id"], row.get("name", ""), row.get("isinactive") != "T") for row in client.read(LOCATIONS)
    ]


def _number(row: Row, name: str, places: Decimal) -> Decimal | None:
    """None when the column is absent. Raises QueryFailed: a number we cannot read must not become a nothing."""
    text = row.get(name, "")
    if not text:
        return None
    try:
        number = Decimal(text).quantize(places, ROUND_HALF_UP)
        if abs(number) < TOO_LARGE:
            return number
    except InvalidOperation:
        pass  # said below
    raise QueryFailed(f"NetSuite sent “{text}” where a number belongs ({name}), so nothing was taken.")
