"""Positions: one order, without holes, in which nothing appears behind a reader's back."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from approvals.clock import at, now
from approvals.models import Event, OutboxHead
from approvals.outbox.delivering import deliver
from approvals.outbox.positions import assign_positions, position_before
from approvals.outbox.writing import Draft, write_events
from tests.racing import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def positions():
    return list(Event.objects.order_by("position").values_list("position", flat=True))


@pytest.mark.postgres
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite writes one after the other")
def test_an_event_that_commits_after_a_later_id_was_delivered_still_arrives(receivers, subscribe):
    receiver = receivers()
    subscribe(receiver, "reader", "*")
    written, may_commit = threading.Event(), threading.Event()

    def slow():
        with transaction.atomic():
            early = Event.objects.create(name="stock.moved", subject="early")
            written.set()
            assert may_commit.wait(30)
        return early.pk

    def quick():
        assert written.wait(30)
        late = Event.objects.create(name="stock.moved", subject="late")
        deliver()
        assert [message.event["subject"] for message in receiver.received] == ["late"]
        may_commit.set()
        return late.pk

    early, late = at_once(slow, quick)
    assert early < late, "the id was handed out first"
    deliver()
    assert [message.event["subject"] for message in receiver.received] == ["late", "early"]
    assert positions() == [1, 2]


def test_many_writers_and_relays_at_once_leave_no_hole_and_no_double():
    def write():
        for n in range(12):
            with transaction.atomic():
                Event.objects.create(name="a", subject=f"s{n}")
        return "written"

    def relay():
        return sum(assign_positions() for _ in range(12))

    ends = at_once(write, relay, write, relay, relay)
    assert ends[0] == ends[2] == "written", ends
    given = ends[1] + ends[3] + ends[4] + assign_positions()
    assert given == 24
    assert positions() == list(range(1, 25))
    assert OutboxHead.objects.get().position == 24


def test_events_of_one_transaction_keep_their_order_and_a_rolled_back_one_takes_no_place():
    with transaction.atomic():
        Event.objects.create(name="a", subject="never")
        transaction.set_rollback(True)
    with transaction.atomic():
        write_events([Draft("a", f"s{n}", {"n": n}) for n in range(5)])
    assert assign_positions() == 5
    in_order = Event.objects.order_by("position")
    assert [event.subject for event in in_order] == [f"s{n}" for n in range(5)]
    assert positions() == [1, 2, 3, 4, 5]
    assert len({event.uid for event in in_order}) == 5


def test_a_bulk_of_events_takes_as_many_statements_as_a_few():
    statements = []
    for count in (1, 3, 300):
        with CaptureQueriesContext(connection) as captured, transaction.atomic():
            write_events([Draft("a", f"s{n}") for n in range(count)])
        with CaptureQueriesContext(connection) as relayed:
            assert assign_positions() == count
        statements.append((len(captured), len(relayed)))
    assert statements[1] == statements[2], statements


def test_a_point_in_time_is_found_although_times_do_not_follow_the_order():
    for hours in (3, 1, 2):
        with at(now() - timedelta(hours=hours)):
            Event.objects.create(name="a", subject=f"{hours} h ago")
    assign_positions()
    assert position_before(now() - timedelta(hours=2, minutes=30)) == 1
    assert position_before(now()) is None
