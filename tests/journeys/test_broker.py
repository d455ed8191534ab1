"""The broker goes and comes back: people notice nothing, nothing is lost, NetSuite gets everything once.

Real processes: web, worker with beat, NetSuite simulator, and Redis (or the folder) between them.
"""

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from django_celery_beat.models import IntervalSchedule

from approvals.models import EditToken, ProposedAction
from config.processes import CELERY_OPTIONS, Child, stop, wait_until_ready, web_answers
from config.schedule import install_schedule
from inventory.models import Movement
from netsuite.models import Push
from netsuite.simulator.running import Running, running_simulator
from tests import factories as make

pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.xdist_group("broker")]
HOUSE = Path(__file__).resolve().parents[2]
QUICK = 5.0  # seconds; two tries of one second each, and the work itself on a busy machine
PATIENCE = 90.0  # seconds; a worker tries a lost broker again after 2, 4, 6, ... seconds


class Redis:
    """A throwaway server without a file: killed, it forgets everything."""

    def __init__(self, port: int, folder: Path) -> None:
        self.port, self.folder = port, folder
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        folder = str(self.folder)
        command = ["redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--dir", folder]
        self.process = subprocess.Popen([*command, "--save", "", "--appendonly", "no"], stdout=subprocess.DEVNULL)
        eventually(lambda: self.answers("PING") == b"+PONG\r\n", "Redis answers")

    def answers(self, command: str) -> bytes:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as line:
                line.sendall(f"{command}\r\n".encode())
                return line.recv(100)
        except OSError:
            return b""

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


def eventually(condition: Callable[[], Any], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"not within {PATIENCE:.0f} s: {what}"
        time.sleep(0.1)


class House:
    """Web and worker on this test's database, an approver's token, and NetSuite's own log."""

    def __init__(self, environment: dict[str, str], web_port: int, simulator: Running) -> None:
        self.simulator = simulator
        self.address = f"http://127.0.0.1:{web_port}"
        self.token = EditToken.issue(user=make.approver("ada"), label="test")[1]
        var = Path(environment["VAR_DIR"])
        var.mkdir(exist_ok=True)
        install_schedule()
        IntervalSchedule.objects.update(every=2)  # seconds, in place of 30
        web = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{web_port}"]
        web += ["--worker-class", "gthread", "--threads", "2", "--control-socket", str(var / "gunicorn.ctl")]
        worker = [sys.executable, "-m", "celery", *CELERY_OPTIONS.split()]
        self.children = [
            Child("web", web, lambda child: web_answers(web_port)),
            Child("worker", worker, lambda child: any(line.endswith(" ready.") for line in child.last_lines)),
        ]
        for child in self.children:
            child.start(
                environment
                | {
                    "NETSUITE_RESTLET_BASE_URL": simulator.base_url,
                    "NETSUITE_REST_BASE_URL": simulator.base_url,
                    "PYTHONPATH": str(HOUSE),
                    "PYTHONWARNINGS": "ignore",
                }
            )
        wait_until_ready(self.children)

    def approve_a_count(self) -> tuple[str, float]:
        """Approve the worked case over HTTP; its external id, and how many seconds the request took."""
        sheet, what, home = make.disputed_count()
        action = ProposedAction.objects.get(count_line__sheet=sheet)
        started = time.monotonic()
        answer = requests.post(
            f"{self.address}/api/proposed-actions/{action.pk}/approve",
            json={"content_hash": make.seen(action)},
            headers={"X-Edit-Token": self.token},
            timeout=60,
        )
        took = time.monotonic() - started
        assert answer.status_code == 200, answer.text
        assert make.on_hand(what, home) == 184, "posted at once: the ledger does not wait for NetSuite"
        return Push.objects.get(workflow_run=sheet.run_id).external_id, took

    def submit_a_count(self) -> int:
        """The status of a count sent in over HTTP."""
        home = make.zone()
        what = make.stock(10, home=home)
        body = {
            "zone_id": home.pk,
            "counted_at": make.now().isoformat(),
            "counts": [{"item_code": what.item_code, "counted": 10}],
        }
        headers = {"X-Edit-Token": self.token}
        return requests.post(f"{self.address}/api/counts", json=body, headers=headers, timeout=60).status_code

    def wait_until_confirmed(self, *external_ids: str) -> None:
        pushes = Push.objects.filter(external_id__in=external_ids)
        eventually(lambda: pushes.filter(status=Push.Status.CONFIRMED).count() == len(external_ids), "confirmed")

    def assert_once(self, *external_ids: str) -> None:
        """The judge is NetSuite's own log."""
        held = sorted(row["external_id"] for row in self.simulator.control.transactions())
        assert held == sorted(external_ids)
        assert not self.simulator.control.duplicates()["external_ids"]
        posted = Movement.objects.filter(kind=Movement.Kind.COUNT)
        assert posted.count() == len(external_ids)


@pytest.fixture
def simulator() -> Iterator[Running]:
    with running_simulator() as running:
        yield running


@pytest.fixture
def open_house(
    test_database_environment: dict[str, str], free_port: Callable[[], int], simulator: Running
) -> Iterator[Callable[[str], House]]:
    opened: list[House] = []

    def start(broker: str) -> House:
        house = House(test_database_environment | {"CELERY_BROKER_URL": broker}, free_port(), simulator)
        opened.append(house)
        return house

    yield start
    for house in opened:
        stop(house.children)


@pytest.fixture
def redis(free_port: Callable[[], int], tmp_path: Path) -> Iterator[Redis]:
    server = Redis(free_port(), tmp_path)
    server.start()
    yield server
    server.kill()


@pytest.mark.skipif(not shutil.which("redis-server"), reason="make test installs redis-server")
def test_redis_forgets_everything_dies_and_comes_back(redis: Redis, open_house: Callable[[str], House]) -> None:
    house = open_house(f"redis://127.0.0.1:{redis.port}/0")
    first, _ = house.approve_a_count()
    house.wait_until_confirmed(first)

    assert redis.answers("FLUSHALL") == b"+OK\r\n"
    second, _ = house.approve_a_count()
    house.wait_until_confirmed(first, second)

    redis.kill()
    third, seconds = house.approve_a_count()
    assert seconds < QUICK
    assert house.submit_a_count() == 201

    redis.start()
    house.wait_until_confirmed(first, second, third)
    house.assert_once(first, second, third)


def test_the_folder_broker_is_deleted_while_the_house_is_open(
    open_house: Callable[[str], House], test_database_environment: dict[str, str]
) -> None:
    house = open_house("filesystem://localhost/")
    first, _ = house.approve_a_count()
    house.wait_until_confirmed(first)

    folder = Path(test_database_environment["VAR_DIR"]) / "broker"
    eventually(folder.exists, "the broker is this folder")
    shutil.rmtree(folder, ignore_errors=True)
    second, seconds = house.approve_a_count()
    assert seconds < QUICK
    house.wait_until_confirmed(first, second)
    house.assert_once(first, second)
