"""`python -m config.processes`: starting together, stopping together, leaving nothing behind."""

import os
import re
import signal
import socket
import subprocess
import sys
import textwrap
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from config.processes import READY_SECONDS, CannotRun, ports_from, refuse_taken_ports

HOUSE = Path(__file__).resolve().parent.parent
PATIENCE = 180.0  # seconds

# A supervisor of small programs, with the real supervision around them.
SUPERVISOR = """
import sys
from config.processes import Child, supervise

def child(name, program):
    return Child(name, [sys.executable, "-c", program], lambda c: "up" in c.last_lines)

children = [child(*pair) for pair in {programs!r}]
sys.exit(supervise(children, {environment!r}, lambda: print("READY", flush=True)))
"""
CALM = "import time; print('up', flush=True); time.sleep(600)"


class Supervised:
    """A supervisor running, its output gathered up to the moment asked for."""

    def __init__(self, arguments: list[str], environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=HOUSE,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.output = ""

    def read_until(self, wanted: str) -> str:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.output += line
            if re.search(wanted, line):
                return self.output
        raise AssertionError(f"ended without {wanted!r}:\n{self.output}")

    def finish(self) -> int:
        assert self.process.stdout is not None
        self.output += self.process.stdout.read()
        return self.process.wait(timeout=PATIENCE)


def children_of(pid: int) -> set[int]:
    """All descendants of a process, from /proc."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # ended while we looked
        parents[int(stat.parent.name)] = int(fields[1])
    found = {pid}
    while grown := {child for child, parent in parents.items() if parent in found} - found:
        found |= grown
    return found - {pid}


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def assert_all_gone(pids: set[int]) -> None:
    deadline = time.monotonic() + PATIENCE
    while left := {pid for pid in pids if is_running(pid)}:
        assert time.monotonic() < deadline, f"still running: {left}"
        time.sleep(0.05)


@pytest.fixture
def start(process_environment: dict[str, str]) -> Callable[..., Supervised]:
    def run(**programs: str) -> Supervised:
        code = SUPERVISOR.format(programs=list(programs.items()), environment=process_environment)
        return Supervised(["-c", textwrap.dedent(code)], process_environment)

    return run


@pytest.mark.kill
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_all(start: Callable[..., Supervised], number: signal.Signals) -> None:
    running = start(one=CALM, two=CALM)
    running.read_until("READY")
    pids = children_of(running.process.pid)
    assert len(pids) == 2
    running.process.send_signal(number)
    assert running.finish() == 0
    assert_all_gone(pids)


@pytest.mark.kill
def test_the_first_to_die_is_named_with_its_last_words(start: Callable[..., Supervised], tmp_path: Path) -> None:
    full = tmp_path / "full"
    dying = "import os, sys, time; print('up', flush=True)\n"
    dying += f"while not os.path.exists({str(full)!r}): time.sleep(0.02)\nsys.exit('the disk is full')"
    running = start(calm=CALM, dying=dying)
    running.read_until("READY")
    pids = children_of(running.process.pid)
    full.touch()
    assert running.finish() == 1
    assert "dying ended with exit code 1" in running.output
    assert "    the disk is full" in running.output
    assert_all_gone(pids)


@pytest.mark.kill
def test_one_that_cannot_start_is_not_waited_for(start: Callable[..., Supervised]) -> None:
    started = time.monotonic()
    running = start(calm=CALM, broken="raise SystemExit('no such table')")
    assert running.finish() == 1
    assert "broken ended with exit code 1" in running.output
    assert "READY" not in running.output
    assert time.monotonic() - started < READY_SECONDS / 2


@pytest.mark.kill
@pytest.mark.slow
def test_one_that_ignores_the_request_is_killed_with_its_children(start: Callable[..., Supervised]) -> None:
    stubborn = (
        "import signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
        "print('up', flush=True); time.sleep(600)"
    )
    running = start(stubborn=stubborn)
    running.read_until("READY")
    pids = children_of(running.process.pid)
    assert len(pids) == 2
    running.process.send_signal(signal.SIGTERM)
    assert running.finish() == 0
    assert "stubborn did not stop within 8 s" in running.output
    assert_all_gone(pids)


@pytest.mark.kill
def test_killing_the_supervisor_leaves_no_orphan(start: Callable[..., Supervised]) -> None:
    running = start(one=CALM, two=CALM)
    running.read_until("READY")
    pids = children_of(running.process.pid)
    running.process.kill()
    running.finish()
    assert_all_gone(pids)


def test_a_taken_port_is_a_sentence_with_the_cure() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotRun, match=rf"Port {port} is taken .* WEB_PORT=\d+ make run"):
            refuse_taken_ports({"WEB_PORT": port})


@pytest.mark.parametrize("given", ["", "http", "0", "65536", "-1"])
def test_a_port_that_is_none_is_refused(given: str) -> None:
    with pytest.raises(CannotRun, match="WEB_PORT is .*: give a port number"):
        ports_from({"WEB_PORT": given})


@pytest.mark.slow
@pytest.mark.kill
def test_the_whole_house_starts_serves_and_stops(
    new_installation: dict[str, str], free_port: Callable[[], int]
) -> None:
    """As `make run` does after set-up, on ports and files of its own."""
    ports = {name: str(free_port()) for name in ("WEB_PORT", "NETSUITE_SIMULATOR_PORT", "NETSUITE_CONTROL_PORT")}
    environment = new_installation | ports
    subprocess.run([sys.executable, "manage.py", "install_schedule"], cwd=HOUSE, env=environment, check=True)
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"],
        cwd=HOUSE,
        env=environment | {"DEBUG": "true"},
        check=True,
    )
    running = Supervised(["-m", "config.processes"], environment | {"DEBUG": "true"})
    try:
        running.read_until("Ctrl-C stops everything")
        address = f"http://127.0.0.1:{ports['WEB_PORT']}"
        assert address in running.output
        with urllib.request.urlopen(f"{address}/", timeout=PATIENCE) as page:
            assert page.url == f"{address}/admin/login/?next=/admin/"
            assert "'unsafe-inline'" not in page.headers["Content-Security-Policy"].split("style-src")[0]
        pids = children_of(running.process.pid)
        assert len(pids) >= 3
        os.kill(running.process.pid, signal.SIGINT)
        assert running.finish() == 0
        assert_all_gone(pids)
    finally:
        running.process.kill()
        running.process.wait()
