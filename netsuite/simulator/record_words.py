"""A transaction in the words of the REST record API and in those its kind is checked in.

The record API names references by internal id only, writes quantities as numbers, and keeps lines in a sublist:
``inventory`` of an inventory adjustment, ``item`` of an estimate. Lines in errors count from 1, in paths from 0.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from netsuite.simulator.exchange import Exchange
from netsuite.simulator.field_values import Rejected
from netsuite.simulator.quantities import from_units
from netsuite.simulator.references import CUSTOM_PRICE
from netsuite.simulator.storage import Database, Row

ROOT = "/services/rest/record/v1/"
_NUMBERS = {"adjustQtyBy", "unitCost", "quantity", "rate"}
_REFERENCES = {"account", "subsidiary", "adjLocation", "item", "location", "entity", "price", "inventoryStatus"}
_OF_THE_SYSTEM = {"id", "links", "tranId", "total", "subtotal", "taxTotal", "status", "lastModifiedDate"}
_OF_THE_SYSTEM |= {"createdDate", "estimatedTotalValue"}
_SPELLED = {"price": "priceLevel"}


@dataclass(frozen=True)
class Words:
    """How one kind of transaction is written."""

    record_type: str
    name: str
    sublist: str
    header: tuple[str, ...]
    line: tuple[str, ...]

    def lines(self, document: Mapping[str, Any]) -> list[Any]:
        sublist = document.get(self.sublist)
        items = sublist.get("items") if isinstance(sublist, dict) else None
        return items if isinstance(items, list) else []

    def unknown_names(self, document: Mapping[str, Any], also: set[str]) -> list[str]:
        """What NetSuite would drop, as paths."""
        known = {*self.header, *_OF_THE_SYSTEM, "externalId", self.sublist, *also}
        unknown = sorted(set(document) - known)
        for number, line in enumerate(self.lines(document)):
            if isinstance(line, dict):
                names = sorted(set(line) - {*self.line, "line", "links", "amount"})
                unknown += [f"{self.sublist}.items[{number}].{name}" for name in names]
        return unknown

    def contract_record(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """In the words the kind is checked in, with the fields that were given only."""
        record = {name: _plain(name, document[name], None) for name in self.header if name in document}
        record["lines"] = []
        for number, line in enumerate(self.lines(document), start=1):
            if not isinstance(line, dict):
                raise Rejected("INVALID_FLD_VALUE", "A line must be an object.", field="items", line=number)
            record["lines"].append(self._contract_line(line, number))
        return record

    def _contract_line(self, line: Mapping[str, Any], number: int) -> dict[str, Any]:
        plain = {_SPELLED.get(name, name): _plain(name, line[name], number) for name in self.line if name in line}
        if "inventoryDetail" in plain:
            plain["detail"] = _detail(plain.pop("inventoryDetail"), number) or None
        if str(plain.get("adjustQtyBy", "")).startswith("-"):
            plain.pop("unitCost", None)  # NetSuite ignores it on a decrease
        if "line" in line:
            plain["line"] = _plain("quantity", line["line"], number)
        return plain

    def stored(self, db: Database, row: Row) -> dict[str, Any]:
        """A saved transaction in the words it would be checked in again; its lines carry their number."""
        if self.sublist == "item":
            return _stored_estimate(db, row)
        return {
            "tranDate": row["trandate"],
            "memo": row["memo"],
            "account": {"id": row["account"]},
            "subsidiary": {"id": row["subsidiary"]},
            "adjLocation": {"id": row["location"]} if row["location"] else None,
            "lines": [_stored_line(db, dict(line)) for line in _rows(db, "lines", row)],
        }

    def document(
        self, db: Database, row: Row, exchange: Exchange, *, expanded: bool, hash_field: str
    ) -> dict[str, Any]:
        here = f"{exchange.base_url}{ROOT}{self.name}/{row['id']}"
        document = {
            "links": [{"rel": "self", "href": here}],
            "id": str(row["id"]),
            "externalId": row["external_id"],
            "tranId": row["tranid"],
            "tranDate": row["trandate"],
            "memo": row["memo"],
            "subsidiary": _shown(row["subsidiary"]),
            "createdDate": row["created"],
            "lastModifiedDate": row["modified"],
            self.sublist: {"links": [{"rel": "self", "href": f"{here}/{self.sublist}"}]},
        } | (_estimate_figures(db, row) if self.sublist == "item" else _adjustment_figures(row))
        if row["payload_hash"]:
            document[hash_field] = row["payload_hash"]
        if expanded:
            show = _sales_line if self.sublist == "item" else _inventory_line
            table = "sales_lines" if self.sublist == "item" else "lines"
            lines = [show(db, dict(line)) for line in _rows(db, table, row)]
            document[self.sublist] = {
                "links": [],
                "count": len(lines),
                "hasMore": False,
                "items": lines,
                "offset": 0,
                "totalResults": len(lines),
            }
        return document


ADJUSTMENT = Words(
    "inventoryadjustment",
    "inventoryAdjustment",
    "inventory",
    ("tranDate", "memo", "account", "subsidiary", "adjLocation"),
    ("item", "location", "adjustQtyBy", "unitCost", "memo", "inventoryDetail"),
)
ESTIMATE = Words(
    "estimate",
    "estimate",
    "item",
    ("tranDate", "entity", "dueDate", "expectedCloseDate", "title", "memo"),
    ("item", "quantity", "rate", "price", "description"),
)


def _plain(name: str, value: Any, line: int | None) -> Any:
    """Numbers as decimal text, references by internal id only."""
    if value is None:
        return None
    if name in _REFERENCES:
        number = value.get("id") if isinstance(value, dict) else None
        if not isinstance(number, str | Decimal) or not str(number):
            raise Rejected("INVALID_KEY_OR_REF", f"Invalid {name}: a reference needs an id.", field=name, line=line)
        return {"id": str(number)}
    if name in _NUMBERS:
        if not isinstance(value, Decimal):
            raise Rejected("INVALID_NUMBER", f"{name} must be a number.", field=name, line=line)
        return format(value, "f")
    return value


def _detail(value: Any, line: int) -> list[dict[str, Any]]:
    """The subrecord: stock in names its lot by text, stock out by the internal id of one that is known."""
    assigned = value.get("inventoryAssignment") if isinstance(value, dict) else None
    parts = assigned.get("items") if isinstance(assigned, dict) else None
    if not isinstance(parts, list):
        text = "inventoryDetail must hold inventoryAssignment.items."
        raise Rejected("INVALID_FLD_VALUE", text, field="inventoryDetail", line=line)
    return [_assignment(part if isinstance(part, dict) else {}, line) for part in parts]


def _assignment(part: Mapping[str, Any], line: int) -> dict[str, Any]:
    written: dict[str, Any] = {"quantity": _plain("quantity", part.get("quantity"), line)}
    if isinstance(part.get("issueInventoryNumber"), dict):
        written["lotId"] = str(part["issueInventoryNumber"].get("id"))
    elif part.get("receiptInventoryNumber"):
        written["lot"] = str(part["receiptInventoryNumber"])
    if "binNumber" in part:
        if not isinstance(part["binNumber"], dict):
            raise Rejected("USER_ERROR", "The sublist inventoryassignment is static.", field="binNumber", line=line)
        written["bin"] = {"id": str(part["binNumber"].get("id"))}
    if "inventoryStatus" in part:
        written["status"] = _plain("inventoryStatus", part["inventoryStatus"], line)
    return written


def _rows(db: Database, table: str, row: Row) -> list[Any]:
    return db.execute(f"SELECT * FROM {table} WHERE transaction_id = ? ORDER BY number", (row["id"],)).fetchall()


def _parts(db: Database, line: Row) -> list[Row]:
    rows = db.execute(
        "SELECT a.quantity, a.bin, a.status, n.id, n.number FROM assignments a"
        " LEFT JOIN inventory_numbers n ON n.id = a.inventory_number"
        " WHERE a.transaction_id = ? AND a.line = ? ORDER BY a.position",
        (line["transaction_id"], line["number"]),
    )
    return [dict(part) for part in rows.fetchall()]


def _stored_line(db: Database, line: Row) -> dict[str, Any]:
    stored = {
        "line": str(line["number"]),
        "item": {"id": line["item"]},
        "location": {"id": line["location"]},
        "adjustQtyBy": format(from_units(line["quantity"]), "f"),
        "memo": line["memo"],
    }
    if line["quantity"] > 0:
        stored["unitCost"] = line["unit_cost"]
    if parts := _parts(db, line):
        stored["detail"] = [
            {
                "quantity": format(from_units(part["quantity"]), "f"),
                "lot": part["number"],
                "bin": part["bin"] and {"id": part["bin"]},
                "status": part["status"] and {"id": part["status"]},
            }
            for part in parts
        ]
    return stored


def _stored_estimate(db: Database, row: Row) -> dict[str, Any]:
    head = dict(db.execute("SELECT * FROM estimates WHERE transaction_id = ?", (row["id"],)).fetchone())
    return {
        "tranDate": row["trandate"],
        "memo": row["memo"],
        "entity": {"id": head["entity"]},
        "dueDate": head["due"],
        "expectedCloseDate": head["expected_close"],
        "title": head["title"],
        "lines": [
            {
                "line": str(line["number"]),
                "item": {"id": line["item"]},
                "quantity": format(from_units(line["quantity"]), "f"),
                "priceLevel": {"id": line["price_level"]},
                "description": line["description"],
                **({"rate": line["rate"]} if line["price_level"] == CUSTOM_PRICE else {}),
            }
            for line in _rows(db, "sales_lines", row)
        ],
    }


def _shown(number: str) -> dict[str, Any]:
    return {"links": [], "id": number}


def _adjustment_figures(row: Row) -> dict[str, Any]:
    return {"account": _shown(row["account"]), "estimatedTotalValue": float(row["total"])}


def _estimate_figures(db: Database, row: Row) -> dict[str, Any]:
    head = dict(db.execute("SELECT * FROM estimates WHERE transaction_id = ?", (row["id"],)).fetchone())
    return {
        "entity": _shown(head["entity"]),
        "dueDate": head["due"],
        "expectedCloseDate": head["expected_close"],
        "title": head["title"],
        "status": {"id": head["status"], "refName": "Open"},
        "subtotal": float(head["subtotal"]),
        "taxTotal": float(head["tax"]),
        "total": float(row["total"]),
    }


def _inventory_line(db: Database, line: Row) -> dict[str, Any]:
    shown = {
        "links": [],
        "line": line["number"],
        "item": _shown(line["item"]),
        "location": _shown(line["location"]),
        "adjustQtyBy": float(from_units(line["quantity"])),
        "unitCost": float(line["unit_cost"]),
        "memo": line["memo"],
    }
    if parts := _parts(db, line):
        shown["inventoryDetail"] = {"inventoryAssignment": {"items": [_shown_part(part) for part in parts]}}
    return shown


def _shown_part(part: Row) -> dict[str, Any]:
    shown: dict[str, Any] = {"quantity": float(from_units(part["quantity"]))}
    if part["number"]:
        shown["issueInventoryNumber"] = {"id": part["id"], "refName": part["number"]}
    named = {"binNumber": part["bin"], "inventoryStatus": part["status"]}
    return shown | {name: {"id": number} for name, number in named.items() if number}


def _sales_line(db: Database, line: Row) -> dict[str, Any]:
    return {
        "links": [],
        "line": line["number"],
        "item": _shown(line["item"]),
        "quantity": float(from_units(line["quantity"])),
        "price": _shown(line["price_level"]),
        "rate": float(line["rate"]),
        "amount": float(line["amount"]),
        "description": line["description"],
    }
