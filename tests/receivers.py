"""A subscriber for tests: an HTTP server on loopback that notes what it is sent and answers as told."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.ports import free_port


@dataclass(frozen=True)
class Answer:
    status: int = 204
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0


@dataclass(frozen=True)
class Received:
    headers: dict[str, str]
    body: bytes
    status: int

    @property
    def event(self) -> dict[str, Any]:
        return dict(json.loads(self.body))

    @property
    def is_array(self) -> bool:
        return self.headers["content-type"].startswith("application/cloudevents-batch+json")

    @property
    def by_id(self) -> dict[str, dict[str, Any]]:
        """Its events by what a consumer dedupes by."""
        if self.is_array:
            return {event["id"]: event for event in json.loads(self.body)}
        return {self.headers["webhook-id"]: self.event}

    @property
    def is_taken(self) -> bool:
        return 200 <= self.status < 300

    def is_signed_by(self, secret: str) -> bool:
        """Standard Webhooks, read from the specification once more."""
        key = base64.b64decode(secret.split("_", 1)[1])
        said = b".".join((self.headers["webhook-id"].encode(), self.headers["webhook-timestamp"].encode(), self.body))
        right = base64.b64encode(hmac.new(key, said, hashlib.sha256).digest()).decode()
        return f"v1,{right}" in self.headers["webhook-signature"].split()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Callers hang up: that is what some tests are about."""


class Receiver:
    """`answer` may be changed at any time; it gets the event, or the list of them, and says what to answer."""

    def __init__(self, port: int | None = None) -> None:
        self.port = port or free_port()
        self.received: list[Received] = []
        self.answer: Callable[[Any], Answer] = lambda event: Answer()
        self.lock = threading.Lock()
        self.connections = 0
        self.server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/events"

    def start(self) -> "Receiver":
        self.server = _Server(("127.0.0.1", self.port), _handler(self))
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def stop(self) -> None:
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    def taken(self) -> list[Received]:
        with self.lock:
            return [message for message in self.received if message.is_taken]

    def once_each(self) -> list[dict[str, Any]]:
        """What a consumer has that dedupes by id, in the order it came."""
        events: dict[str, dict[str, Any]] = {}
        for message in self.taken():
            events |= {uid: event for uid, event in message.by_id.items() if uid not in events}
        return list(events.values())


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def setup(self) -> None:
            super().setup()
            with receiver.lock:
                receiver.connections += 1

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = receiver.answer(json.loads(body))
            time.sleep(answer.delay)
            headers = {name.lower(): value for name, value in self.headers.items()}
            with receiver.lock:
                receiver.received.append(Received(headers, body, answer.status))
            said = answer.body.encode()
            self.send_response(answer.status)
            for name, value in ({"Content-Length": str(len(said))} | answer.headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *args: object) -> None:
            """Quiet."""

    return Handler
