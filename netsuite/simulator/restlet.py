"""The RESTlet ``customscript_countersign_push``: ping, lookup and push, contract 1."""

import hashlib
import json
import re
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from netsuite.simulator.adjustments import RECORD_TYPE, Adjustments, Identity, Rejected, summary
from netsuite.simulator.clock import SimulatedClock
from netsuite.simulator.exchange import Answer, Exchange, Refusal, json_answer
from netsuite.simulator.options import CONTRACT, VERSION, Options
from netsuite.simulator.storage import Database, Row

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
_OF_A_RECORD = ["internalId", "tranId", "externalId", "payloadHash", "created", "lineCount", "quantitySum", "total"]


@dataclass(frozen=True)
class Push:
    """The envelope of a push after its form was checked."""

    external_id: str
    payload_hash: str
    dry_run: bool
    record: Any


class Restlet:
    def __init__(self, clock: SimulatedClock, adjustments: Adjustments, options: Options) -> None:
        self._clock = clock
        self._adjustments = adjustments
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
                    "lots": False,
                    "bins": False,
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
        if exchange.record_type.lower() != RECORD_TYPE:
            raise Refusal(400, "SSS_INVALID_API_USAGE", f"recordtype must be {RECORD_TYPE}.")
        row = db.execute(
            "SELECT * FROM transactions WHERE external_id = ? AND record_type = ? AND visible_from <= ?",
            (
                exchange.external_id,
                exchange.record_type.lower(),
                self._clock.timestamp() - exchange.horizon_lag,
            ),
        ).fetchone()
        if row is None:
            missing = {"contract": CONTRACT, "found": False, "matches": 0, "externalId": exchange.external_id}
            return json_answer(missing, outcome="lookup:absent")
        found = {
            "contract": CONTRACT,
            "found": True,
            "matches": 1,
            **summary(db, dict(row)),
            "lastModified": row["modified"],
        }
        return json_answer(found, outcome="lookup:found")

    def _push(self, exchange: Exchange, db: Database) -> Answer:
        started = time.monotonic()
        answer: dict[str, Any] = {"contract": CONTRACT, "warnings": [], "error": None}
        answer |= dict.fromkeys(_OF_A_RECORD)
        committed: str | None = None
        db.execute("SAVEPOINT push")
        try:
            push = _envelope(exchange.document)
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
        earlier = _by_external_id(db, push.external_id)
        if earlier is not None:
            return _already_there(db, earlier, push)
        if payload_hash(push) != push.payload_hash:
            text = "payloadHash is not the hash of the record received."
            raise Rejected("INVALID_FLD_VALUE", text, field="payloadHash")
        adjustment = self._adjustments.check(db, push.record)
        identity = Identity(
            push.external_id,
            push.payload_hash,
            content_hash(push.record),
            self._clock.timestamp() + exchange.visible_after,
        )
        try:
            row = self._adjustments.save(db, adjustment, identity)
        except sqlite3.IntegrityError:
            earlier = _by_external_id(db, push.external_id)
            if earlier is None:
                raise
            return _already_there(db, earlier, push)
        details = summary(db, row) | {"created": row["created"]}
        if push.dry_run:
            return "created", None, details | {"internalId": None, "tranId": None, "created": None}
        return "created", str(row["id"]), details


def payload_hash(push: Push) -> str:
    """The hash the contract prescribes, computed here a second time."""
    return _sha256({"recordType": RECORD_TYPE, "externalId": push.external_id, "record": push.record})


def content_hash(record: Any) -> str:
    """Equal for the same record under two external ids."""
    return _sha256(record)


def _sha256(document: Any) -> str:
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _envelope(document: dict[str, Any]) -> Push:
    for name in sorted(set(document) - _PUSH_FIELDS):
        raise Rejected("INVALID_FLD_VALUE", f"Unknown field: {name}", field=name)
    if document.get("contract") != CONTRACT:
        raise Rejected("INVALID_FLD_VALUE", f"This script speaks contract {CONTRACT}.", field="contract")
    if document.get("recordType") != RECORD_TYPE:
        raise Rejected("INVALID_FLD_VALUE", f"recordType must be {RECORD_TYPE}.", field="recordType")
    external_id, given_hash = document.get("externalId"), document.get("payloadHash")
    if not isinstance(external_id, str) or not _EXTERNAL_ID.fullmatch(external_id):
        text = "An external id has 1 to 64 letters, digits, _ or -."
        raise Rejected("INVALID_FLD_VALUE", text, field="externalId")
    if not isinstance(given_hash, str) or not _HASH.fullmatch(given_hash):
        raise Rejected("INVALID_FLD_VALUE", "payloadHash must be 64 lower-case hex digits.", field="payloadHash")
    dry_run = document.get("dryRun", False)
    if not isinstance(dry_run, bool):
        raise Rejected("INVALID_BOOLEAN_VALUE", "dryRun must be true or false.", field="dryRun")
    return Push(external_id, given_hash, dry_run, document.get("record"))


def _by_external_id(db: Database, external_id: str) -> Row | None:
    row = db.execute("SELECT * FROM transactions WHERE external_id = ?", (external_id,)).fetchone()
    return None if row is None else dict(row)


def _already_there(db: Database, earlier: Row, push: Push) -> tuple[str, None, dict[str, Any]]:
    details = summary(db, earlier) | {"created": earlier["created"]}
    if earlier["payload_hash"] == push.payload_hash and earlier["record_type"] == RECORD_TYPE:
        return "existing", None, details
    return "conflict", None, details | {"error": _error(Rejected("DUP_RCRD", _DUPLICATE, field="externalId"))}


def _error(refusal: Rejected) -> dict[str, Any]:
    return {"code": refusal.code, "message": refusal.message, "field": refusal.field, "line": refusal.line}
