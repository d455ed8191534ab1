"""A day over real HTTP, many senders at once: the end is the one of the right order, whatever happened on the way."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from django.core.management import call_command
from django.db import connection

from approvals.clock import now
from tests.wms.streams import (
    BEGUN,
    CALM,
    Messages,
    assert_all_ended_alike,
    create_warehouses,
    halves,
    messages_of,
    send_all,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.xdist_group("wms_http")]
SIZE = 500
SEEDS = range(1, 11) if connection.vendor == "postgresql" else range(1, 4)  # SQLite has one writer at a time
SENDERS = 4


def parts(wms_id: str, begun: datetime) -> list[Messages]:
    """The right order has one sender, any other two, whose messages race."""
    messages = messages_of(wms_id, SIZE, begun)
    return [messages] if wms_id == CALM else halves(messages)


def test_ten_disturbed_streams_of_five_thousand_end_like_the_right_order(house):
    secrets, begun = create_warehouses([CALM, *(f"wild-{seed}" for seed in SEEDS)]), now() - BEGUN
    with ThreadPoolExecutor(SENDERS) as senders:
        runs = [
            senders.submit(send_all, house, wms_id, secret, messages)
            for wms_id, secret in secrets.items()
            for messages in parts(wms_id, begun)
        ]
        assert not [again for run in runs if (again := run.result().tried_again)]
    call_command("deliver_events")
    assert_all_ended_alike(SIZE)
