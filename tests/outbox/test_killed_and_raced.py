"""kill -9 between the answer and its record, several deliverers at once, and what a batch costs."""

import signal
import socket
import threading
import time

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.test.utils import CaptureQueriesContext

from approvals.models import Delivery, Event, Subscription
from approvals.outbox import batches, leases
from approvals.outbox.calling import Caller
from approvals.outbox.delivering import deliver
from approvals.outbox.lanes import Lanes
from approvals.outbox.packing import Message
from approvals.outbox.positions import assign_positions
from approvals.outbox.recording import record
from approvals.outbox.retrying import Outcome
from approvals.outbox.signing import new_secret
from approvals.outbox.writing import Draft, write_events
from approvals.tasks import deliver as deliver_task
from tests.ports import free_port
from tests.racing import at_once
from tests.receivers import Answer

pytestmark = pytest.mark.django_db(transaction=True)
Status = Delivery.Status


@pytest.fixture
def die(fork_server):
    """Run `deliver_events` in a process of its own that is killed at a place."""

    def run(place, count):
        fork_server.settings = {"SECRET_KEY": django_settings.SECRET_KEY, "EVENTS_LANES": 2}
        ended = fork_server.run(("deliver_events",), death=(place, count))
        assert ended.code == -signal.SIGKILL, f"{place} was never reached: {ended.printed}"

    yield run
    fork_server.finish()


@pytest.mark.kill
@pytest.mark.slow
@pytest.mark.parametrize(
    ("place", "count", "arrived", "events_per_call"),
    [
        ("approvals.outbox.delivering:record", 0, 6, 1),  # answered, not recorded
        ("approvals.outbox.recording:_set_pace", 1, 6, 1),  # recorded, not committed
        ("approvals.outbox.delivering:record", 1, 6, 1),  # committed
        ("approvals.outbox.delivering:objection_to_sending", 0, 0, 1),  # claimed, not a byte sent
        ("approvals.outbox.batches:_write_down", 1, 0, 1),  # written down, cursor not moved
        ("approvals.outbox.positions:update_rows", 1, 0, 1),  # positions given, not committed
        ("approvals.outbox.delivering:record", 0, 2, 4),  # arrays answered, not recorded
    ],
)
def test_a_deliverer_that_is_killed_loses_nothing_and_repeats_under_the_same_ids(
    die, receivers, subscribe, happened, place, count, arrived, events_per_call
):
    receiver = receivers()
    subscribe(receiver, events_per_call=events_per_call)
    events = happened("a", "b", "a", "c", "b", "a")
    die(place, count)
    assert len(receiver.received) == arrived
    deliver()
    assert {event["id"] for event in receiver.once_each()} == {str(event.uid) for event in events}
    of_a = [event["sequence"] for event in receiver.once_each() if event["subject"] == "a"]
    assert of_a == sorted(of_a)
    assert set(Delivery.objects.values_list("status", flat=True)) == {Status.DELIVERED}
    calls = len(receiver.received)
    deliver()
    assert len(receiver.received) == calls


def test_two_deliverers_at_once_send_each_event_once(receivers, subscribe):
    first, second = receivers(), receivers()
    subscribe(first, "first")
    subscribe(second, "second")
    write_in_one([Draft("stock.moved", f"item:{n % 7}", {"n": n}) for n in range(120)])
    reports = at_once(deliver, deliver, deliver)
    assert sum(report.delivered for report in reports) == 240, reports
    deliver()
    for receiver in (first, second):
        assert len(receiver.received) == 120
        numbers: dict[str, str] = {}
        for event in receiver.once_each():
            assert numbers.get(event["subject"], "") < event["sequence"]
            numbers[event["subject"]] = event["sequence"]


def write_in_one(drafts):
    with transaction.atomic():
        write_events(drafts)


def test_a_holder_that_lost_its_lease_writes_nothing(receivers, subscribe, happened):
    subscription, _ = subscribe(receivers())
    happened("a")
    deliver()
    happened("a")
    assign_positions()
    subscription.refresh_from_db()
    token = leases.acquire(subscription)
    batches.fan_out(subscription.pk, token)
    claimed = batches.claim(subscription.pk, token)
    assert len(claimed) == 1
    subscription.refresh_from_db()
    assert leases.acquire(subscription) is None, "it lives, and its lease runs"
    Subscription.objects.update(lease_holder="another-machine", lease_expires_at=subscription.created_at)
    assert deliver().delivered == 1, "taken over when the lease had ended"
    with pytest.raises(leases.LeaseLost):
        record(subscription.pk, token, claimed, {claimed[0].pk: Outcome(500, "late")})
    assert set(Delivery.objects.values_list("status", flat=True)) == {Status.DELIVERED}


