"""The REST record API for inventory adjustments: create by POST, read by internal id or ``eid:``.

Errors come the way REST web services collapse them: business rules as ``USER_ERROR`` with only a text, references
and values as ``INVALID_CONTENT``, the place in ``o:errorPath`` (help section_156570709583).
"""

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

from netsuite.simulator.adjustments import RECORD_TYPE, Adjustments, Identity, Rejected
from netsuite.simulator.clock import SimulatedClock
from netsuite.simulator.exchange import RECORD_PATH, Answer, Exchange, Refusal, json_answer
from netsuite.simulator.options import Options
from netsuite.simulator.quantities import from_units
from netsuite.simulator.restlet import content_hash
from netsuite.simulator.storage import Database, Row

_VALUES = {"INVALID_KEY_OR_REF", "INVALID_FLD_VALUE", "INVALID_NUMBER", "INVALID_DATE_FORMAT"}
_EXTERNAL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_REFERENCES = ("account", "subsidiary", "adjLocation", "item", "location")
_HEADER = ("tranDate", "memo", "account", "subsidiary", "adjLocation")
_LINE = ("item", "location", "adjustQtyBy", "unitCost", "memo")


class RecordApi:
    def __init__(self, clock: SimulatedClock, adjustments: Adjustments, options: Options) -> None:
        self._clock = clock
        self._adjustments = adjustments
        self._hash_field = options.hash_field

    def check_entry(self, exchange: Exchange) -> None:
        if exchange.record_type != RECORD_TYPE:
            raise Refusal(404, "NONEXISTENT_ID", f"Record type '{exchange.record_type}' does not exist.")
        wanted = "GET" if _key(exchange) else "POST"
        if exchange.method != wanted:
            raise Refusal(405, "METHOD_NOT_ALLOWED", f"{exchange.method} is not allowed here.")
        kind = exchange.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if exchange.method == "POST" and kind not in ("application/json", "application/vnd.oracle.resource+json"):
            raise Refusal(415, "INVALID_CONTENT_TYPE", "Unsupported Media Type")

    def run(self, exchange: Exchange, db: Database) -> Answer:
        return self._read(exchange, db) if exchange.method == "GET" else self._create(exchange, db)

    def _create(self, exchange: Exchange, db: Database) -> Answer:
        try:
            document = json.loads(exchange.body, parse_float=Decimal, parse_int=Decimal)
        except ValueError:
            raise Refusal(400, "INVALID_CONTENT", "The request body is not JSON.") from None
        if not isinstance(document, dict):
            raise Refusal(400, "INVALID_CONTENT", "The request body is not a JSON object.")
        self._check_names(exchange, document)
        external_id = document.get("externalId")
        if external_id is not None and not (isinstance(external_id, str) and _EXTERNAL_ID.fullmatch(external_id)):
            raise Refusal(400, "INVALID_CONTENT", "Invalid externalId.", path="externalId")
        if db.execute("SELECT 1 FROM transactions WHERE external_id = ?", (external_id,)).fetchone():
            raise Refusal(400, "USER_ERROR", "This record already exists.")
        try:
            record = _contract_record(document)
            adjustment = self._adjustments.check(db, record)
        except Rejected as rejected:
            raise _refusal(rejected) from rejected
        visible_from = self._clock.timestamp() + exchange.visible_after
        mark = document.get(self._hash_field)
        identity = Identity(external_id, str(mark or ""), content_hash(record), visible_from)
        row = self._adjustments.save(db, adjustment, identity)
        where = f"{exchange.base_url}/services/rest/record/v1/inventoryAdjustment/{row['id']}"
        return Answer(204, b"", headers=(("Location", where),), outcome="created", committed=str(row["id"]))

    def _check_names(self, exchange: Exchange, document: Mapping[str, Any]) -> None:
        """NetSuite only warns of an unknown property, and drops it, unless it is asked to refuse."""
        if exchange.headers.get("X-NetSuite-PropertyNameValidation", "").lower() != "error":
            return
        known = {*_HEADER, "externalId", "inventory", self._hash_field}
        unknown = sorted(set(document) - known)
        for number, line in enumerate(_lines(document)):
            if isinstance(line, dict):
                unknown += [f"inventory.items[{number}].{name}" for name in sorted(set(line) - set(_LINE))]
        if unknown:
            raise Refusal(400, "INVALID_CONTENT", f"Unknown reference or field: {unknown[0]}.", path=unknown[0])

    def _read(self, exchange: Exchange, db: Database) -> Answer:
        key = _key(exchange)
        column, value = ("external_id", key[4:]) if key.lower().startswith("eid:") else ("id", key)
        row = db.execute(
            f"SELECT * FROM transactions WHERE {column} = ? AND record_type = ? AND visible_from <= ?",
            (value, RECORD_TYPE, self._clock.timestamp() - exchange.horizon_lag),
        ).fetchone()
        if row is None:
            text = "The record instance does not exist. Provide a valid record instance ID."
            raise Refusal(404, "NONEXISTENT_ID", text, outcome="lookup:absent")
        expanded = exchange.query.get("expandSubResources", "").lower() == "true"
        return json_answer(self._document(db, dict(row), exchange, expanded=expanded), outcome="lookup:found")

    def _document(self, db: Database, row: Row, exchange: Exchange, *, expanded: bool) -> dict[str, Any]:
        here = f"{exchange.base_url}/services/rest/record/v1/inventoryAdjustment/{row['id']}"
        lines = db.execute("SELECT * FROM lines WHERE transaction_id = ? ORDER BY number", (row["id"],)).fetchall()
        document = {
            "links": [{"rel": "self", "href": here}],
            "id": str(row["id"]),
            "externalId": row["external_id"],
            "tranId": row["tranid"],
            "tranDate": row["trandate"],
            "memo": row["memo"],
            "account": {"links": [], "id": row["account"]},
            "subsidiary": {"links": [], "id": row["subsidiary"]},
            "estimatedTotalValue": float(row["total"]),
            "lastModifiedDate": row["modified"],
            "inventory": {"links": [{"rel": "self", "href": f"{here}/inventory"}]},
        }
        if row["payload_hash"]:
            document[self._hash_field] = row["payload_hash"]
        if expanded:
            document["inventory"] = {
                "links": [],
                "count": len(lines),
                "hasMore": False,
                "items": [_line_document(dict(line)) for line in lines],
                "offset": 0,
                "totalResults": len(lines),
            }
        return document


