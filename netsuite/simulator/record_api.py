"""The REST record API: inventory adjustments, estimates and customers to write, the records around them to read.

A record is found by internal id or by ``eid:`` and its external id. PUT takes ``eid:`` only and creates what is not
there. An update keeps what it does not name; its lines are **added** to those of the record, unless ``replace`` names
the sublist or a line names, by ``line``, the one it changes (help section_1545295601, section_1545297048).

Errors come the way REST web services collapse them: business rules as ``USER_ERROR`` with only a text, references
and values as ``INVALID_CONTENT``, the place in ``o:errorPath`` (help section_156570709583).
"""

import json
import re
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

from netsuite.simulator.clock import SimulatedClock
from netsuite.simulator.entities import CUSTOMER, ENTITIES, Entity, save_customer
from netsuite.simulator.exchange import RECORD_PATH, Answer, Exchange, Refusal, json_answer
from netsuite.simulator.field_values import Rejected
from netsuite.simulator.jobs import JobDesk
from netsuite.simulator.options import Options
from netsuite.simulator.paging import asked_page, page_of
from netsuite.simulator.record_queries import fits
from netsuite.simulator.record_words import ADJUSTMENT, ESTIMATE, ROOT, Words
from netsuite.simulator.records import Records
from netsuite.simulator.restlet import content_hash, without
from netsuite.simulator.storage import Database, Row
from netsuite.simulator.transactions import Identity, Kind, clear_lines, delete

WORDS: Mapping[str, Words] = {words.record_type: words for words in (ADJUSTMENT, ESTIMATE)}
CATALOG = "metadata-catalog"
_VALUES = {"INVALID_KEY_OR_REF", "INVALID_FLD_VALUE", "INVALID_NUMBER", "INVALID_DATE_FORMAT"}
_NAMES = {
    "priceLevel": "price",
    "detail": "inventoryDetail",
    "lot": "receiptInventoryNumber",
    "bin": "binNumber",
    "status": "inventoryStatus",
}
_EXTERNAL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_JSON_TYPES = ("application/json", "application/vnd.oracle.resource+json")
_ABSENT = "The record instance does not exist. Provide a valid record instance ID."