@pytest.mark.parametrize(("events_per_call", "many"), [(1, 120), (100, 450)])
def test_a_batch_takes_as_many_statements_for_many_as_for_few(receivers, subscribe, events_per_call, many):
    subscription, _ = subscribe(receivers(), events_per_call=events_per_call)
    counted = []
    for size in (3, many):
        write_in_one([Draft("stock.moved", f"item:{n % 50}") for n in range(size)])
        assign_positions()
        subscription.refresh_from_db()
        token = leases.acquire(subscription)
        with CaptureQueriesContext(connection) as captured:
            assert batches.fan_out(subscription.pk, token) == size
            claimed = batches.claim(subscription.pk, token)
            assert len(claimed) == size
            bodies = [delivery.event.name for delivery in claimed]
            record(subscription.pk, token, claimed, {delivery.pk: Outcome(200, "") for delivery in claimed})
        assert len(bodies) == size
        leases.release(subscription.pk, token)
        counted.append(len(captured))
    assert counted[0] == counted[1], counted


def test_a_replay_does_not_overtake_what_comes_before_it(receivers, subscribe, manager, happened):
    """Deliveries beyond the cursor wait until the replay has come to them."""
    receiver = receivers()
    subscription, _ = subscribe(receiver)
    happened("a", "a")
    deliver()
    receiver.answer = lambda event: Answer(500)
    happened("a")
    deliver()
    Subscription.objects.update(cursor=0)
    Delivery.objects.update(next_attempt_at=subscription.created_at)
    subscription.refresh_from_db()
    token = leases.acquire(subscription)
    assert batches.claim(subscription.pk, token) == []
    batches.fan_out(subscription.pk, token)
    assert [delivery.position for delivery in batches.claim(subscription.pk, token)] == [1, 2, 3]


def test_an_answer_that_comes_in_drops_is_cut_off(settings, monkeypatch):
    settings.EVENTS_TIMEOUT = 0.3
    monkeypatch.setattr("approvals.outbox.lanes.GRACE", 0.2)
    listener = socket.create_server(("127.0.0.1", free_port()))
    over = threading.Event()

    def drip():
        taken, _ = listener.accept()
        with taken:
            try:
                while not over.wait(0.05):
                    taken.sendall(b"H")
            except OSError:
                pass

    threading.Thread(target=drip, daemon=True).start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    with Caller(url, [new_secret()]) as caller, Lanes(caller, time.monotonic() + 0.2) as lanes:
        outcomes = lanes.send([Message(1, "a", "id", b"{}")])
    over.set()
    listener.close()
    assert outcomes[1].status is None
    assert "connection failed" in outcomes[1].answer


def test_one_wake_up_a_transaction_and_none_without_subscribers(receivers, subscribe, happened, monkeypatch):
    told = []
    monkeypatch.setattr(deliver_task, "delay", lambda: told.append(1))
    happened("a")
    assert told == []
    subscribe(receivers())
    with transaction.atomic():
        happened("a", "b", "c")
        write_events([Draft("stock.moved", "d")])
        assert told == []
    assert told == [1]
    with transaction.atomic():
        happened("a")
        transaction.set_rollback(True)
    assert told == [1]


def test_the_command_says_what_was_done(receivers, subscribe, happened, capsys):
    subscribe(receivers())
    happened("a", "b")
    call_command("deliver_events")
    assert "2 events put in order, 2 delivered, 0 attempts failed." in capsys.readouterr().out
    call_command("deliver_events", "--json")
    assert '"delivered": 0' in capsys.readouterr().out


@pytest.mark.slow
def test_events_from_before_get_their_places():
    """The migration, over rows that exist."""
    executor = MigrationExecutor(connection)
    newest = executor.loader.graph.leaf_nodes()
    try:
        executor.migrate([("approvals", "0004_guardrail_quantity_limit")])
        old = executor.loader.project_state(("approvals", "0004_guardrail_quantity_limit")).apps
        for n in range(3):
            old.get_model("approvals", "Event").objects.create(name="a", subject=f"s{n}")
        old.get_model("approvals", "Event").objects.filter(subject="s1").delete()
    finally:
        MigrationExecutor(connection).migrate(newest)
    events = Event.objects.order_by("position")
    assert [(event.subject, event.position) for event in events] == [("s0", 1), ("s2", 2)]
    assert len({event.uid for event in events}) == 2
    Event.objects.create(name="a", subject="next")
    deliver()
    assert Event.objects.get(subject="next").position == 3
