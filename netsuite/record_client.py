"""The REST record API as the way to NetSuite, for accounts without our RESTlet.

What the RESTlet does in one call takes more here. Create is a POST with the external id, which NetSuite keeps
unique, then the record is read back and compared. It is never a PUT: an upsert repeated without ?replace appends
its lines again. X-NetSuite-Idempotency-Key is not sent, because synchronous requests ignore it (NetSuite help:
section_1545141395, section_1545295601, subsect_164494900632).
"""

import json
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlsplit

from netsuite import answers, rest_estimates, rest_records, wire
from netsuite.configuration import Connection, Timing
from netsuite.estimates import ESTIMATE
from netsuite.outcomes import (
    CallFailure,
    Confirmed,
    Conflict,
    Exchange,
    LookupOutcome,
    NotFound,
    PingOutcome,
    Pong,
    PushOutcome,
    Rejected,
    Unknown,
)
from netsuite.records import INVENTORY_ADJUSTMENT, Json
from netsuite.signed_calls import Caller
from netsuite.signing import Signer

RECORD_PATH = "/services/rest/record/v1/"
CLOCK_PATH = "/services/rest/system/v1/serverTime"
WHO_PATH = "/rest/tokeninfo"
# NetSuite only warns of a property it does not know, and drops it.
STRICT = {"X-NetSuite-PropertyNameValidation": "Error"}
ABSENT = {"NONEXISTENT_ID", "RCRD_DSNT_EXIST"}
KINDS = {INVENTORY_ADJUSTMENT: rest_records, ESTIMATE: rest_estimates}
NOBODYS = "CS-PING"
VERSION = "REST record API v1"


@dataclass(frozen=True)
class RecordClient:
    connection: Connection
    signer: Signer
    timing: Timing

    def ping(self, *, in_detail: bool = False) -> PingOutcome:
        started = time.time()
        reply = self._caller.call("GET", f"{self.connection.rest_base_url}{CLOCK_PATH}")
        if not isinstance(reply, wire.Reply):
            return reply
        halfway = datetime.fromtimestamp((started + time.time()) / 2, UTC)
        server_time = answers.moment(_document(reply).get("serverTime")) if reply.status == 200 else None
        if server_time is None:
            return answers.failed_call(reply.exchange, reply.body)
        who = self._who() if in_detail else {}
        return Pong(
            exchange=reply.exchange,
            contract=None,
            version=VERSION,
            account=str(who.get("companyId", self.connection.account)),
            environment="",
            role=str(who.get("roleName", "")),
            user=str(who.get("userId", "")),
            server_time=server_time,
            clock_skew=server_time - halfway,
            features=self._features() if in_detail else {},
        )

    def lookup(self, *, record_type: str, external_id: str, payload_hash: str, record: Json) -> LookupOutcome:
        kind = KINDS.get(record_type)
        if kind is None:
            return _not_written(record_type)
        reply = self._caller.call("GET", self._record_url(kind.RECORD, external_id))
        if not isinstance(reply, wire.Reply):
            return reply
        if reply.status == 404 and answers.error_in(reply.body)[0].upper() in ABSENT:
            return NotFound(reply.exchange)
        document = _document(reply)
        if reply.status != 200 or not document.get("id"):
            return answers.failed_call(reply.exchange, reply.body)
        hash_field = self.connection.hash_field
        remote = kind.held(document, hash_field=hash_field, record=record, payload_hash=payload_hash)
        if remote.external_id.upper() != external_id:
            return Unknown(reply.exchange, "UNREADABLE", "NetSuite's answer does not name our record.")
        return answers.compared(reply.exchange, remote, payload_hash, record, existing=True)

    def push(self, *, record_type: str, external_id: str, payload_hash: str, record: Json) -> PushOutcome:
        kind = KINDS.get(record_type)
        if kind is None:
            return _not_written(record_type)
        try:
            content = kind.body(
                record, external_id=external_id, payload_hash=payload_hash, hash_field=self.connection.hash_field
            )
        except rest_records.NotExpressible as reason:
            return Rejected(Exchange(), "NOT_EXPRESSIBLE", str(reason))
        url = f"{self.connection.rest_base_url}{RECORD_PATH}{kind.RECORD}"
        reply = self._caller.call("POST", url, json.dumps(content, ensure_ascii=False).encode("utf-8"), STRICT)
        if not isinstance(reply, wire.Reply):
            return reply
        internal_id = _created_id(reply)
        if not internal_id:
            return answers.failed_call(reply.exchange, reply.body)
        found = self.lookup(record_type=record_type, external_id=external_id, payload_hash=payload_hash, record=record)
        return _read_back(reply.exchange, internal_id, found)

    @property
    def _caller(self) -> Caller:
        return Caller(self.connection, self.signer, self.timing)

    def _record_url(self, record: str, external_id: str) -> str:
        place = f"{RECORD_PATH}{record}/eid:{quote(external_id)}"
        return f"{self.connection.rest_base_url}{place}?expandSubResources=true"

    def _who(self) -> Json:
        """Who the token belongs to; nothing where that surface does not answer."""
        if not self.connection.restlet_base_url:
            return {}
        reply = self._caller.call("GET", f"{self.connection.restlet_base_url}{WHO_PATH}")
        return _document(reply) if isinstance(reply, wire.Reply) and reply.status == 200 else {}

    def _features(self) -> Json:
        return {
            "inventoryAdjustments": self._may_read(rest_records.RECORD),
            "estimates": self._may_read(rest_estimates.RECORD),
        }

    def _may_read(self, record: str) -> bool:
        """Whether the role sees such records: asked for one nobody has, NetSuite says it does not exist."""
        reply = self._caller.call("GET", self._record_url(record, NOBODYS))
        return isinstance(reply, wire.Reply) and answers.error_in(reply.body)[0].upper() in ABSENT


def _not_written(record_type: str) -> Rejected:
    message = f"The record API is set up for inventory adjustments and estimates, not for {record_type}."
    return Rejected(Exchange(), "RECORD_TYPE", message)


def _read_back(created: Exchange, internal_id: str, found: LookupOutcome) -> PushOutcome:
    """The create as confirmed by what the look-up after it found; unknown while that is not certain."""
    seen = replace(
        found.exchange,
        http_status=created.http_status,
        nonce=created.nonce,
        duration_ms=created.duration_ms + found.exchange.duration_ms,
    )
    if isinstance(found, Confirmed):
        return replace(found, exchange=seen, existing=False)
    if isinstance(found, Conflict):
        return replace(found, exchange=seen)
    reason = "it is not shown yet." if isinstance(found, NotFound) else found.message
    return Unknown(seen, "NOT_READ_BACK", f"NetSuite recorded it as {internal_id}; reading it back failed: {reason}")


def _created_id(reply: wire.Reply) -> str:
    """The internal id at the end of Location; Oracle's pages print 204 and 201."""
    if reply.status not in {200, 201, 204}:
        return ""
    last = urlsplit(reply.headers.get("Location", "")).path.rpartition("/")[2]
    return last if last.isdigit() else ""


def _document(reply: wire.Reply | CallFailure) -> dict[str, Any]:
    """Numbers as Decimal, so that quantities compare exactly."""
    if not isinstance(reply, wire.Reply):
        return {}
    try:
        document = json.loads(reply.body, parse_float=Decimal)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}
