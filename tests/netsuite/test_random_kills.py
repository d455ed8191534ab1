"""kill -9 two hundred times at moments nobody chose. A thousand: `make drill`."""

import os
import random

import pytest
from django.db import connection

from tests.netsuite.random_kills import Drill

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.kill]
KILLS = 200


def test_after_two_hundred_kills_every_push_is_in_netsuite_once(simulator, forks, settings):
    seed = int(os.environ.get("COUNTERSIGN_SEED") or random.SystemRandom().randrange(10**6))
    print(f"Again with the same draws: COUNTERSIGN_SEED={seed}")
    settings.CLOCK_OFFSET_SECONDS = 0  # restored with the other settings
    drill = Drill(simulator, forks, seed)
    drill.run(KILLS)
    drill.check()
    print(connection.vendor, drill.story())
