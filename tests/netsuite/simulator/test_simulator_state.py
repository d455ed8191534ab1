"""What a simulator still knows after it was killed."""

import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from netsuite.simulator.running import running_simulator
from tests.netsuite.simulator_client import ForeignClient, eventually

PROJECT = Path(__file__).resolve().parents[3]


@pytest.mark.kill
def test_everything_answered_survives_kill_9(tmp_path):
    with running_simulator(tmp_path / "state.sqlite3") as running:
        client = ForeignClient(running.base_url)
        answers = [client.push(f"CS-IA-{number}") for number in range(10)]
        used = client.ping().request
        running.control.add_fault("http_503", op="lookup", nth=3)
        running.control.skew(120)
        running.kill()
        running.restart()
        assert [client.push(f"CS-IA-{number}")["outcome"] for number in range(10)] == ["existing"] * 10
        assert client.lookup("CS-IA-3")["internalId"] == answers[3]["internalId"]
        assert len(running.control.requests(limit=1000)) >= 21
        assert running.control.faults()[0]["matched"] == 1
        assert running.control.clock()["offset_seconds"] == pytest.approx(120, abs=60)
        assert requests.get(str(used.url), headers=dict(used.headers), timeout=60).status_code == 401
        assert client.push("CS-IA-NEW")["tranId"] == "INVADJ11"


@pytest.mark.kill
def test_a_late_commit_still_happens_after_the_simulator_was_killed(tmp_path):
    with running_simulator(tmp_path / "state.sqlite3") as running:
        client = ForeignClient(running.base_url)
        running.control.add_fault("late_commit", op="push", seconds=30)
        with pytest.raises(requests.Timeout):
            client.send("CS-IA-1", timeout=2)
        running.kill()
        running.restart()
        running.control.advance(31)
        eventually(lambda: running.control.transactions("CS-IA-1"))
        assert client.push("CS-IA-1")["outcome"] == "existing"


def test_the_request_log_cannot_be_changed(tmp_path):
    state = tmp_path / "state.sqlite3"
    with running_simulator(state) as running:
        ForeignClient(running.base_url).push("CS-IA-1")
    with sqlite3.connect(state) as db:
        for statement in (
            "UPDATE requests SET status = 500",
            "DELETE FROM requests",
            "DELETE FROM audit_trail",
        ):
            if statement.endswith("audit_trail"):
                db.execute("INSERT INTO audit_trail (at, code, detail, method, path) VALUES ('', '', '', '', '')")
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                db.execute(statement)


def test_it_ends_on_a_polite_signal_and_with_its_parent():
    with running_simulator() as running:
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(60) == 0
    with running_simulator() as running:
        assert running.process.stdin is not None
        running.process.stdin.close()
        assert running.process.wait(60) == 0


def test_it_needs_nothing_of_the_house():
    code = (
        "import sys, netsuite.simulator.command_line, netsuite.simulator.running\n"
        "print(sorted(m for m in sys.modules if m.partition('.')[0] in"
        " ('django', 'approvals', 'inventory', 'quotes', 'config', 'requests', 'oauthlib')"
        " or m.startswith('netsuite.') and not m.startswith('netsuite.simulator')))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