@dataclass(frozen=True)
class RecordApi:
    clock: SimulatedClock
    kinds: Mapping[str, Kind]
    records: Records
    jobs: JobDesk
    options: Options

    def check_entry(self, exchange: Exchange) -> None:
        """What is refused before a record is looked at: the type, the method, the form."""
        name, key = str(exchange.record_type), _key(exchange)
        entity = ENTITIES.get(name)
        if name != CATALOG and name not in WORDS and entity is None:
            raise Refusal(404, "NONEXISTENT_ID", f"Record type '{exchange.record_type}' does not exist.")
        allowed: tuple[str, ...] = ("GET", "PUT", "PATCH", "DELETE") if key else ("GET", "POST")
        if name == CATALOG or (entity and not entity.writable):
            allowed = ("GET",)
        if exchange.method not in allowed:
            raise Refusal(405, "METHOD_NOT_ALLOWED", f"{exchange.method} is not allowed here.")
        if exchange.method == "PUT" and not key.lower().startswith("eid:"):
            raise Refusal(400, "INVALID_REQUEST", "PUT takes an external id: eid:…")
        kind = exchange.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if exchange.method in ("POST", "PUT", "PATCH") and kind not in _JSON_TYPES:
            raise Refusal(415, "INVALID_CONTENT_TYPE", "Unsupported Media Type")

    def run(self, exchange: Exchange, db: Database) -> Answer:
        if exchange.method == "GET":
            return self._read(exchange, db)
        if "respond-async" in exchange.headers.get("Prefer", "").lower():
            return self.jobs.accept(exchange, db)
        if exchange.denied:
            text = "Permission Violation: You need a higher permission to access this record."
            raise Refusal(403, "INSUFFICIENT_PERMISSION", text)
        try:
            if exchange.method == "DELETE":
                return self._delete(exchange, db)
            return self._write(exchange, db, _document(exchange))
        except Rejected as rejected:
            raise _refusal(rejected, WORDS.get(str(exchange.record_type))) from rejected

    def _read(self, exchange: Exchange, db: Database) -> Answer:
        if exchange.record_type == CATALOG:
            known = sorted([words.name for words in WORDS.values()] + [entity.name for entity in ENTITIES.values()])
            return json_answer({"items": [{"name": name} for name in known]}, outcome="metadata")
        if not _key(exchange):
            return self._collection(exchange, db)
        row = self._find(exchange, db)
        if row is None:
            raise Refusal(404, "NONEXISTENT_ID", _ABSENT, outcome="lookup:absent")
        document = self._shown(exchange, db, row, expanded=_wants(exchange, "expandSubResources"))
        if names := exchange.query.get("fields"):
            kept = {"links", "id", *names.split(",")}
            document = {name: value for name, value in document.items() if name in kept}
        return json_answer(document, outcome="lookup:found")

    def _collection(self, exchange: Exchange, db: Database) -> Answer:
        limit, offset = asked_page(exchange)
        rows = self._all(exchange, db)
        if query := exchange.query.get("q"):
            known = self._fields(exchange)
            fits(query, {}, known)  # refused also while there is nothing to find
            rows = [row for row in rows if fits(query, self._shown(exchange, db, row, expanded=False), known)]
        name = self._name(exchange)
        items = [
            {"links": [{"rel": "self", "href": f"{exchange.base_url}{ROOT}{name}/{row['id']}"}], "id": str(row["id"])}
            for row in rows[offset : offset + limit]
        ]
        return json_answer(page_of(exchange, items, len(rows), limit, offset), outcome=f"search:{len(items)}")

    def _all(self, exchange: Exchange, db: Database) -> list[Row]:
        if entity := ENTITIES.get(str(exchange.record_type)):
            return entity.rows(db)
        rows = db.execute(
            "SELECT * FROM transactions WHERE record_type = ? AND visible_from <= ? ORDER BY id",
            (exchange.record_type, self.clock.timestamp() - exchange.horizon_lag),
        )
        return [dict(row) for row in rows.fetchall()]

    def _find(self, exchange: Exchange, db: Database, *, hidden: bool = False) -> Row | None:
        """The record the address names; ``hidden`` also one that read lag still hides."""
        key = _key(exchange)
        column, value = ("external_id", key[4:]) if key.lower().startswith("eid:") else ("id", key)
        if entity := ENTITIES.get(str(exchange.record_type)):
            return entity.row(db, column, value)
        horizon = float("inf") if hidden else self.clock.timestamp() - exchange.horizon_lag
        row = db.execute(
            f"SELECT * FROM transactions WHERE {column} = ? AND record_type = ? AND visible_from <= ?",
            (value, exchange.record_type, horizon),
        ).fetchone()
        return None if row is None else dict(row)

    def _shown(self, exchange: Exchange, db: Database, row: Row, *, expanded: bool) -> dict[str, Any]:
        if entity := ENTITIES.get(str(exchange.record_type)):
            return entity.document(row, exchange)
        words = WORDS[row["record_type"]]
        return words.document(db, row, exchange, expanded=expanded, hash_field=self.options.hash_field)

    def _name(self, exchange: Exchange) -> str:
        kind: Entity | Words = ENTITIES.get(str(exchange.record_type)) or WORDS[str(exchange.record_type)]
        return kind.name

    def _fields(self, exchange: Exchange) -> set[str]:
        """What a query may ask for."""
        if entity := ENTITIES.get(str(exchange.record_type)):
            return {"id", *entity.fields}
        shown = {"id", "externalId", "tranId", "total", "subtotal", "estimatedTotalValue", "lastModifiedDate"}
        return {*WORDS[str(exchange.record_type)].header, *shown, self.options.hash_field}

    def _delete(self, exchange: Exchange, db: Database) -> Answer:
        row = self._find(exchange, db, hidden=True)
        if row is None:
            raise Refusal(404, "NONEXISTENT_ID", _ABSENT)
        if exchange.record_type in WORDS:
            delete(db, row["id"])
            return Answer(204, b"", outcome="deleted", committed=str(row["id"]))
        if db.execute("SELECT 1 FROM estimates WHERE entity = ?", (row["id"],)).fetchone():
            text = "This record cannot be deleted because it has dependent records."
            raise Refusal(400, "USER_ERROR", text)
        db.execute(f"DELETE FROM {CUSTOMER.table} WHERE id = ?", (row["id"],))
        return Answer(204, b"", outcome="deleted")

    def _write(self, exchange: Exchange, db: Database, document: dict[str, Any]) -> Answer:
        known = self._find(exchange, db, hidden=True) if _key(exchange) else None
        if known is None and exchange.method == "PATCH":
            raise Refusal(404, "NONEXISTENT_ID", _ABSENT)
        if exchange.method == "PUT" and known is None:
            document = {**document, "externalId": _key(exchange)[4:]}
        dropped = self._check_names(exchange, document)
        external_id = document.get("externalId")
        if external_id is not None and not (isinstance(external_id, str) and _EXTERNAL_ID.fullmatch(external_id)):
            raise Refusal(400, "INVALID_CONTENT", "Invalid externalId.", path="externalId")
        try:
            if exchange.record_type in WORDS:
                row = self._save_transaction(exchange, db, without(document, exchange.dropped_field), known)
            else:
                row = save_customer(db, self.records, document, known)
        except sqlite3.IntegrityError:
            raise Refusal(400, "USER_ERROR", "This record already exists.") from None
        where = f"{exchange.base_url}{ROOT}{self._name(exchange)}/{row['id']}"
        headers = (("Location", where), *((("Warning", f'199 - "{dropped}"'),) if dropped else ()))
        committed = str(row["id"]) if exchange.record_type in WORDS else None
        return Answer(204, b"", headers=headers, outcome="updated" if known else "created", committed=committed)

    def _check_names(self, exchange: Exchange, document: Mapping[str, Any]) -> str:
        """NetSuite only warns of an unknown property, and drops it, unless it is asked to refuse."""
        words = WORDS.get(str(exchange.record_type))
        if words:
            unknown = words.unknown_names(document, {self.options.hash_field})
        else:
            unknown = sorted(set(document) - {"id", "links", *CUSTOMER.fields})
        wanted = exchange.headers.get("X-NetSuite-PropertyNameValidation", "").lower()
        if unknown and wanted == "error":
            raise Refusal(400, "INVALID_CONTENT", f"Unknown reference or field: {unknown[0]}.", path=unknown[0])
        return f"Unknown reference or field: {', '.join(unknown)}." if unknown and wanted != "ignore" else ""

    def _save_transaction(
        self, exchange: Exchange, db: Database, document: Mapping[str, Any], known: Row | None
    ) -> Row:
        words, kind = WORDS[str(exchange.record_type)], self.kinds[str(exchange.record_type)]
        record = words.contract_record(document)
        if known:
            replaced = exchange.query.get("replace", "").lower().split(",")
            record = _merged(words.stored(db, known), record, replaces=words.sublist in replaced)
            clear_lines(db, known["id"])
        for line in record["lines"]:
            line.pop("line", None)
        checked = kind.check(db, record, numbers_by_id=True)
        earlier = known or {"external_id": None, "payload_hash": "", "push_key": ""}
        identity = Identity(
            document.get("externalId") or earlier["external_id"],
            str(document.get(self.options.hash_field) or earlier["payload_hash"]),
            content_hash(record),
            self.clock.timestamp() + exchange.visible_after,
            push_key=earlier["push_key"],
        )
        return kind.save(db, checked, identity, replaced=known)


