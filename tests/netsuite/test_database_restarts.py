"""PostgreSQL goes away every few seconds while 500 pushes are written: all final, all once.

The worker, its schedule and the drains in it are those of a real installation; nobody restarts them.
"""

import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from config.processes import CELERY_OPTIONS, stop, wait_until_ready
from config.processes import Child as Program
from netsuite.simulator.running import Running
from tests.forking import PROJECT, ForkServer
from tests.netsuite.own_postgres import OwnPostgres, own_postgres
from tests.netsuite.stage import assert_once

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.slow,
    pytest.mark.kill,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="restarts a PostgreSQL"),
]
PUSHES = 500
BETWEEN_RESTARTS = 2.0  # seconds
LONGEST_BETWEEN_RESTARTS = 20.0  # seconds; where the machine is too slow to get anything done in two
PATIENCE = 900.0  # seconds
NAMES = [f"CS-IA-{number}" for number in range(PUSHES)]
QUICK_WAITS = {"NETSUITE_VERIFY_WAIT": "1", "NETSUITE_LAST_ATTEMPT_WAIT": "2"}
FILL_THE_QUEUE = f"""
from django_celery_beat.models import IntervalSchedule
from tests.netsuite.stage import enqueue
IntervalSchedule.objects.update(every=1)
for number in range({PUSHES}):
    enqueue(f"CS-IA-{{number}}", f"I{{number % 100}}")
"""


@pytest.fixture
def postgres() -> Iterator[OwnPostgres]:
    with own_postgres() as server:
        yield server


@pytest.fixture
def worker(postgres: OwnPostgres, simulator: Running, tmp_path: Path) -> Iterator[Program]:
    """A worker with beat on that server, and 500 pushes in the queue."""
    (tmp_path / "var").mkdir()
    environment = (
        os.environ
        | QUICK_WAITS
        | {
            "DATABASE_URL": postgres.url,
            "PRODUCTION": "false",
            "VAR_DIR": str(tmp_path / "var"),
            "NETSUITE_RESTLET_BASE_URL": simulator.base_url,
            "PYTHONPATH": str(PROJECT),
            "PYTHONWARNINGS": "ignore",
        }
    )
    with ForkServer(environment, tmp_path) as forks:
        made = forks.run(["migrate", "--verbosity", "0"], ["install_schedule"], ["shell", "-c", FILL_THE_QUEUE])
        assert made.code == 0, made.printed
    command = [sys.executable, "-m", "celery", *CELERY_OPTIONS.split()]
    program = Program("worker", command, lambda child: any(line.endswith(" ready.") for line in child.last_lines))
    program.start(environment)
    try:
        wait_until_ready([program])
        yield program
    finally:
        stop([program])


def states(postgres: OwnPostgres) -> Counter[str]:
    with psycopg.connect(postgres.url) as database:
        return Counter(dict(database.execute("SELECT status, count(*) FROM netsuite_push GROUP BY status").fetchall()))


def wait_for_progress(postgres: OwnPostgres, confirmed: int) -> None:
    deadline = time.monotonic() + LONGEST_BETWEEN_RESTARTS
    while states(postgres)["confirmed"] <= confirmed < PUSHES and time.monotonic() < deadline:
        time.sleep(0.1)


def test_five_hundred_pushes_survive_a_database_that_restarts_every_few_seconds(postgres, worker, simulator):
    restarts, deadline = 0, time.monotonic() + PATIENCE
    while (done := states(postgres)) != {"confirmed": PUSHES}:
        assert time.monotonic() < deadline, (restarts, states(postgres), list(worker.last_lines))
        assert worker.exit_code() is None, list(worker.last_lines)
        time.sleep(BETWEEN_RESTARTS)
        wait_for_progress(postgres, done["confirmed"])
        postgres.stop()
        postgres.start()
        restarts += 1
    print(f"{restarts} restarts")
    assert restarts >= 3, "the queue was written too fast to prove anything"
    assert_once(simulator, *NAMES)
