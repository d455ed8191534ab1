"""Start a simulator as a process of its own, for tests and demonstrations."""

import json
import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from netsuite.simulator.control_client import SimulatorControl

_PROJECT = Path(__file__).resolve().parents[2]
_START_SECONDS = 180.0
_STOP_SECONDS = 10.0


class DidNotStart(Exception):
    """The process ended or said nothing; the message carries what it wrote to standard error."""


@dataclass
class Running:
    """A simulator process. ``restart`` comes back on the same ports with the same state file."""

    state: Path | None
    options: dict[str, Any]
    base_url: str = ""
    port: int = 0
    control_port: int = 0
    control: SimulatorControl = field(init=False)
    process: subprocess.Popen[bytes] = field(init=False)

    def start(self) -> None:
        errors = tempfile.TemporaryFile()  # noqa: SIM115 - the process writes to it as long as it lives
        self.process = subprocess.Popen(
            self._command(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=os.environ | {"PYTHONPATH": str(_PROJECT), "PYTHONUNBUFFERED": "1"},
        )
        said = json.loads(self._first_line(errors))
        self.base_url, self.port, self.control_port = said["base_url"], said["port"], said["control_port"]
        self.control = SimulatorControl(said["control_url"])

    def stop(self) -> None:
        """Ask it to end, then insist."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self._reap()

    def kill(self) -> None:
        """SIGKILL: no handler, no flush."""
        self.process.kill()
        self._reap()

    def restart(self) -> None:
        if self.process.poll() is None:
            self.stop()
        self.start()

    def _reap(self) -> None:
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()

    def _command(self) -> list[str]:
        words = [sys.executable, "-m", "netsuite.simulator", "--exit-with-parent"]
        words += ["--port", str(self.port), "--control-port", str(self.control_port)]
        if self.state is not None:
            words += ["--state", str(self.state)]
        for name, value in self.options.items():
            flag = f"--{name.replace('_', '-')}"
            if value is True:
                words.append(flag)
            elif value is not False and value is not None:
                words += [flag, str(value)]
        return words

    def _first_line(self, errors: IO[bytes]) -> bytes:
        stream = self.process.stdout
        assert stream is not None
        deadline = time.monotonic() + _START_SECONDS
        if select.select([stream], [], [], deadline - time.monotonic())[0] and (line := stream.readline()):
            return line
        self.kill()
        errors.seek(0)
        raise DidNotStart(errors.read().decode(errors="replace") or f"no announcement within {_START_SECONDS:.0f} s")


@contextmanager
def running_simulator(state: Path | None = None, **options: Any) -> Iterator[Running]:
    """A simulator on free ports for the length of the block. Options are those of the command line."""
    running = Running(state=state, options=options)
    running.start()
    try:
        yield running
    finally:
        running.stop()
