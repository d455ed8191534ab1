"""`python -m config.processes`: NetSuite simulator, web and worker of the embedded mode together.

Each child has its own session, so Ctrl-C reaches only this process, which then sends TERM to each
master alone (Celery hangs when its whole group gets it), waits, and kills what is left of each group.
"""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import NoReturn

import django

STOP_SECONDS = 8.0
READY_SECONDS = 180.0
LAST_LINES = 15
POLL_SECONDS = 0.1
PR_SET_PDEATHSIG = 1

GUNICORN_OPTIONS = (
    "--worker-class gthread --workers 2 --threads 4 --timeout 60 --graceful-timeout 5 --log-level warning"
)
CELERY_OPTIONS = (
    "-q -A config worker -B --concurrency 2 --loglevel INFO --without-gossip --without-mingle --without-heartbeat"
)

libc = ctypes.CDLL(None, use_errno=True)


class CannotRun(Exception):
    """What keeps the processes from running, as a sentence for whoever typed the command."""


def terminated_with_parent() -> None:
    """In the child: TERM when this supervisor disappears, even by kill -9 (Linux)."""
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class Child:
    """One program: how to start it and how to tell that it is ready."""

    name: str
    command: Sequence[str]
    is_ready: Callable[["Child"], bool]
    process: subprocess.Popen[str] | None = None
    last_lines: deque[str] = field(default_factory=lambda: deque(maxlen=LAST_LINES))
    reader: threading.Thread | None = None

    def start(self, environment: Mapping[str, str]) -> None:
        self.process = subprocess.Popen(
            self.command,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
            preexec_fn=terminated_with_parent,
        )
        self.reader = threading.Thread(target=self.relay_output, daemon=True)
        self.reader.start()

    def relay_output(self) -> None:
        assert self.process is not None
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.last_lines.append(line.rstrip())
            print(f"{self.name:<9} | {line.rstrip()}", flush=True)

    def exit_code(self) -> int | None:
        """None while it runs."""
        return None if self.process is None else self.process.poll()

    def terminate(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def finish(self, deadline: float) -> None:
        """Wait for the master until the deadline, then kill whatever its group still holds."""
        if self.process is None:
            return
        try:
            self.process.wait(timeout=max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            print(f"{self.name} did not stop within {STOP_SECONDS:.0f} s and is killed.", flush=True)
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass  # the usual case: nothing is left
        self.process.wait()
        if self.reader is not None:
            self.reader.join(timeout=1)


def port_answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def web_answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def refuse_taken_ports(ports: Mapping[str, int]) -> None:
    for variable, port in ports.items():
        if port_answers(port):
            raise CannotRun(
                f"Port {port} is taken by another program. Stop that program, or choose another port: "
                f"{variable}={port + 1000} make run"
            )


def ports_from(environment: Mapping[str, str]) -> dict[str, int]:
    defaults = {"WEB_PORT": 8000, "NETSUITE_SIMULATOR_PORT": 8099, "NETSUITE_CONTROL_PORT": 8100}
    ports = {}
    for variable, default in defaults.items():
        given = environment.get(variable, str(default))
        if not given.isdigit() or not 0 < int(given) < 65536:
            raise CannotRun(f"{variable} is {given!r}: give a port number between 1 and 65535.")
        ports[variable] = int(given)
    return ports


def embedded_children(ports: Mapping[str, int], var: Path) -> list[Child]:
    web, simulator = ports["WEB_PORT"], ports["NETSUITE_SIMULATOR_PORT"]
    control = ports["NETSUITE_CONTROL_PORT"]
    return [
        Child(
            "netsuite",
            [sys.executable, "manage.py", "netsuite_simulator", "--port", str(simulator)]
            + ["--control-port", str(control), "--state", str(var / "netsuite_simulator.sqlite3")]
            + ["--records", str(var / "demo_netsuite.json")],
            lambda child: port_answers(simulator),
        ),
        Child(
            "web",
            [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{web}"]
            + ["--control-socket", str(var / "gunicorn.ctl"), *GUNICORN_OPTIONS.split()],
            lambda child: web_answers(web),
        ),
        Child(
            "worker",
            [sys.executable, "-m", "celery", *CELERY_OPTIONS.split()],
            lambda child: any(line.endswith(" ready.") for line in list(child.last_lines)),
        ),
    ]


def refuse_dead(children: Sequence[Child]) -> None:
    for child in children:
        if (code := child.exit_code()) is not None:
            if child.reader is not None:
                child.reader.join(timeout=1)
            how = f"with exit code {code}" if code >= 0 else f"by signal {signal.Signals(-code).name}"
            lines = "\n".join(f"    {line}" for line in child.last_lines) or "    (it printed nothing)"
            raise CannotRun(f"{child.name} ended {how}; everything is stopped. Its last lines:\n{lines}")


def wait_until_ready(children: Sequence[Child], within: float = READY_SECONDS) -> None:
    deadline = time.monotonic() + within
    waiting = list(children)
    while waiting:
        refuse_dead(children)
        waiting = [child for child in waiting if not child.is_ready(child)]
        if waiting and time.monotonic() > deadline:
            names = ", ".join(child.name for child in waiting)
            raise CannotRun(f"Not ready after {within:.0f} s: {names}. The lines above say why.")
        time.sleep(POLL_SECONDS)


def stop(children: Sequence[Child]) -> None:
    deadline = time.monotonic() + STOP_SECONDS
    for child in children:
        child.terminate()
    for child in children:
        child.finish(deadline)


def supervise(children: Sequence[Child], environment: Mapping[str, str], when_ready: Callable[[], None]) -> int:
    """Run all children until a signal (0) or until one of them dies (1). Leaves none behind."""

    def on_signal(number: int, frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, on_signal)
    try:
        for child in children:
            child.start(environment)
        wait_until_ready(children)
        when_ready()
        while True:
            refuse_dead(children)
            time.sleep(POLL_SECONDS)
    except CannotRun as problem:
        print(f"\n{problem}", file=sys.stderr, flush=True)
        return 1
    except KeyboardInterrupt:
        print("\nStopping.", flush=True)
        return 0
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        stop(children)


def welcome(port: int) -> None:
    """The address and who may sign in. The accounts exist only in the demonstration data."""
    django.setup()
    from inventory.demo.accounts import DEMO_ACCOUNTS  # needs the applications loaded

    print(f"\nCountersign is ready: http://127.0.0.1:{port}/\n\nSign in as")
    for account in DEMO_ACCOUNTS:
        roles = ", ".join(account.roles) or "administrator"
        print(f"  {account.username:<12} {account.password:<18} {roles}")
    print("\nCtrl-C stops everything.\n", flush=True)


def main() -> int:
    try:
        ports = ports_from(os.environ)
        refuse_taken_ports(ports)
    except CannotRun as problem:
        print(problem, file=sys.stderr)
        return 1
    var = Path(os.environ.get("VAR_DIR", "var")).resolve()
    environment = os.environ | {
        "PYTHONUNBUFFERED": "1",
        # Celery's warning about root: in a container there is often nobody else.
        "PYTHONWARNINGS": "ignore:::celery.platforms",
        "NETSUITE_SIMULATOR_PORT": str(ports["NETSUITE_SIMULATOR_PORT"]),
    }
    return supervise(embedded_children(ports, var), environment, lambda: welcome(ports["WEB_PORT"]))


if __name__ == "__main__":
    sys.exit(main())
