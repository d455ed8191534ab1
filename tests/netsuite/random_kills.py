"""kill -9 at random moments, as often as asked, while a queue of pushes is being written to NetSuite.

    python -m tests.netsuite.random_kills --kills 1000 --seed 7

Works on a database of its own (PostgreSQL when DATABASE_URL names one, else SQLite) and a simulator of its own. The
seed draws pushes, moments and NetSuite's own failures; what a moment hits is up to the machine.
"""

import argparse
import logging
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection

from netsuite.claims import INTERRUPTED
from netsuite.decisions import retry_push
from netsuite.drain import drain
from netsuite.models import Push, PushAttempt
from netsuite.simulator.running import Running, running_simulator
from tests.conftest import database_url
from tests.forking import Child, ForkServer
from tests.netsuite.stage import LOTS, assert_no_duplicates, enqueue

LONGEST_LIFE = 0.25  # seconds; a start, a few pushes, now and then to the end of the queue
QUEUE = 12
ITEMS = 40
STEP = 20  # seconds our clock moves on with every kill
SETTLE = 400  # seconds; longer than any wait of the drain
MOST_ROUNDS = 200
TROUBLES = ("reset_after_commit", "reset_before_commit", "http_500_after_commit", "truncated_body")


@dataclass
class Drill:
    """`children` are drains, each killed in its turn."""

    simulator: Running
    forks: ForkServer
    seed: int
    kills: int = 0
    survivals: int = 0
    stuck: int = 0
    rounds: int = 0
    names: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.operator = get_user_model().objects.create_user(f"operator{self.seed}", is_superuser=True)

    def run(self, kills: int) -> None:
        while self.kills < kills:
            self._fill_the_queue()
            if self.random.random() < 0.1:
                self.simulator.control.add_fault(self.random.choice(TROUBLES), method="POST", probability=0.5)
            child = self.forks.start(["drain_pushes"])
            time.sleep(self.random.uniform(0, LONGEST_LIFE))
            self._kill(child)
            self._send_again_what_is_stuck()
            self._pass_time(STEP)
        self.simulator.control.clear_faults()
        self._settle()

    def _fill_the_queue(self) -> None:
        for _ in range(QUEUE - Push.objects.filter(status__in=Push.WAITING).count()):
            name = f"CS-KILL-{len(self.names)}"
            items = self.random.sample(range(ITEMS), self.random.randint(1, 3))
            enqueue(name, *(f"I{item}" for item in items), quantity=str(self.random.choice((-3, -1, 2, 5))))
            self.names.append(name)

    def _kill(self, child: Child) -> None:
        child.kill()
        if child.wait() < 0:
            self.kills += 1
        else:
            self.survivals += 1

    def _pass_time(self, seconds: int) -> None:
        settings.CLOCK_OFFSET_SECONDS += seconds
        self.forks.settings["CLOCK_OFFSET_SECONDS"] = settings.CLOCK_OFFSET_SECONDS

    def _settle(self) -> None:
        """Left to itself and to an operator who sends again what got stuck, the program ends with every push."""
        while Push.objects.exclude(status__in=Push.FINAL).exists():
            assert self.rounds < MOST_ROUNDS, f"not settled: {self.states()}"
            self.rounds += 1
            drain()
            self._send_again_what_is_stuck()
            self._pass_time(SETTLE)

    def _send_again_what_is_stuck(self) -> None:
        """As an operator would; later pushes of the same items wait for it."""
        for push in Push.objects.filter(status__in=Push.STUCK):
            assert push.last_outcome, f"{push} waits for a human without a reason"
            self.stuck += 1
            retry_push(push=push, by=self.operator, reason="It was this drill")

    def states(self) -> Counter[str]:
        return Counter(Push.objects.values_list("status", flat=True))

    def check(self) -> None:
        """NetSuite's log holds every push, once, as we hold it."""
        assert self.states() == {Push.Status.CONFIRMED: len(self.names)}
        assert not PushAttempt.objects.filter(finished_at=None).exists()
        held = {row["external_id"]: row["payload_hash"] for row in self.simulator.control.transactions(limit=LOTS)}
        assert held == dict(Push.objects.values_list("external_id", "payload_hash"))
        assert sorted(held) == sorted(self.names)
        assert_no_duplicates(self.simulator)

    def story(self) -> str:
        interrupted = PushAttempt.objects.filter(outcome=INTERRUPTED)
        kinds = Counter(interrupted.values_list("kind", flat=True))
        existing = PushAttempt.objects.filter(outcome="existing").count()
        return (
            f"seed {self.seed}: {self.kills} kills ({kinds['send']} in a send, {kinds['lookup']} in a look-up), "
            f"{self.survivals} drains ended first, {len(self.names)} pushes, {existing} found to be there already, "
            f"{self.stuck} sent again by a person"
        )


@contextmanager
def database_of_its_own() -> Iterator[None]:
    """An empty one; PostgreSQL when DATABASE_URL names one."""
    before = connection.settings_dict["NAME"]
    with tempfile.TemporaryDirectory() as folder:
        if connection.vendor == "sqlite":
            connection.settings_dict["TEST"]["NAME"] = str(Path(folder) / "drill.sqlite3")
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        try:
            yield
        finally:
            connection.creation.destroy_test_db(before, verbosity=0)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    with database_of_its_own(), running_simulator() as simulator, tempfile.TemporaryDirectory() as folder:
        settings.NETSUITE_RESTLET_BASE_URL = simulator.base_url
        environment = os.environ | {"DATABASE_URL": database_url(), "PRODUCTION": "false"}
        with ForkServer(environment, Path(folder), {"NETSUITE_RESTLET_BASE_URL": simulator.base_url}) as forks:
            drill = Drill(simulator, forks, options.seed)
            drill.run(options.kills)
            drill.check()
        print(drill.story())
        connection.close()
    return 0


if __name__ == "__main__":
    logging.disable(logging.INFO)
    sys.exit(main())
