"""HTTP to one subscriber: signed, no redirects, to permitted addresses only, with an end to all patience."""

import socket
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any
from weakref import WeakSet

from django.conf import settings
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError, NewConnectionError, SSLError
from urllib3.exceptions import TimeoutError as NoAnswerInTime
from urllib3.response import BaseHTTPResponse
from urllib3.util import parse_url

from approvals.outbox import addresses, signing
from approvals.outbox.envelope import CONTENT_TYPE
from approvals.outbox.retrying import Outcome

KEPT_ANSWER = 500
LARGEST_READ = 8_192


_lane = threading.local()


class ForbiddenPeer(OSError):
    """The name led to an address that may not be called. Nothing was sent."""


class _TooLong(Exception):
    """In bytes or in time."""


@dataclass(frozen=True)
class Fetched:
    """`status` is HTTP's, None when no whole answer came; then `problem` says in words what failed."""

    status: int | None
    body: bytes
    problem: str = ""


class _Watched:
    """Looks at the other end before the first byte: names may change between a look-up and a connection."""

    host: str

    def _new_conn(self) -> socket.socket:
        connected: socket.socket = super()._new_conn()  # type: ignore[misc]
        _lane.connections.add(self)
        if not addresses.is_allowed(self.host) and not addresses.is_public_text(connected.getpeername()[0]):
            connected.close()
            raise ForbiddenPeer(f"{self.host} led to an address inside a network.")
        return connected


class _Http(_Watched, HTTPConnection):
    pass


class _Https(_Watched, HTTPSConnection):
    pass


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _Https


@dataclass
class Caller:
    """Connections kept open to one subscriber; several lanes may call at the same time.

    urllib3 itself, because a session of requests takes three times its processor time for one small message.
    """

    url: str
    secrets: Sequence[str] = field(repr=False)
    lanes: int = 1
    connections: "WeakSet[Any]" = field(default_factory=WeakSet, repr=False)

    def __enter__(self) -> "Caller":
        where = parse_url(self.url)
        self.target = where.request_uri
        options: dict[str, Any] = {"port": where.port, "maxsize": self.lanes, "retries": False}
        options["timeout"] = settings.EVENTS_TIMEOUT
        self.pool: HTTPConnectionPool
        if where.scheme == "https":
            options |= {"cert_reqs": "CERT_REQUIRED", "ca_certs": DEFAULT_CA_BUNDLE_PATH}
            self.pool = _HttpsPool(where.host or "", **options)
        else:
            self.pool = _HttpPool(where.host or "", **options)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.pool.close()

    def call(self, message_id: str, body: bytes, content_type: str = CONTENT_TYPE) -> Outcome:
        """One POST. Never raises for what the network or the receiver does."""
        deadline = time.monotonic() + settings.EVENTS_TIMEOUT
        try:
            response = self._open("POST", self.target, message_id, body, {"Content-Type": content_type})
        except (HTTPError, OSError) as problem:
            return Outcome(None, _in_words(problem))
        text = _beginning(response, deadline)
        return Outcome(response.status, text, _retry_after(response.headers))

    def fetch(self, message_id: str, query: str, headers: Mapping[str, str], most_bytes: int) -> "Fetched":
        """One GET, signed over an empty body. Never raises for what the network or the other side does."""
        deadline = time.monotonic() + settings.EVENTS_TIMEOUT
        target = f"{self.target}{'&' if '?' in self.target else '?'}{query}"
        try:
            response = self._open("GET", target, message_id, b"", {"Accept-Encoding": "identity", **headers})
            return Fetched(response.status, _whole(response, deadline, most_bytes))
        except _TooLong as problem:
            return Fetched(None, b"", str(problem))
        except (HTTPError, OSError) as problem:
            return Fetched(None, b"", _in_words(problem))

    def _open(
        self, method: str, target: str, message_id: str, body: bytes, headers: Mapping[str, str]
    ) -> BaseHTTPResponse:
        # Of the real clock: receivers compare it with theirs.
        signed = signing.headers(self.secrets, message_id, int(time.time()), body)
        _lane.connections = self.connections
        return self.pool.urlopen(
            method,
            target,
            body=body or None,
            headers={**signed, "User-Agent": "Countersign", **headers},
            redirect=False,
            preload_content=False,
            decode_content=False,
        )

    def cut(self) -> None:
        """End the calls still running: an answer may come in drops, each within the time-out."""
        for watched in list(self.connections):
            if watched.sock is not None:
                with suppress(OSError):
                    watched.sock.shutdown(socket.SHUT_RDWR)


def _whole(response: BaseHTTPResponse, deadline: float, most_bytes: int) -> bytes:
    received = bytearray()
    for chunk in response.stream(65_536):
        received += chunk
        if len(received) > most_bytes or time.monotonic() > deadline:
            response.close()
            raise _TooLong(
                f"The answer is longer than {most_bytes:,} bytes."
                if len(received) > most_bytes
                else f"The answer did not end within {settings.EVENTS_TIMEOUT:g} seconds."
            )
    return bytes(received)


def _beginning(response: BaseHTTPResponse, deadline: float) -> str:
    """What is kept of the answer. The status has come: whatever breaks from here on changes nothing."""
    received = bytearray()
    try:
        for chunk in response.stream(1_024):
            received += chunk
            if len(received) > LARGEST_READ or time.monotonic() > deadline:
                response.close()  # the rest would stand before the next answer on this connection
                break
    except (HTTPError, OSError):
        response.close()
    return _printable(received.decode("utf-8", errors="replace"))


def _printable(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable() or letter in "\n\t")[:KEPT_ANSWER]


def _in_words(problem: Exception) -> str:
    if isinstance(problem, NoAnswerInTime) and not isinstance(problem, NewConnectionError):  # which is one to urllib3
        return f"No answer within {settings.EVENTS_TIMEOUT:g} seconds."
    if "led to an address inside a network" in str(problem):
        return "The name led to an address inside a network; nothing was sent."
    if isinstance(problem, SSLError):
        return _printable(f"The certificate was not accepted ({problem}).")
    return _printable(f"No answer: the connection failed ({type(problem).__name__}: {problem}).")


def _retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """Seconds or a date, as RFC 9110 allows; None for anything else."""
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:9]), 10**8))
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(timedelta(0), moment - datetime.fromtimestamp(time.time(), UTC))
