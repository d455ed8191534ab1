"""A wire between a client and a server that keeps what went over it. It changes nothing."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass
class Conversation:
    """The bytes of one connection; our client opens one for each call."""

    sent: bytearray = field(default_factory=bytearray)
    received: bytearray = field(default_factory=bytearray)

    @property
    def method(self) -> str:
        return self.sent.split(b" ", 1)[0].decode()

    @property
    def query(self) -> dict[str, str]:
        target = self.sent.split(b" ", 2)[1].decode()
        return {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}

    @property
    def body(self) -> Any:
        return json.loads(self.sent.split(b"\r\n\r\n", 1)[1])

    @property
    def op(self) -> str:
        return str(self.query["op"] if self.method == "GET" else self.body["op"])

    @property
    def request(self) -> Any:
        return self.query if self.method == "GET" else self.body

    @property
    def status(self) -> int | None:
        """None when the connection was broken before an answer."""
        return int(self.received.split(b" ", 2)[1]) if self.received else None

    @property
    def answer(self) -> Any:
        """The JSON that came back; None for a proxy's page and for half an answer."""
        try:
            return json.loads(self.received.partition(b"\r\n\r\n")[2])
        except ValueError:
            return None


@dataclass
class Wire:
    base_url: str
    conversations: list[Conversation]


@contextmanager
def tapped(base_url: str) -> Iterator[Wire]:
    """An address that leads to `base_url`."""
    address = urlsplit(base_url)
    listener = socket.create_server(("127.0.0.1", 0))
    wire = Wire(f"http://127.0.0.1:{listener.getsockname()[1]}", [])

    def serve() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            server = socket.create_connection((address.hostname, address.port))
            conversation = Conversation()
            wire.conversations.append(conversation)
            for pair in ((client, server, conversation.sent), (server, client, conversation.received)):
                threading.Thread(target=_pump, args=pair, daemon=True).start()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield wire
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def _pump(source: socket.socket, sink: socket.socket, kept: bytearray) -> None:
    """Bytes one way until the end of one side; a reset is passed on as an end."""
    try:
        while chunk := source.recv(65_536):
            kept += chunk
            sink.sendall(chunk)
    except OSError:
        pass
    for end in (source, sink):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
