"""What we ask of the RESTlet, and what each call came to."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

from netsuite import answers
from netsuite.calls import Answer, Caller
from netsuite.configuration import Connection, Timing
from netsuite.outcomes import CallFailure, LookupOutcome, PingOutcome, PushOutcome
from netsuite.records import Json
from netsuite.signing import Signer

PATH = "/app/site/hosting/restlet.nl"


@dataclass(frozen=True)
class RestletClient:
    """Speaks contract 1 of the Countersign RESTlet."""

    connection: Connection
    signer: Signer
    timing: Timing

    def ping(self) -> PingOutcome:
        started = time.time()
        answer = self._call("GET", {"op": "ping"})
        if not isinstance(answer, Answer):
            return answer
        halfway = datetime.fromtimestamp((started + time.time()) / 2, UTC)
        return answers.read_ping(answer.exchange, answer.body, asked_at=halfway)

    def lookup(self, *, record_type: str, external_id: str, payload_hash: str, record: Json) -> LookupOutcome:
        answer = self._call("GET", {"op": "lookup", "recordtype": record_type, "externalid": external_id})
        if not isinstance(answer, Answer):
            return answer
        return answers.read_lookup(answer.exchange, answer.body, payload_hash=payload_hash, record=record)

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
        answer = self._call("POST", {}, json.dumps(content, ensure_ascii=False).encode("utf-8"))
        if not isinstance(answer, Answer):
            return answer
        return answers.read_push(
            answer.exchange, answer.body, external_id=external_id, payload_hash=payload_hash, record=record
        )

    def _call(self, method: str, query: Mapping[str, str], content: bytes | None = None) -> Answer | CallFailure:
        parameters = {"script": self.connection.script, "deploy": self.connection.deploy, **query}
        url = f"{self.connection.restlet_base_url}{PATH}?{urlencode(parameters)}"
        return Caller(self.connection, self.signer, self.timing).call(method, url, content)


def restlet_client(connection: Connection, timing: Timing) -> RestletClient:
    return RestletClient(connection, connection.signer(), timing)
