"""What the gate's tests share."""

from datetime import timedelta

import pytest


@pytest.fixture
def later(settings):
    def move(**time):
        settings.CLOCK_OFFSET_SECONDS += timedelta(**time).total_seconds()

    return move
