"""Ports for servers that a test starts. As a program: prints one.

They lie below the range from which Linux serves whoever asks for any port, callers of servers included, so that no
bystander takes one between its choice and the start of its server, nor while that server is down.
"""

import os
import socket
from itertools import count

FIRST, NUMBER = 20_000, 12_000
_turns = count(os.getpid() * 7)  # processes that run side by side begin at different ports


def free_port() -> int:
    """A loopback port that nothing listens on; no two answers of one process are the same."""
    while True:
        port = FIRST + next(_turns) % NUMBER
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


if __name__ == "__main__":
    print(free_port())
