"""Several events in one call: what it looks like, and that one bad event is no harm to its neighbours."""

import threading
from collections import defaultdict
from typing import Any

import pytest
from django.urls import reverse

from approvals.models import AuditEntry, Delivery, Event, Subscription
from approvals.outbox import batches, leases
from approvals.outbox.dead_letters import retry_dead_letter
from approvals.outbox.delivering import deliver
from approvals.outbox.envelope import envelope
from approvals.outbox.packing import MOST_BYTES
from approvals.outbox.positions import assign_positions
from approvals.outbox.retrying import SCHEDULE
from approvals.outbox.subscriptions import change_subscription, create_subscription
from approvals.refusals import Refused
from tests.receivers import Answer

pytestmark = pytest.mark.django_db(transaction=True)
Status = Delivery.Status


def ids(message):
    return list(message.by_id)


def uids(events):
    return [str(event.uid) for event in events]


def assert_all_came_in_order(receiver, events):
    came = receiver.once_each()
    assert sorted(event["id"] for event in came) == sorted(uids(events))
    orders = defaultdict(list)
    for event in came:
        orders[event["subject"]].append(event["sequence"])
    assert all(order == sorted(order) for order in orders.values()), orders


def refusing(*poison):
    """Any call that carries one of these events."""

    def answer(events):
        return Answer(500, "cannot read this") if {event["id"] for event in events} & set(poison) else Answer()

    return answer


def test_an_array_arrives_signed_and_complete(receivers, subscribe, happened):
    alone, together = receivers(), receivers()
    subscribe(alone, "alone")
    subscription, secret = subscribe(together, "together", events_per_call=100)
    events = happened("a", "b", "a")
    assert deliver().delivered == 6
    [message] = together.received
    assert message.is_signed_by(secret)
    assert message.headers["content-type"] == "application/cloudevents-batch+json; charset=utf-8"
    assert message.headers["webhook-id"] == f"{events[0].uid}-3"
    bodies = {received.headers["webhook-id"]: received.body for received in alone.received}
    assert message.body == b"[" + b",".join(bodies[uid] for uid in uids(events)) + b"]"
    assert {received.headers["content-type"] for received in alone.received} == {
        "application/cloudevents+json; charset=utf-8"
    }
    rows = subscription.deliveries.values_list("status", "attempts", "last_status")
    assert set(rows) == {(Status.DELIVERED, 1, 204)}


def test_one_event_is_an_array_too_under_its_own_id(receivers, subscribe, happened):
    receiver = receivers()
    subscribe(receiver, events_per_call=2)
    [event] = happened("a")
    deliver()
    [message] = receiver.received
    assert message.headers["webhook-id"] == str(event.uid)
    event.refresh_from_db()
    assert message.body == b"[" + envelope(event) + b"]"


def test_calls_are_full_before_there_is_another(receivers, subscribe, happened):
    receiver = receivers()
    subscribe(receiver, events_per_call=10)
    events = happened(*(f"item:{n}" for n in range(35)))
    deliver()
    assert sorted(len(message.by_id) for message in receiver.received) == [8, 9, 9, 9]
    assert_all_came_in_order(receiver, events)


def test_a_poisoned_event_is_given_up_alone_and_the_others_arrive(receivers, subscribe, happened, pass_time, settings):
    settings.EVENTS_LANES = 2
    receiver = receivers()
    subscribe(receiver, events_per_call=8)
    events = happened("a", "b", "bad", "c", "bad", "a", "d", "e", "f", "a")
    poison = str(events[2].uid)
    receiver.answer = refusing(poison)
    deliver()
    assert any(poison in message.by_id and len(message.by_id) > 1 for message in receiver.received)
    before = len(receiver.received)
    pass_time(seconds=5)
    assert all(len(message.by_id) == 1 for message in receiver.received[before:]), "what failed goes by itself"
    others = [event for event in events if event.subject != "bad"]
    assert_all_came_in_order(receiver, others)
    for wait in SCHEDULE[2:]:
        pass_time(seconds=wait.total_seconds())
    dead = Delivery.objects.get(status=Status.DEAD)
    assert (str(dead.event.uid), dead.attempts, dead.last_answer) == (poison, len(SCHEDULE), "cannot read this")
    deliver()
    assert_all_came_in_order(receiver, [event for event in events if str(event.uid) != poison])
    assert sum(poison in message.by_id for message in receiver.received) == len(SCHEDULE)


