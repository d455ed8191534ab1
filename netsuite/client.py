"""What the drain says to NetSuite, and the two ways of saying it: our RESTlet, or the REST record API."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol
from urllib.parse import urlencode

from netsuite import answers, wire
from netsuite.configuration import REST, Connection, Timing
from netsuite.outcomes import CallFailure, LookupOutcome, PingOutcome, PushOutcome
from netsuite.record_client import RecordClient
from netsuite.records import Json
from netsuite.signed_calls import Caller
from netsuite.signing import Signer

PATH = "/app/site/hosting/restlet.nl"


class Client(Protocol):
    @property
    def signer(self) -> Signer: ...

    def ping(self, *, in_detail: bool = False) -> PingOutcome:
        """Whether NetSuite lets us in, by one call; in detail, with everything it tells about us."""
        ...

    def lookup(self, *, record_type: str, external_id: str, payload_hash: str, record: Json) -> LookupOutcome: ...

    def push(self, *, record_type: str, external_id: str, payload_hash: str, record: Json) -> PushOutcome: ...


@dataclass(frozen=True)
class RestletClient:
    """Speaks contract 1 of the Countersign RESTlet."""

    connection: Connection
    signer: Signer
    timing: Timing

    def ping(self, *, in_detail: bool = False) -> PingOutcome:
        started = time.time()
        reply = self._call("GET", {"op": "ping"})
        if not isinstance(reply, wire.Reply):
            return reply
        halfway = datetime.fromtimestamp((started + time.time()) / 2, UTC)
        return answers.read_ping(reply.exchange, reply.body, asked_at=halfway)

    def lookup(self, *, record_type: str, external_id: str, payload_hash: str, record: Json) -> LookupOutcome:
        reply = self._call("GET", {"op": "lookup", "recordtype": record_type, "externalid": external_id})
        if not isinstance(reply, wire.Reply):
            return reply
        return answers.read_lookup(reply.exchange, reply.body, payload_hash=payload_hash, record=record)

    def push(self, *, record_type: str, external_id: str, payload_hash: str, record: Json) -> PushOutcome:
        content = {
            "op": "push",
            "contract": answers.CONTRACT,
            "recordType": record_type,
            "externalId": external_id,
            "payloadHash": payload_hash,
            "dryRun": False,
            "record": record,
        }
        reply = self._call("POST", {}, json.dumps(content, ensure_ascii=False).encode("utf-8"))
        if not isinstance(reply, wire.Reply):
            return reply
        return answers.read_push(
            reply.exchange, reply.body, external_id=external_id, payload_hash=payload_hash, record=record
        )

    def _call(self, method: str, query: Mapping[str, str], content: bytes | None = None) -> wire.Reply | CallFailure:
        parameters = {"script": self.connection.script, "deploy": self.connection.deploy, **query}
        url = f"{self.connection.restlet_base_url}{PATH}?{urlencode(parameters)}"
        return Caller(self.connection, self.signer, self.timing).call(method, url, content)


def client_for(connection: Connection, timing: Timing) -> Client:
    """The client of the transport the settings choose."""
    if connection.transport == REST:
        return RecordClient(connection, connection.signer(timing), timing)
    return RestletClient(connection, connection.signer(timing), timing)
