"""One signed HTTP call to the RESTlet, and what it came to.

The connection never repeats a request by itself: a repeat would carry a used nonce, and only the drain may
decide to send twice. No redirects (a 302 means the wrong data centre, and the signature covers the address),
no cookies (NetSuite would take us for a browser), a fresh connection each time.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

from netsuite import answers
from netsuite.configuration import Connection, Timing
from netsuite.error_classes import Channel
from netsuite.outcomes import CallFailure, Exchange, LookupOutcome, PingOutcome, PushOutcome
from netsuite.records import Json
from netsuite.retry import Signal
from netsuite.signing import Signature, Signer

LARGEST_ANSWER = 1_000_000
KEPT_ANSWER = 8_000
PATH = "/app/site/hosting/restlet.nl"


@dataclass(frozen=True)
class Answer:
    exchange: Exchange
    body: str
    retry_after: timedelta | None = None


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
        started = time.monotonic()
        signature = self.signer.sign(method=method, url=url)
        try:
            answer = self._exchange(method, url, content, signature, started)
        except requests.RequestException as error:
            return answers.failure(self._seen(None, "", signature, started), _signal(error))
        if answer.retry_after is not None and answer.exchange.http_status in {429, 503}:
            signal = Signal(Channel.ANSWER, answer.exchange.http_status)
            return answers.failure(answer.exchange, signal, answer.retry_after)
        return answer

    def _exchange(self, method: str, url: str, content: bytes | None, signature: Signature, started: float) -> Answer:
        headers = {
            "Authorization": signature.authorization,
            "Content-Type": "application/json",
            "Accept": "application/json",
        }
        request = requests.Request(method, url, headers=headers, data=content).prepare()
        with requests.Session() as session:
            session.trust_env = False  # a .netrc entry would replace our Authorization header
            for scheme in ("https://", "http://"):
                session.mount(scheme, HTTPAdapter(max_retries=0))
            response = session.send(
                request, timeout=(self.timing.connect, self.timing.read), allow_redirects=False, stream=True
            )
            with response:
                body = self._read(response, deadline=started + self.timing.connect + self.timing.read)
        return Answer(self._seen(response.status_code, body, signature, started), body, _retry_after(response.headers))

    def _read(self, response: requests.Response, deadline: float) -> str:
        """The body as text without our secrets, cut at a million bytes or at the deadline."""
        received = bytearray()
        try:
            for chunk in response.iter_content(65_536):
                received += chunk
                if len(received) > LARGEST_ANSWER or time.monotonic() > deadline:
                    break
        except requests.RequestException:
            pass  # the status came; what is missing makes the body unreadable, and that has its own rule
        return self.connection.blot(received.decode("utf-8", errors="replace"))

    def _seen(self, status: int | None, body: str, signature: Signature, started: float) -> Exchange:
        return Exchange(
            http_status=status,
            raw=body[:KEPT_ANSWER],
            nonce=signature.nonce,
            duration_ms=round((time.monotonic() - started) * 1000),
        )


def restlet_client(connection: Connection, timing: Timing) -> RestletClient:
    return RestletClient(connection, connection.signer(), timing)


def _signal(error: requests.RequestException) -> Signal:
    """Not sent only when that is certain: the connection was never made, or the certificate was refused."""
    if isinstance(error, requests.ConnectTimeout) or _never_connected(error):
        return Signal(Channel.NOT_SENT, message="NetSuite could not be reached; nothing was sent.")
    if isinstance(error, requests.exceptions.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error):
        return Signal(Channel.NOT_SENT, message="NetSuite's certificate was not accepted; nothing was sent.")
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
        return Signal(Channel.NOT_SENT, message="The NetSuite address in the settings is not an address.")
    if isinstance(error, requests.Timeout):
        return Signal(Channel.NO_ANSWER, message="The request was sent and no answer came in time.")
    return Signal(Channel.NO_ANSWER, message="The connection broke after the request was sent.")


def _never_connected(error: requests.RequestException) -> bool:
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    return isinstance(reason, NewConnectionError | ConnectTimeoutError)


def _retry_after(headers: Mapping[str, str]) -> timedelta | None:
    text = headers.get("Retry-After", "")
    return timedelta(seconds=int(text)) if text.isdigit() else None