def test_a_dead_letter_that_is_tried_anew_takes_nobody_with_it(receivers, subscribe, happened, pass_time, manager):
    receiver = receivers()
    subscribe(receiver, events_per_call=8)
    [bad] = happened("bad")
    receiver.answer = refusing(str(bad.uid))
    deliver()
    for wait in SCHEDULE[1:]:
        pass_time(seconds=wait.total_seconds())
    retry_dead_letter(delivery_id=Delivery.objects.get(status=Status.DEAD).pk, by=manager, reason="They mended it")
    later = happened("a", "b")
    assert deliver().delivered == 2
    assert [ids(message) for message in receiver.received[-2:] if message.is_taken] == [uids(later)]


def test_order_of_a_subject_is_kept_with_failures_in_between(receivers, subscribe, happened, pass_time, settings):
    settings.EVENTS_LANES = 3
    receiver = receivers()
    subscribe(receiver, events_per_call=4)
    calls = []

    def every_third(events):
        calls.append(len(events))
        return Answer(500 if len(calls) % 3 == 0 else 204)

    receiver.answer = every_third
    events = []
    for _ in range(4):
        events += happened(*"abacabadabacaba")
        deliver()
    for _ in range(3):
        pass_time(minutes=5)
    assert max(calls) == 4
    receiver.answer = lambda events: Answer()
    pass_time(hours=24)
    pass_time(seconds=1)
    assert_all_came_in_order(receiver, events)
    assert set(Delivery.objects.values_list("status", flat=True)) == {Status.DELIVERED}


def test_a_receiver_that_goes_away_in_mid_batch_loses_nothing(receivers, subscribe, happened, pass_time, settings):
    """It keeps what it read before it hung up, and gets that again."""
    settings.EVENTS_LANES = 1
    receiver = receivers()
    subscription, _ = subscribe(receiver, events_per_call=4)
    receiver.answer = lambda events: Answer(503) if len(receiver.received) == 1 else Answer()
    events = happened(*"abcdefghij")
    deliver()
    assert [len(message.by_id) for message in receiver.received] == [4, 4]
    subscription.refresh_from_db()
    assert subscription.failures == 0, "the first call was taken"
    pass_time(minutes=1)
    pass_time(minutes=10)
    assert_all_came_in_order(receiver, events)
    twice = [uid for message in receiver.taken() for uid in message.by_id]
    assert len(twice) == len(set(twice))


@pytest.mark.parametrize(("events_per_call", "calls"), [(1, 8), (100, 1)])
def test_an_outage_begins_as_one_failure_and_what_comes_next_is_one_event(
    receivers, subscribe, happened, pass_time, events_per_call, calls
):
    """However many calls were under way, or events in them: else a moment's outage would cost five minutes."""
    receiver, together = receivers(), threading.Barrier(calls)
    subscription, _ = subscribe(receiver, events_per_call=events_per_call)

    def away(events: Any) -> Answer:
        together.wait(timeout=30)
        return Answer(503)

    receiver.answer = away
    events = happened(*"abcdefghij")
    report = deliver()
    assert report.failed == min(10, calls * events_per_call), "the report counts events"
    subscription.refresh_from_db()
    assert subscription.failures == 1
    receiver.answer, before = lambda events: Answer(), len(receiver.received)
    pass_time(seconds=6)
    assert len(receiver.received[before].by_id) == 1, "asked with one message"
    pass_time(seconds=6)
    assert_all_came_in_order(receiver, events)


def test_what_a_dead_holder_was_sending_goes_out_one_by_one(receivers, subscribe, happened):
    receiver = receivers()
    subscription, _ = subscribe(receiver, events_per_call=10)
    old = happened("a", "b", "a")
    assign_positions()
    token = leases.acquire(subscription)
    batches.fan_out(subscription.pk, token)
    assert len(batches.claim(subscription.pk, token)) == 3
    leases.release(subscription.pk, token)
    new = happened("c", "d")
    deliver()
    assert sorted(ids(message) for message in receiver.received) == sorted([uids(new), *([uid] for uid in uids(old))])
    assert_all_came_in_order(receiver, [*old, *new])


