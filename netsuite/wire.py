"""One HTTP exchange, and nothing behind the caller's back.

The connection never repeats a request by itself: a repeat would carry a used nonce, and only the drain may
decide to send twice. No redirects (a 302 means the wrong data centre, and the signature covers the address),
no cookies (NetSuite would take us for a browser), a fresh connection each time.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

from netsuite.error_classes import Channel
from netsuite.outcomes import Clocks, Exchange
from netsuite.retry import Signal

LARGEST_ANSWER = 1_000_000
KEPT_ANSWER = 8_000


@dataclass(frozen=True)
class Message:
    """A request. Its headers and content may hold credentials, so neither is ever shown."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    content: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Patience:
    """Seconds to wait for a connection, and then for an answer."""

    connect: float
    read: float


@dataclass(frozen=True)
class Reply:
    """An HTTP answer; `body` is already without our secrets."""

    exchange: Exchange
    body: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def status(self) -> int:
        return self.exchange.http_status or 0

    @property
    def retry_after(self) -> timedelta | None:
        """NetSuite documents none; a proxy may send one."""
        text = self.headers.get("Retry-After", "")
        return timedelta(seconds=int(text)) if text.isdigit() else None


@dataclass(frozen=True)
class Silence:
    """No HTTP answer came; the signal says whether anything was sent."""

    exchange: Exchange
    signal: Signal


def exchange(
    message: Message,
    patience: Patience,
    blot: Callable[[str], str],
    *,
    nonce: str = "",
    keep: bool = True,
    largest_answer: int = LARGEST_ANSWER,
) -> Reply | Silence:
    """Send once. `blot` takes our secrets out of what came back; `keep=False` keeps no raw answer at all."""
    started = time.monotonic()

    def seen(status: int | None = None, raw: str = "", clocks: Clocks | None = None) -> Exchange:
        duration = round((time.monotonic() - started) * 1000)
        return Exchange(http_status=status, raw=raw, nonce=nonce, duration_ms=duration, clocks=clocks)

    try:
        status, headers, body = _sent(message, patience, started, largest_answer)
    except requests.RequestException as error:
        return Silence(seen(), _signal(error))
    text = blot(body)
    return Reply(seen(status, text[:KEPT_ANSWER] if keep else "", _clocks(headers)), text, headers)


def _clocks(headers: Mapping[str, str]) -> Clocks | None:
    """Of the real clock, which is the one requests are signed by."""
    try:
        theirs = parsedate_to_datetime(headers.get("Date", ""))
    except ValueError:
        return None
    # A date of "-0000" says that its zone is not known; HTTP means UTC.
    theirs = theirs.replace(tzinfo=UTC) if theirs.tzinfo is None else theirs.astimezone(UTC)
    return Clocks(theirs, datetime.fromtimestamp(time.time(), UTC))


def _sent(
    message: Message, patience: Patience, started: float, largest_answer: int
) -> tuple[int, Mapping[str, str], str]:
    request = requests.Request(message.method, message.url, headers=dict(message.headers), data=message.content)
    with requests.Session() as session:
        session.trust_env = False  # a .netrc entry would replace our Authorization header
        for scheme in ("https://", "http://"):
            session.mount(scheme, HTTPAdapter(max_retries=0))
        response = session.send(
            request.prepare(), timeout=(patience.connect, patience.read), allow_redirects=False, stream=True
        )
        with response:
            body = _read(response, started + patience.connect + patience.read, largest_answer)
    return response.status_code, response.headers, body


def _read(response: requests.Response, deadline: float, largest_answer: int) -> str:
    """The body as text, cut at the largest answer or at the deadline."""
    received = bytearray()
    try:
        for chunk in response.iter_content(65_536):
            received += chunk
            if len(received) > largest_answer or time.monotonic() > deadline:
                break
    except requests.RequestException:
        pass  # the status came; what is missing makes the body unreadable, and that has its own rule
    return received.decode("utf-8", errors="replace")


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
