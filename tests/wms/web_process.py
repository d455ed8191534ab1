"""gunicorn as a process that may be killed, whole or one of its workers."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

import requests

from tests.forking import PROJECT
from tests.ports import free_port

OPTIONS = "--preload --workers 2 --worker-class gthread --threads 4 --log-level warning --no-control-socket"
PATIENCE = 120.0  # seconds


class WebProcess:
    """In a session of its own, so that master and workers can be killed together."""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        self.environment = dict(environment) | {"CELERY_BROKER_URL": "memory://", "PYTHONWARNINGS": "ignore"}
        self.log = log
        self.port = free_port()

    def __enter__(self) -> "WebProcess":
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.kill()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{self.port}"]
        with self.log.open("a") as file:
            self.process = subprocess.Popen(
                [*command, *OPTIONS.split()],
                cwd=PROJECT,
                env=self.environment,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self) -> None:
        """SIGKILL to the master and its workers: nothing is finished, nothing is answered."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass  # it was gone already
        self.process.wait()

    def workers(self) -> list[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in children.read_text().split()]

    def kill_a_worker(self, number: int) -> None:
        """Its master starts another."""
        if workers := self.workers():
            os.kill(workers[number % len(workers)], signal.SIGKILL)

    def wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while True:
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            try:
                requests.get(f"{self.address}/api/openapi.json", timeout=5)
                return
            except requests.RequestException:
                time.sleep(0.02)