def _merged(held: dict[str, Any], given: dict[str, Any], *, replaces: bool) -> dict[str, Any]:
    """The record after an update: named fields anew, lines added unless replaced or keyed by ``line``."""
    lines = [] if replaces else held["lines"]
    by_number = {line["line"]: line for line in lines}
    for line in given["lines"]:
        known = by_number.get(line.get("line", ""))
        if known is None:
            lines.append(line)
        else:
            if "rate" in line or "priceLevel" in line:
                known.pop("rate", None)
                known.pop("priceLevel", None)
            known.update(line)
    return {**held, **given, "lines": lines}


def _key(exchange: Exchange) -> str:
    """What stands behind the record type: an internal id, or ``eid:`` and an external one."""
    found = RECORD_PATH.fullmatch(exchange.path)
    return unquote(found["key"] or "") if found else ""


def _wants(exchange: Exchange, option: str) -> bool:
    return exchange.query.get(option, "").lower() == "true"


def _document(exchange: Exchange) -> dict[str, Any]:
    try:
        document = json.loads(exchange.body, parse_float=Decimal, parse_int=Decimal)
    except ValueError:
        raise Refusal(400, "INVALID_CONTENT", "The request body is not JSON.") from None
    if not isinstance(document, dict):
        raise Refusal(400, "INVALID_CONTENT", "The request body is not a JSON object.")
    return document


def _refusal(rejected: Rejected, words: Words | None) -> Refusal:
    sublist = words.sublist if words else "items"
    field = sublist if rejected.field in ("lines", "record") else rejected.field
    field = _NAMES.get(field or "", field) if words else field
    path = f"{sublist}.items[{rejected.line - 1}].{field}" if rejected.line else field
    text = f"Error while accessing a resource. {rejected.message}"
    if rejected.code in _VALUES:
        return Refusal(400, "INVALID_CONTENT", text, path=path, outcome="rejected")
    return Refusal(400, "USER_ERROR", text, outcome="rejected")
