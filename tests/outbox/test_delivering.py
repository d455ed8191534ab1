"""Events arrive: signed, in order, and again when they did not."""

from collections import defaultdict

import pytest
from django.db import connection

from approvals.models import Alert, Delivery, Subscription
from approvals.outbox.delivering import deliver
from approvals.outbox.subscriptions import resume_subscription
from tests.receivers import Answer

pytestmark = pytest.mark.django_db(transaction=True)
Status = Delivery.Status


def subjects_in_order(receiver):
    """By subject, the sequence numbers in the order a consumer without duplicates has them."""
    orders = defaultdict(list)
    for event in receiver.once_each():
        orders[event["subject"]].append(int(event["sequence"]))
    return orders


def assert_complete_and_ordered(receiver, events):
    assert sorted(event["id"] for event in receiver.once_each()) == sorted(str(event.uid) for event in events)
    assert all(order == sorted(order) for order in subjects_in_order(receiver).values())


def test_an_event_arrives_as_a_signed_cloud_event(receivers, subscribe, happened):
    receiver = receivers()
    subscription, secret = subscribe(receiver)
    [event] = happened("item:7")
    happened("item:8", name="of.no.interest")

    assert deliver().delivered == 1
    [message] = receiver.received
    assert message.is_signed_by(secret)
    assert message.headers["webhook-id"] == str(event.uid)
    assert message.headers["content-type"].startswith("application/cloudevents+json")
    event.refresh_from_db()
    assert message.event == {
        "specversion": "1.0",
        "id": str(event.uid),
        "source": "/countersign",
        "type": "stock.moved",
        "subject": "item:7",
        "time": event.occurred_at.isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "sequence": f"{event.position:020}",
        "data": {"n": 0, "unit": "€"},
    }
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.attempts, delivery.last_status) == (Status.DELIVERED, 1, 204)
    subscription.refresh_from_db()
    assert subscription.cursor == 2
    assert deliver().delivered == 0
    assert len(receiver.received) == 1


@pytest.mark.slow
def test_a_receiver_that_is_down_for_a_day_gets_everything_and_the_others_never_wait(
    receivers, subscribe, happened, pass_time
):
    down, up = receivers(), receivers()
    subscribe(down, "down")
    subscribe(up, "up")
    down.stop()
    events = []
    for hour in range(0, 24, 2):
        events += happened(*(f"item:{n % 5}" for n in range(10)))
        pass_time(minutes=15)
        pass_time(minutes=105)
        assert len(up.received) == len(events), f"the other waited in hour {hour}"
    assert Alert.objects.filter(key__endswith="-dead").count() == 0
    down.start()
    for _ in range(16):
        pass_time(minutes=61)
    assert_complete_and_ordered(down, events)
    assert_complete_and_ordered(up, events)
    assert set(Delivery.objects.values_list("status", flat=True)) == {Status.DELIVERED}


def test_500_for_one_subject_holds_back_that_subject_alone_until_it_is_given_up(
    receivers, subscribe, happened, pass_time
):
    receiver = receivers()
    subscription, _ = subscribe(receiver)
    events = happened("bad", "good", "bad", "good")
    poison = str(events[0].uid)
    receiver.answer = lambda event: Answer(500, "cannot read this") if event["id"] == poison else Answer()
    deliver()
    assert [event["subject"] for event in receiver.once_each()] == ["good", "good"]
    due = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]
    for tries, seconds in enumerate(due, 2):
        assert pass_time(seconds=seconds - 1).failed == 0
        assert pass_time(seconds=1).failed == 1
        assert Delivery.objects.get(event=events[0]).attempts == tries
    dead = Delivery.objects.get(event=events[0])
    assert (dead.status, dead.last_status, dead.last_answer) == (Status.DEAD, 500, "cannot read this")
    assert "given up" in Alert.objects.get(key=f"events-out-{subscription.pk}-dead").message
    deliver()
    assert [event["id"] for event in receiver.once_each()][-1] == str(events[2].uid), "its successor may go"


def test_410_stops_the_subscription_and_resuming_goes_on(receivers, subscribe, happened, manager):
    gone, other = receivers(), receivers()
    subscription, _ = subscribe(gone, "gone")
    subscribe(other, "other")
    gone.answer = lambda event: Answer(410, "moved away")
    events = happened("a", "b", "c")
    deliver()
    subscription.refresh_from_db()
    assert subscription.state == Subscription.State.DISABLED
    assert "410" in subscription.state_reason
    assert Alert.objects.get(key=f"events-out-{subscription.pk}-disabled").severity == "critical"
    events += happened("a")
    calls = len(gone.received)
    deliver()
    assert len(gone.received) == calls
    assert len(other.received) == 4
    gone.answer = lambda event: Answer()
    resume_subscription(subscription_id=subscription.pk, by=manager)
    deliver()
    assert_complete_and_ordered(gone, events)
    assert not Alert.objects.filter(resolved_at=None).exists()


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_receiver_that_asks_for_time_gets_it(receivers, subscribe, happened, pass_time, settings, status):
    settings.EVENTS_LANES = 1
    receiver = receivers()
    subscribe(receiver)
    receiver.answer = lambda event: Answer(status, headers={"Retry-After": "90"})
    events = happened(*"abcdef")
    deliver()
    assert len(receiver.received) == 1, "one answer speaks for all"
    pass_time(seconds=80)
    assert len(receiver.received) == 1
    pass_time(seconds=11)
    assert len(receiver.received) == 2, "asked with one message"
    receiver.answer = lambda event: Answer()
    pass_time(seconds=91)
    pass_time(minutes=5)
    assert_complete_and_ordered(receiver, events)


def test_a_slow_receiver_delays_nobody(receivers, subscribe, happened, settings):
    settings.EVENTS_TIMEOUT, settings.EVENTS_SLICE, settings.EVENTS_LANES = 3, 15, 1
    slow, quick = receivers(), receivers()
    subscribe(slow, "a-slow")
    subscribe(quick, "b-quick")
    arrived = []

    def hang(event):
        arrived.append(len(quick.received))
        if len(arrived) == 1:
            happened("later")  # while the slow one keeps its caller
            connection.close()
        return Answer(delay=6)

    slow.answer = hang
    happened("item")
    deliver()
    assert len(quick.received) == 2, "what came meanwhile went out in the same round"
    assert "No answer within 3 seconds" in Delivery.objects.filter(subscription__name="a-slow").first().last_answer


def test_redirects_are_not_followed(receivers, subscribe, happened):
    receiver, elsewhere = receivers(), receivers()
    subscribe(receiver)
    receiver.answer = lambda event: Answer(302, headers={"Location": elsewhere.url})
    happened("item")
    deliver()
    assert elsewhere.received == []
    assert Delivery.objects.get().last_status == 302
