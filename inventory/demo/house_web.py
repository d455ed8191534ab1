"""The demo's web: gunicorn as in production, a process of its own on the demo's database and a free loopback port."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from config.processes import terminated_with_parent

OPTIONS = "--workers 1 --worker-class gthread --threads 4 --log-level warning --no-control-socket"
STOP_SECONDS = 8.0


@contextmanager
def demo_web() -> Iterator[str]:
    """Its address. Calls may be made at once: the port is open before the process is, and they wait until it is up."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        process = _start(listening.fileno())
    try:
        yield address
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _start(port: int) -> subprocess.Popen[bytes]:
    """`port` is the number of the open socket."""
    environment = os.environ | {"VAR_DIR": str(settings.VAR_DIR), "LOG_LEVEL": "WARNING"}
    command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"fd://{port}", *OPTIONS.split()]
    with (Path(settings.VAR_DIR) / "demo_web.log").open("a") as log:
        return subprocess.Popen(
            command, cwd=settings.BASE_DIR, env=environment, stdin=subprocess.DEVNULL, stdout=log,
            stderr=subprocess.STDOUT, pass_fds=[port], preexec_fn=terminated_with_parent,
        )  # fmt: skip
