"""What the WMS says again when it is asked: `GET /?from=41&to=60`, signed over an empty body."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from inventory.wms.simulator.faults import Plan
from inventory.wms.simulator.signing import is_signed
from inventory.wms.simulator.wording import Wording

MOST_UPDATES = 1_000


@dataclass
class Memory:
    """Everything the WMS ever said, sent or lost."""

    wording: Wording
    plan: Plan
    asked: list[tuple[int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._versions = self.plan.versions()
        messages = (*self.plan.messages, *self.plan.lost)
        self._updates = {update.sequence: update for message in messages for update in message.updates}

    def answer(self, first: int, last: int) -> bytes:
        """A message's body. No more than 1,000 updates, and all of one schema version: ask on from the last."""
        self.asked.append((first, last))
        found = [self._updates[n] for n in sorted(self._updates) if first <= n <= last]
        version = self._versions[found[0].sequence] if found else "1"
        until = next((n for n, each in enumerate(found) if self._versions[each.sequence] != version), len(found))
        return self.wording.body(version, found[: min(until, MOST_UPDATES)])


@contextmanager
def serving(memory: Memory, key: bytes, port: int) -> Iterator[str]:
    """The address, on 127.0.0.1; port 0 takes a free one. Raises OSError when it is taken."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = _respond(memory, key, self.path, {name.lower(): self.headers[name] for name in self.headers})
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
            """The terminal shows the day's progress."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _respond(memory: Memory, key: bytes, path: str, headers: dict[str, str]) -> tuple[int, bytes]:
    if not is_signed(headers, b"", key):
        return 401, _problem("The request is not signed with the client's key over an empty body.")
    asked = parse_qs(urlsplit(path).query)
    first, last = (asked.get(name, [""])[0] for name in ("from", "to"))
    if not (first.isdecimal() and last.isdecimal() and int(first) <= int(last)):
        return 400, _problem("Say which sequences: ?from=41&to=60.")
    return 200, memory.answer(int(first), int(last))


def _problem(sentence: str) -> bytes:
    return json.dumps({"problems": [sentence]}).encode()