def test_the_mode_may_change_while_events_wait(receivers, subscribe, happened, pass_time, manager):
    receiver = receivers()
    subscription, _ = subscribe(receiver, events_per_call=3)
    receiver.answer = lambda said: Answer(500)
    events = happened("a", "b")
    deliver()
    receiver.answer = lambda said: Answer()
    change = {"subscription_id": subscription.pk, "url": receiver.url, "event_names": ["stock.moved"], "by": manager}
    change_subscription(**change, events_per_call=1)
    events += happened("a", "c")
    pass_time(seconds=5)
    deliver()
    assert not any(message.is_array for message in receiver.taken())
    change_subscription(**change, events_per_call=50)
    events += happened("a", "b", "c")
    deliver()
    assert len(receiver.received[-1].by_id) == 3
    assert_all_came_in_order(receiver, events)
    changes = AuditEntry.objects.filter(verb="subscription.changed").order_by("number")
    told = [(entry.details["before"]["events_per_call"], entry.details["events_per_call"]) for entry in changes]
    assert told == [(3, 1), (1, 50)]
    change_subscription(**change)
    assert Subscription.objects.get().events_per_call == 50, "what is not said stays"


def test_a_call_stays_below_its_size_unless_one_event_is_larger(receivers, subscribe, happened, settings):
    settings.EVENTS_LANES = 1
    receiver = receivers()
    subscribe(receiver, events_per_call=100)
    events = happened(*"abcde", text="é" * 50_000)
    events += happened("f", text="x" * MOST_BYTES)
    events += happened("g")
    deliver()
    assert [len(message.by_id) for message in receiver.received] == [2, 2, 1, 1, 1]
    assert [len(message.body) > MOST_BYTES for message in receiver.received] == [False, False, False, True, False]
    assert_all_came_in_order(receiver, events)


@pytest.mark.parametrize(("beyond", "calls"), [(0, [2, 1]), (1, [1, 2])])
def test_an_array_may_have_exactly_its_most_bytes(receivers, subscribe, happened, settings, beyond, calls):
    settings.EVENTS_LANES = 1
    receiver = receivers()
    subscribe(receiver, events_per_call=100)
    [first] = happened("a", text="x" * 200_000)
    [second] = happened("b", text="")
    assign_positions()
    first.refresh_from_db()
    second.refresh_from_db()
    room = MOST_BYTES - len(b"[,]") - len(envelope(first)) - len(envelope(second))
    Event.objects.filter(pk=second.pk).update(payload={**second.payload, "text": "x" * (room + beyond)})
    happened("c")
    deliver()
    assert [len(message.by_id) for message in receiver.received] == calls
    assert beyond or len(receiver.received[0].body) == MOST_BYTES


def page(action, *args):
    return reverse(f"admin:approvals_subscription_{action}", args=args)


def test_the_form_sets_it(office):
    form = {"name": "reader", "url": "https://example.com/x", "event_names": "*", "events_per_call": "100"}
    assert "application/cloudevents-batch+json" in office.get(page("new")).content.decode()
    office.post(page("new"), form)
    subscription = Subscription.objects.get()
    assert subscription.events_per_call == 100
    assert AuditEntry.objects.get(verb="subscription.created").details["events_per_call"] == 100
    assert 'value="100"' in office.get(page("change_address", subscription.pk)).content.decode()
    office.post(page("change_address", subscription.pk), {**form, "events_per_call": "7"})
    subscription.refresh_from_db()
    assert subscription.events_per_call == 7
    assert "Events per call" in office.get(page("change", subscription.pk)).content.decode()


@pytest.mark.parametrize("typed", ["0", "101", "-1", "many", "1.5", "", "9" * 5_000])
def test_a_wrong_number_is_refused_with_all_else_that_is_wrong(office, typed):
    form = {"name": "No", "url": "http://example.com/", "event_names": "stock moved", "events_per_call": typed}
    answer = office.post(page("new"), form)
    assert answer.status_code == 409
    for said in ("whole number from 1 to 100", "cannot be a name", "by https only", "is not the name of an event"):
        assert said in answer.content.decode()
    assert f'value="{typed}"' in answer.content.decode()
    assert not Subscription.objects.exists()


@pytest.mark.parametrize("wrong", [0, 101])
def test_the_operations_refuse_it_as_well(manager, wrong):
    what = {"url": "https://example.com/x", "event_names": ["*"], "by": manager}
    subscription, _ = create_subscription(name="reader", **what)
    with pytest.raises(Refused, match="from 1 to 100"):
        change_subscription(subscription_id=subscription.pk, events_per_call=wrong, **what)
    with pytest.raises(Refused, match="from 1 to 100"):
        create_subscription(name="other", events_per_call=wrong, **what)
