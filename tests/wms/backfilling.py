"""A warehouse system that can be asked for what it sent: an HTTP server on loopback with its own book of updates."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.ports import free_port
from tests.wms.sending import Wms

Reply = tuple[int, bytes]


class Book:
    """`updates` by sequence; `reply` may be replaced to misbehave. At most `page` updates are given at once."""

    def __init__(self, wms: Wms, page: int = 1_000) -> None:
        self.wms, self.page = wms, page
        self.updates: dict[int, Any] = {}
        self.asked: list[tuple[int, int]] = []
        self.unsigned = 0
        self.reply: Callable[[int, int], Reply] = self.give
        self.server = ThreadingHTTPServer(("127.0.0.1", free_port()), _handler(self))
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        wms.client.backfill_url = f"http://127.0.0.1:{self.server.server_port}/missing?tenant=7"
        wms.client.save()

    def give(self, first: int, last: int) -> Reply:
        found = [self.updates[n] for n in sorted(self.updates) if first <= n <= last][: self.page]
        return 200, json.dumps({"schema_version": "1", "updates": found}).encode()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def _handler(book: Book) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            first, last = int(query["from"]), int(query["to"])
            if not _is_signed(self.headers, book.wms) or query["tenant"] != "7" or parts.path != "/missing":
                book.unsigned += 1
            book.asked.append((first, last))
            status, body = book.reply(first, last)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Quiet."""

    return Handler


def _is_signed(headers: Any, wms: Wms) -> bool:
    message_id, seconds = headers["webhook-id"], headers["webhook-timestamp"]
    key = base64.b64decode(wms.secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{message_id}.{seconds}.".encode(), hashlib.sha256).digest()
    right = headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"
    is_recent = abs(int(seconds) - time.time()) < 300
    return right and is_recent and headers["X-WMS-Client"] == wms.client.wms_id
