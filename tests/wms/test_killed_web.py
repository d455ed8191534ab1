"""kill -9 of the web processes and crashes of the database while ten WMSes send: all of it counted, all of it once."""

import json
import os
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connection

from approvals.clock import now
from tests.forking import PROJECT, ForkServer
from tests.netsuite.own_postgres import OwnPostgres, own_postgres
from tests.wms.streams import BEGUN, CALM, messages_of, send_all
from tests.wms.web_process import WebProcess

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.slow,
    pytest.mark.kill,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="restarts a PostgreSQL"),
]
SEEDS = range(1, 11)
SIZE = 40
BETWEEN_KILLS = 1.0  # seconds
PATIENCE = 300.0  # seconds
LEAST_KILLS, LEAST_CRASHES = 6, 3
PEOPLE = [CALM, *(f"wild-{seed}" for seed in SEEDS)]


@pytest.fixture
def postgres() -> Iterator[OwnPostgres]:
    with own_postgres() as server:
        yield server


@pytest.fixture
def forks(postgres: OwnPostgres, tmp_path: Path) -> Iterator[ForkServer]:
    (tmp_path / "var").mkdir()
    environment = os.environ | {
        "DATABASE_URL": postgres.url,
        "PRODUCTION": "false",
        "VAR_DIR": str(tmp_path / "var"),
        "SECRET_KEY": "s" * 50,
        "PYTHONPATH": str(PROJECT),
        "LOG_LEVEL": "ERROR",
    }
    with ForkServer(environment, tmp_path) as server:
        made = server.run(["migrate", "--verbosity", "0"])
        assert made.code == 0, made.printed
        yield server


@pytest.fixture
def web(forks: ForkServer, tmp_path: Path) -> Iterator[WebProcess]:
    with WebProcess(forks.environment, tmp_path / "web.log") as running:
        running.wait_until_it_answers()
        yield running


def in_the_house(forks: ForkServer, function: str, *arguments: object) -> str:
    """Runs one of streams' functions on that database; what it printed."""
    words = ", ".join(map(repr, arguments))
    ran = forks.run(["shell", "-v", "0", "-c", f"from tests.wms.streams import {function}; {function}({words})"])
    assert ran.code == 0, ran.printed
    return ran.printed


def test_ten_disturbed_streams_survive_kills_and_a_database_that_crashes(postgres, forks, web):
    secrets, begun = json.loads(in_the_house(forks, "print_warehouses", *PEOPLE)), now() - BEGUN
    send_all(web.address, CALM, secrets.pop(CALM), messages_of(CALM, SIZE, begun))
    with ThreadPoolExecutor(len(secrets)) as senders:
        runs = [
            senders.submit(send_all, web.address, wms_id, secret, messages_of(wms_id, SIZE, begun))
            for wms_id, secret in secrets.items()
        ]
        kills, crashes = break_until_done(runs, web, postgres, forks)
        again = sum((run.result().tried_again for run in runs), start=type(runs[0].result().tried_again)())
    print(f"{kills} kills, {crashes} crashes, tried again: {dict(again)}")
    assert kills >= LEAST_KILLS, "everything was sent too fast to prove anything"
    assert crashes >= LEAST_CRASHES
    assert again
    delivered = forks.run(["deliver_events"])
    assert delivered.code == 0, delivered.printed
    in_the_house(forks, "assert_all_ended_alike", SIZE)


def break_until_done(runs: list[Future], web: WebProcess, postgres: OwnPostgres, forks: ForkServer) -> tuple[int, int]:
    """A worker, the whole web process and the database in turn; events are put in order beside it."""
    kills, crashes, turn, deadline = 0, 0, 0, time.monotonic() + PATIENCE
    while not all(run.done() for run in runs):
        assert time.monotonic() < deadline, web.log.read_text()[-5_000:]
        web.wait_until_it_answers()
        forks.start(["deliver_events"])
        time.sleep(BETWEEN_KILLS)
        turn += 1
        if turn % 3 == 0:
            postgres.stop()
            postgres.start()
            crashes += 1
        elif turn % 6 == 1:
            web.kill()
            web.start()
            kills += 1
        else:
            web.kill_a_worker(turn)
            kills += 1
    return kills, crashes
