"""kill -9 of the web processes and crashes of the database while ten WMSes send: all of it counted, all of it once."""

import json
import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from approvals.clock import now
from tests.conftest import database_url
from tests.forking import ForkServer
from tests.netsuite.own_postgres import OwnPostgres, own_postgres
from tests.wms.streams import BEGUN, CALM, halves, messages_of, send_all
from tests.wms.web_process import WebProcess

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.slow,
    pytest.mark.kill,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="restarts a PostgreSQL"),
]
SEEDS = range(1, 11)
SIZE = 100
BETWEEN_BLOWS = 1.0  # seconds, at most
PATIENCE = 300.0  # seconds
LEAST_KILLS, LEAST_CRASHES = 6, 3
SENDERS = [CALM, *(f"wild-{seed}" for seed in SEEDS)]


@pytest.fixture
def postgres(transactional_db: None) -> Iterator[OwnPostgres]:
    """As empty as a test's database, whose copy it is."""
    with own_postgres() as server:
        server.fill_from(database_url().replace("postgres://", "postgresql://"))
        yield server


@pytest.fixture
def forks(postgres: OwnPostgres, tmp_path: Path) -> Iterator[ForkServer]:
    (tmp_path / "var").mkdir()
    environment = os.environ | {
        "DATABASE_URL": postgres.url,
        "PRODUCTION": "false",
        "VAR_DIR": str(tmp_path / "var"),
        "SECRET_KEY": settings.SECRET_KEY,
        "LOG_LEVEL": "ERROR",
    }
    with ForkServer(environment, tmp_path) as server:
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
    secrets, begun = json.loads(in_the_house(forks, "print_warehouses", *SENDERS)), now() - BEGUN
    days = {wms_id: messages_of(wms_id, SIZE, begun) for wms_id in SENDERS}
    send_all(web.address, CALM, secrets[CALM], days.pop(CALM))
    answered: list[str] = []
    with ThreadPoolExecutor(2 * len(days)) as pool:
        runs = [
            pool.submit(send_all, web.address, wms_id, secrets[wms_id], half, answered.append)
            for wms_id, messages in days.items()
            for half in halves(messages)
        ]
        portion = sum(map(len, days.values())) // (LEAST_KILLS + LEAST_CRASHES + 10)
        kills, crashes = break_until_done(runs, answered, portion, Breaker(web, postgres, forks))
        again = sum((run.result().tried_again for run in runs), start=Counter())
    print(f"{kills} kills, {crashes} crashes, tried again: {dict(again)}")
    assert kills >= LEAST_KILLS, "everything was sent too fast to prove anything"
    assert crashes >= LEAST_CRASHES
    assert again
    delivered = forks.run(["deliver_events"])
    assert delivered.code == 0, delivered.printed
    in_the_house(forks, "assert_all_ended_alike", SIZE)


@dataclass
class Breaker:
    """A worker, the database, the whole web process in turn."""

    web: WebProcess
    postgres: OwnPostgres
    forks: ForkServer
    turn: int = 0
    kills: int = 0
    crashes: int = 0

    def strike(self) -> None:
        self.turn += 1
        if self.turn % 3 == 2:
            self.postgres.stop()
            self.postgres.start()
            self.crashes += 1
            return
        self.kills += 1
        if self.turn % 3 == 0:
            self.web.kill()
            self.web.start()
        else:
            self.web.kill_a_worker(self.turn)


def break_until_done(
    runs: Sequence[Future[Any]], answered: Sequence[str], portion: int, breaker: Breaker
) -> tuple[int, int]:
    """A blow every second, or after so many answers; events are put in order beside it. Something is done between."""
    deadline = time.monotonic() + PATIENCE
    while True:
        breaker.web.wait_until_it_answers()
        breaker.forks.start(["deliver_events"])
        before, soon = len(answered), time.monotonic() + BETWEEN_BLOWS
        while len(answered) == before or (len(answered) < before + portion and time.monotonic() < soon):
            assert time.monotonic() < deadline, breaker.web.log.read_text()[-5_000:]
            if all(run.done() for run in runs):
                return breaker.kills, breaker.crashes
            time.sleep(0.02)
        breaker.strike()
