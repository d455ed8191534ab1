"""A mirror and a decision at the same moment: the decision's numbers are not replaced under its hands."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, connections, transaction

from approvals.models import ProposedAction
from inventory.mirror.corrections import lock_envelopes
from inventory.mirror.mirroring import mirror_netsuite
from inventory.models import Parity
from tests import factories as make
from tests.netsuite.simulator_client import eventually

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def in_thread(work: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    results: list[Any] = []

    def run() -> None:
        try:
            results.append(work())
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread, results


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer anyway")
def test_a_mirror_waits_for_the_decision_that_is_being_taken(stocked, simulator):
    stocked("OFF", 40, there=38)
    for _ in range(2):
        mirror_netsuite()
    simulator.control.seed(balances=[{"item": "OFF", "location": "MAIN", "quantity": "30"}])
    with transaction.atomic():
        assert lock_envelopes()
        thread, results = in_thread(mirror_netsuite)
        eventually(somebody_waits)
        assert Parity.objects.get().netsuite_quantity == 38
    thread.join(30)
    assert results[0].refused == ""
    assert Parity.objects.get().netsuite_quantity == 30


def test_two_mirrors_and_an_approval_at_once_leave_sound_books(stocked, home):
    items = [stocked(f"I{number}", 40, there=30) for number in range(6)]
    for _ in range(2):
        mirror_netsuite()
    envelope = ProposedAction.objects.get(action_type="netsuite_corrections")
    boss, seen = make.approver(), make.seen(envelope)
    threads = [
        in_thread(mirror_netsuite),
        in_thread(mirror_netsuite),
        in_thread(lambda: make.approve(envelope, boss, seen_hash=seen)),
    ]
    for thread, _ in threads:
        thread.join(60)
    assert all(results for _, results in threads)
    assert {make.on_hand(item, home) for item in items} == {30}
    assert mirror_netsuite().states == {"equal": 6}
    assert ProposedAction.objects.filter(action_type="netsuite_correction").count() == 6