def _key(exchange: Exchange) -> str:
    """What stands behind the record type: an internal id, or ``eid:`` and an external one."""
    found = RECORD_PATH.fullmatch(exchange.path)
    return unquote(found["key"] or "") if found else ""


def _line_document(line: Row) -> dict[str, Any]:
    return {
        "links": [],
        "line": line["number"],
        "item": {"links": [], "id": line["item"]},
        "location": {"links": [], "id": line["location"]},
        "adjustQtyBy": float(from_units(line["quantity"])),
        "unitCost": float(line["unit_cost"]),
        "memo": line["memo"],
    }


def _contract_record(document: Mapping[str, Any]) -> dict[str, Any]:
    """In the words the adjustments are checked in; lines in errors count from 1."""
    record: dict[str, Any] = {name: _plain(name, document.get(name), None) for name in _HEADER}
    record["lines"] = []
    for number, line in enumerate(_lines(document), start=1):
        if not isinstance(line, dict):
            raise Rejected("INVALID_FLD_VALUE", "A line must be an object.", field="items", line=number)
        record["lines"].append({name: _plain(name, line[name], number) for name in _LINE if name in line})
    return record


def _lines(document: Mapping[str, Any]) -> list[Any]:
    sublist = document.get("inventory")
    items = sublist.get("items") if isinstance(sublist, dict) else None
    return items if isinstance(items, list) else []


def _plain(name: str, value: Any, line: int | None) -> Any:
    """Numbers as decimal text, references by internal id only."""
    if value is None:
        return None
    if name in _REFERENCES:
        number = value.get("id") if isinstance(value, dict) else None
        if not isinstance(number, str | Decimal) or not str(number):
            raise Rejected("INVALID_KEY_OR_REF", f"Invalid {name}: a reference needs an id.", field=name, line=line)
        return {"id": str(number)}
    if name in ("adjustQtyBy", "unitCost"):
        if not isinstance(value, Decimal):
            raise Rejected("INVALID_NUMBER", f"{name} must be a number.", field=name, line=line)
        return format(value, "f")
    return value


def _refusal(rejected: Rejected) -> Refusal:
    field = "inventory" if rejected.field in ("lines", "record") else rejected.field
    path = f"inventory.items[{rejected.line - 1}].{field}" if rejected.line else field
    if rejected.code in _VALUES:
        text = f"Error while accessing a resource. {rejected.message}"
        return Refusal(400, "INVALID_CONTENT", text, path=path, outcome="rejected")
    return Refusal(400, "USER_ERROR", f"Error while accessing a resource. {rejected.message}", outcome="rejected")
