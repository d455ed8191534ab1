"""The NetSuite port: HTTP/1.1 on the standard library, able to break off a connection in every way a
network can."""

import contextlib
import os
import select
import socket
import socketserver
import struct
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

from netsuite.simulator.delivery import Delivery, Manner
from netsuite.simulator.exchange import Answer, Exchange
from netsuite.simulator.gateway import Gateway
from netsuite.simulator.options import VERSION, Options
from netsuite.simulator.restlet import LARGEST_BODY

_DRAINED_AT_MOST = 110 * 1024 * 1024
_CHUNK = 64 * 1024
_IDLE_SECONDS = 120


class QuietServer(ThreadingHTTPServer):
    """Broken connections are this server's trade and not worth a traceback."""

    daemon_threads = True
    block_on_close = False
    listener: "Listener"
    request_queue_size = 128

    def server_bind(self) -> None:
        """Without the look-up of the host's full name, which may ask a name server."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], OSError | ValueError):
            super().handle_error(request, client_address)


class Listener:
    """The listening socket, which a fault may close for a while. The port stays the same across a pause."""

    def __init__(self, host: str, port: int, handler: Callable[..., BaseHTTPRequestHandler]) -> None:
        self._host = host
        self._handler = handler
        self._lock = threading.Lock()
        self._server: QuietServer | None = None
        self._stopped = False
        self._closed_until = 0.0
        self.port = port
        self._open()

    @property
    def accepting(self) -> bool:
        return self._server is not None

    def close_for(self, seconds: float) -> None:
        """Refuse connections at once, open again by itself. A second call can only prolong the pause."""
        with self._lock:
            self._closed_until = max(self._closed_until, time.monotonic() + seconds)
            if self._server is None:
                return
            server, self._server = self._server, None
        with contextlib.suppress(OSError):
            server.socket.shutdown(socket.SHUT_RDWR)
        threading.Thread(target=self._pause, args=(server,), daemon=True).start()

    def open_again(self) -> None:
        """End a pause now; it is noticed within a twentieth of a second."""
        with self._lock:
            self._closed_until = time.monotonic()

    def stop(self) -> None:
        with self._lock:
            self._stopped = True
            server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()

    def _pause(self, server: QuietServer) -> None:
        server.shutdown()
        server.server_close()
        while (left := self._closed_until - time.monotonic()) > 0:
            time.sleep(min(left, 0.05))
        while not self._reopened():
            time.sleep(0.05)

    def _reopened(self) -> bool:
        """False while something else holds the port."""
        with self._lock, contextlib.suppress(OSError):
            if not self._stopped:
                self._open()
            return True
        return False

    def _open(self) -> None:
        server = QuietServer((self._host, self.port), self._handler)
        server.listener = self
        self.port = server.server_port
        self._server = server
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()


class NetSuiteHandler(BaseHTTPRequestHandler):
    """One connection; bound to a simulator by :func:`netsuite_handler`."""

    gateway: Gateway
    options: Options

    protocol_version = "HTTP/1.1"
    server_version = f"NetSuiteSimulator/{VERSION}"
    sys_version = ""
    timeout = _IDLE_SECONDS
    wbufsize = _CHUNK
    disable_nagle_algorithm = True

    def serve(self) -> None:
        if not self.listener.accepting:
            self._reset()
            return
        head = Exchange(self.command, self.path, cast(Mapping[str, str], self.headers), scheme=self._scheme())
        delivery = self.gateway.arrive(head)
        if delivery is None:
            exchange = self._with_body(head)
            if exchange is None:
                return
            delivery = self.gateway.handle(exchange)
        self._deliver(delivery)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = serve

    @property
    def listener(self) -> Listener:
        return cast(QuietServer, self.server).listener

    def _scheme(self) -> str:
        forwarded = self.headers.get("X-Forwarded-Proto", "").lower() if self.options.trust_forwarded_proto else ""
        return forwarded if forwarded in ("http", "https") else "http"

    def _with_body(self, head: Exchange) -> Exchange | None:
        """``None`` when the connection was given up. A body over the limit is read and thrown away."""
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdigit() or int(length) > _DRAINED_AT_MOST:
            self.close_connection = True
            self._send(Answer(411, b"", "text/plain"))
            return None
        left = int(length)
        if left <= LARGEST_BODY:
            body = self.rfile.read(left)
            return replace(head, body=body) if len(body) == left else None
        while left and (chunk := self.rfile.read(min(left, _CHUNK))):
            left -= len(chunk)
        return None if left else replace(head, oversized=True)

    def _deliver(self, delivery: Delivery) -> None:
        if delivery.manner is not Manner.HANG:
            delivery.release()
        if delivery.close_listener is not None:
            self.listener.close_for(delivery.close_listener)
        if delivery.manner is Manner.HANG:
            self._hang(delivery)
        elif delivery.manner is Manner.RESET or delivery.answer is None:
            self._reset()
        else:
            self._send(delivery.answer, truncated=delivery.manner is Manner.TRUNCATE)

    def _hang(self, delivery: Delivery) -> None:
        try:
            self._wait_for_client_to_leave(delivery.seconds)
        finally:
            delivery.release()
            if delivery.late_write is not None:
                self.gateway.late.client_gone(delivery.late_write)
        self.close_connection = True

    def _wait_for_client_to_leave(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        poller = select.poll()
        poller.register(self.connection, select.POLLRDHUP | select.POLLHUP | select.POLLERR)
        while (left := deadline - time.monotonic()) > 0:
            if poller.poll(left * 1000):
                return

    def _reset(self) -> None:
        """Close with RST: linger zero, and no orderly FIN before it."""
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            os.close(self.connection.detach())

    def _send(self, answer: Answer, *, truncated: bool = False) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        for name, value in answer.headers:
            self.send_header(name, value)
        if truncated:
            self.close_connection = True
        self.end_headers()
        self.wfile.write(answer.body[: len(answer.body) // 2] if truncated else answer.body)

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The ``Date`` header shows the simulated clock: a client can see a skew even when it is not
        let in."""
        return super().date_time_string(self.gateway.clock.timestamp() if timestamp is None else timestamp)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """The request log is a table."""


def netsuite_handler(gateway: Gateway, options: Options) -> type[NetSuiteHandler]:
    """A handler class bound to one simulator."""
    return type("BoundNetSuiteHandler", (NetSuiteHandler,), {"gateway": gateway, "options": options})
