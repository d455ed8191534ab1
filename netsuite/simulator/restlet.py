"""The RESTlet ``customscript_countersign_push``: ping, lookup and push of two kinds of record, contract 1."""

import hashlib
import json
import re
import sqlite3
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from netsuite.simulator.clock import SimulatedClock
from netsuite.simulator.exchange import Answer, Exchange, Refusal, json_answer
from netsuite.simulator.field_values import Rejected
from netsuite.simulator.options import CONTRACT, VERSION, Options
from netsuite.simulator.storage import Database, Row
from netsuite.simulator.transactions import Identity, Kind, holding, summary

USAGE_LIMIT = 5000
USAGE_PING = 10
USAGE_LOOKUP = 10
USAGE_CREATE = 47
LARGEST_BODY = 10 * 1024 * 1024
_METHODS = ("GET", "POST")
_READABLE_TYPES = ("application/json", "text/plain")
_PUSH_FIELDS = {"op", "contract", "recordType", "externalId", "payloadHash", "dryRun", "record"}
_EXTERNAL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_HASH = re.compile(r"[0-9a-f]{64}")
_DUPLICATE = "This record already exists with other content."
_OF_A_RECORD = ["internalId", "tranId", "externalId", "payloadHash", "created"]
_OF_A_RECORD += ["lineCount", "quantitySum", "subtotal", "total"]


@dataclass(frozen=True)
class Push:
    """The envelope of a push after its form was checked."""

    record_type: str
    external_id: str
    payload_hash: str
    dry_run: bool
    record: Any


class Restlet:
    def __init__(self, clock: SimulatedClock, kinds: Mapping[str, Kind], options: Options) -> None:
        self._clock = clock
        self._kinds = kinds
        self._options = options

    def check_entry(self, exchange: Exchange) -> None:
        """What NetSuite refuses before the script starts: deployment, method, content type, size."""
        query = exchange.query
        if not query.get("script") or not query.get("deploy"):
            raise Refusal(400, "SSS_MISSING_REQD_ARGUMENT", "script and deploy are required.")
        if (query["script"], query["deploy"]) != (self._options.script, self._options.deployment):
            text = "That Suitelet is invalid, disabled, or no longer exists."
            raise Refusal(400, "SSS_INVALID_SCRIPTLET_ID", text)
        if exchange.method not in _METHODS:
            raise Refusal(405, "METHOD_NOT_ALLOWED", f"The script has no entry point for {exchange.method}.")
        if exchange.method == "GET" and exchange.body:
            raise Refusal(400, "INVALID_REQUEST", "A GET request carries no body.")
        kind = exchange.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind not in _READABLE_TYPES:
            raise Refusal(415, "INVALID_CONTENT_TYPE", "Unsupported Media Type")
        if exchange.oversized:
            raise Refusal(400, "SSS_FILE_CONTENT_SIZE_EXCEEDED", "A string of a RESTlet request is limited to 10 MB.")

    def run(self, exchange: Exchange, db: Database) -> Answer:
        """Run the script inside the transaction of ``db``."""
        operations: dict[tuple[str, str | None], Callable[[Exchange, Database], Answer]] = {
            ("GET", "ping"): self._ping,
            ("GET", "lookup"): self._lookup,
            ("POST", "push"): self._push,
        }
        if exchange.method == "POST" and not isinstance(exchange.document, dict):
            raise Refusal(400, "PARSING_ERROR", "The request body is not a JSON object.")
        operation = operations.get((exchange.method, exchange.op))
        if operation is None:
            raise Refusal(400, "SSS_INVALID_API_USAGE", f"There is no operation {exchange.op!r} for {exchange.method}.")
        return operation(exchange, db)

    def _ping(self, exchange: Exchange, db: Database) -> Answer:
        return json_answer(
            {
                "contract": CONTRACT,
                "version": VERSION,
                "account": self._options.account,
                "environment": "SIMULATOR",
                "role": exchange.role,
                "user": exchange.user,
                "serverTime": self._clock.iso(),
                "remainingUsage": USAGE_LIMIT - USAGE_PING,
                "features": {
                    "inventory": True,
                    "multiLocation": True,
                    "lots": True,
                    "bins": True,
                    "oneWorld": True,
                    "suiteTax": False,
                },
                "dateFormat": "YYYY-MM-DD",
            },
            outcome="ping",
        )

    def _lookup(self, exchange: Exchange, db: Database) -> Answer:
        if exchange.record_type is None or not exchange.external_id:
            raise Refusal(400, "SSS_MISSING_REQD_ARGUMENT", "recordtype and externalid are required.")
        record_type = exchange.record_type.lower()
        if record_type not in self._kinds:
            raise Refusal(400, "SSS_INVALID_API_USAGE", f"recordtype must be {' or '.join(self._kinds)}.")
        horizon = self._clock.timestamp() - exchange.horizon_lag
        rows = [row for row in holding(db, exchange.external_id) if row["visible_from"] <= horizon]
        rows = [row for row in rows if row["record_type"] == record_type]
        if not rows:
            missing = {"contract": CONTRACT, "found": False, "matches": 0, "externalId": exchange.external_id}
            return json_answer(missing, outcome="lookup:absent")
        found = {
            "contract": CONTRACT,
            "found": True,
            "matches": len(rows),
            **_described(db, rows[0], exchange.external_id),
            "lastModified": rows[0]["modified"],
        }
        return json_answer(found, outcome="lookup:found")

    def _push(self, exchange: Exchange, db: Database) -> Answer:
        started = time.monotonic()
        answer: dict[str, Any] = {"contract": CONTRACT, "warnings": [], "error": None}
        answer |= dict.fromkeys(_OF_A_RECORD)
        committed: str | None = None
        db.execute("SAVEPOINT push")
        try:
            push = _envelope(exchange.document, tuple(self._kinds))
            answer |= {"externalId": push.external_id, "payloadHash": push.payload_hash}
            outcome, committed, details = self._create(push, exchange, db)
            answer |= details
        except Rejected as refusal:
            db.execute("ROLLBACK TO push")
            outcome = "rejected"
            answer["error"] = _error(refusal)
        if outcome == "created" and committed is None:
            db.execute("ROLLBACK TO push")
        db.execute("RELEASE push")
        answer |= {
            "outcome": outcome,
            "usage": USAGE_CREATE if committed else USAGE_LOOKUP,
            "ms": round((time.monotonic() - started) * 1000),
            "version": VERSION,
        }
        return json_answer(
            answer, outcome=outcome if committed or outcome != "created" else "dry-run", committed=committed
        )

    def _create(self, push: Push, exchange: Exchange, db: Database) -> tuple[str, str | None, dict[str, Any]]:
        """Outcome, the internal id when something was written, and the fields of the answer."""
        held = holding(db, push.external_id)
        if held:
            return _already_there(db, held, push)
        if payload_hash(push) != push.payload_hash:
            text = "payloadHash is not the hash of the record received."
            raise Rejected("INVALID_FLD_VALUE", text, field="payloadHash")
        if exchange.denied:
            raise Rejected("INSUFFICIENT_PERMISSION", "You do not have permission to create this record.")
        record = without(push.record, exchange.dropped_field)
        kind = self._kinds[push.record_type]
        checked = kind.check(db, record)
        identity = Identity(
            push.external_id,
            push.payload_hash,
            content_hash(push.record),
            self._clock.timestamp() + exchange.visible_after,
            push_key=push.external_id,
        )
        try:
            row = kind.save(db, checked, identity)
        except sqlite3.IntegrityError:
            held = holding(db, push.external_id)
            if not held:
                raise
            return _already_there(db, held, push)
        details = summary(db, row) | {"created": row["created"]}
        if push.dry_run:
            return "created", None, details | {"internalId": None, "tranId": None, "created": None}
        return "created", str(row["id"]), details


