"""Ten simulated days at random. COUNTERSIGN_SEED=n replays them, COUNTERSIGN_DAYS=n makes them longer."""

import os
import random

import pytest

from tests.netsuite.simulation import Simulation

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.kill]


def test_ten_days_of_trouble_leave_both_books_equal(simulator, forks, settings):
    seed = int(os.environ.get("COUNTERSIGN_SEED") or random.SystemRandom().randrange(10**6))
    print(f"Again with the same draws: COUNTERSIGN_SEED={seed}")
    settings.CLOCK_OFFSET_SECONDS = 0  # restored with the other settings
    forks.settings["NETSUITE_READ_TIMEOUT"] = settings.NETSUITE_READ_TIMEOUT = 0.5
    days = Simulation(simulator, forks, seed, days=int(os.environ.get("COUNTERSIGN_DAYS") or 10))
    days.run()
    print(dict(days.told))
