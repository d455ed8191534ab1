"""One signed HTTP call to NetSuite, and what came back over the wire.

The connection never repeats a request by itself: a repeat would carry a used nonce, and only the caller may
decide to send twice. No redirects (a 302 means the wrong data centre, and the signature covers the address),
no cookies (NetSuite would take us for a browser), a fresh connection each time.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

from netsuite import answers
from netsuite.configuration import Connection, Timing
from netsuite.error_classes import Channel
from netsuite.outcomes import CallFailure, Exchange
from netsuite.retry import Signal
from netsuite.signing import Signature, Signer

LARGEST_ANSWER = 1_000_000
KEPT_ANSWER = 8_000


@dataclass(frozen=True)
class Answer:
    exchange: Exchange
    body: str
    retry_after: timedelta | None = None


@dataclass(frozen=True)
class Caller:
    """`largest_answer` is the most bytes of a body that are read."""

    connection: Connection
    signer: Signer
    timing: Timing
    largest_answer: int = LARGEST_ANSWER

    def call(
        self, method: str, url: str, content: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer | CallFailure:
        started = time.monotonic()
        signature = self.signer.sign(method=method, url=url)
        try:
            answer = self._exchange(method, url, content, headers or {}, signature, started)
        except requests.RequestException as error:
            return answers.failure(self._seen(None, "", signature, started), _signal(error))
        if answer.retry_after is not None and answer.exchange.http_status in {429, 503}:
            signal = Signal(Channel.ANSWER, answer.exchange.http_status)
            return answers.failure(answer.exchange, signal, answer.retry_after)
        return answer

    def _exchange(
        self,
        method: str,
        url: str,
        content: bytes | None,
        more_headers: Mapping[str, str],
        signature: Signature,
        started: float,
    ) -> Answer:
        headers = {
            "Authorization": signature.authorization,
            "Content-Type": "application/json",
            "Accept": "application/json",
            **more_headers,
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
        """The body as text without our secrets, cut at the largest answer or at the deadline."""
        received = bytearray()
        try:
            for chunk in response.iter_content(65_536):
                received += chunk
                if len(received) > self.largest_answer or time.monotonic() > deadline:
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