def without(record: Any, name: str) -> Any:
    """What is left when a field is silently lost on the way, in the header and in every line."""
    if not name or not isinstance(record, dict):
        return record
    kept = {key: value for key, value in record.items() if key != name}
    for key, value in kept.items():
        if isinstance(value, list):
            kept[key] = [without(line, name) for line in value]
        elif isinstance(value, dict) and isinstance(value.get("items"), list):
            kept[key] = value | {"items": [without(line, name) for line in value["items"]]}
    return kept


def payload_hash(push: Push) -> str:
    """The hash the contract prescribes, computed here a second time."""
    return _sha256({"recordType": push.record_type, "externalId": push.external_id, "record": push.record})


def content_hash(record: Any) -> str:
    """Equal for the same record under two external ids."""
    return _sha256(record)


def _sha256(document: Any) -> str:
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _envelope(document: dict[str, Any], record_types: tuple[str, ...]) -> Push:
    for name in sorted(set(document) - _PUSH_FIELDS):
        raise Rejected("INVALID_FLD_VALUE", f"Unknown field: {name}", field=name)
    if document.get("contract") != CONTRACT:
        raise Rejected("INVALID_FLD_VALUE", f"This script speaks contract {CONTRACT}.", field="contract")
    record_type = document.get("recordType")
    if record_type not in record_types:
        text = f"recordType must be {' or '.join(record_types)}."
        raise Rejected("INVALID_FLD_VALUE", text, field="recordType")
    external_id, given_hash = document.get("externalId"), document.get("payloadHash")
    if not isinstance(external_id, str) or not _EXTERNAL_ID.fullmatch(external_id):
        text = "An external id has 1 to 64 letters, digits, _ or -."
        raise Rejected("INVALID_FLD_VALUE", text, field="externalId")
    if not isinstance(given_hash, str) or not _HASH.fullmatch(given_hash):
        raise Rejected("INVALID_FLD_VALUE", "payloadHash must be 64 lower-case hex digits.", field="payloadHash")
    dry_run = document.get("dryRun", False)
    if not isinstance(dry_run, bool):
        raise Rejected("INVALID_BOOLEAN_VALUE", "dryRun must be true or false.", field="dryRun")
    return Push(record_type, external_id, given_hash, dry_run, document.get("record"))


def _described(db: Database, row: Row, external_id: str) -> dict[str, Any]:
    """A record found by its push key only answers to the key it was pushed under."""
    held = summary(db, row)
    same = str(row["external_id"] or "").upper() == external_id.upper()
    return held if same else held | {"externalId": external_id}


def _already_there(db: Database, held: list[Row], push: Push) -> tuple[str, None, dict[str, Any]]:
    earlier = held[0]
    details = _described(db, earlier, push.external_id) | {"created": earlier["created"]}
    same = earlier["payload_hash"] == push.payload_hash and earlier["record_type"] == push.record_type
    if len(held) == 1 and same:
        return "existing", None, details
    message = f"{len(held)} transactions have this external id." if len(held) > 1 else _DUPLICATE
    return "conflict", None, details | {"error": _error(Rejected("DUP_RCRD", message, field="externalId"))}


def _error(refusal: Rejected) -> dict[str, Any]:
    return {"code": refusal.code, "message": refusal.message, "field": refusal.field, "line": refusal.line}
