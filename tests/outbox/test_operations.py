"""What a person may do: every button is one operation, refused with a sentence, and leaves an audit entry."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils.timezone import localtime

from approvals import health
from approvals.clock import now
from approvals.models import Alert, AuditEntry, Delivery, Subscription, SubscriptionSecret
from approvals.outbox import subscriptions as operations
from approvals.outbox.dead_letters import retry_dead_letter, skip_dead_letter
from approvals.outbox.delivering import deliver
from approvals.outbox.retention import forget_delivered
from approvals.refusals import Refused
from approvals.ticking import tick
from tests import factories as make
from tests.receivers import Answer

pytestmark = pytest.mark.django_db(transaction=True)
Status = Delivery.Status
State = Subscription.State


def page(action: str, *args: object) -> str:
    return reverse(f"admin:approvals_{action}", args=args)


def give_up(receiver, pass_time):
    receiver.answer = lambda event: Answer(500)
    deliver()
    for _ in range(10):
        pass_time(hours=24)
    receiver.answer = lambda event: Answer()


def test_a_subscription_is_made_by_button_and_its_secret_is_shown_once(office, receivers, happened):
    happened("before it")
    receiver = receivers()
    form = {"name": "reader", "url": receiver.url, "event_names": "stock.moved, stock.counted"}
    assert office.get(page("subscription_new")).status_code == 200
    assert not Subscription.objects.exists(), "looking makes nothing"
    answer = office.post(page("subscription_new"), form)
    assert "no-store" in answer["Cache-Control"]
    secret = answer.content.decode().split('id="secret-text"')[1].split(">")[1].split("<")[0]
    subscription = Subscription.objects.get()
    assert subscription.event_names == ["stock.counted", "stock.moved"]
    for path in (page("subscription_change", subscription.pk), page("subscription_changelist")):
        assert secret not in office.get(path).content.decode()
    stored = SubscriptionSecret.objects.get().sealed + str(AuditEntry.objects.values())
    assert secret.removeprefix("whsec_") not in stored
    happened("after it")
    deliver()
    [message] = receiver.received
    assert message.is_signed_by(secret)
    assert message.event["subject"] == "after it"
    refused = office.post(page("subscription_new"), form)
    assert refused.status_code == 409
    assert "choose another name" in refused.content.decode()


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"url": "http://example.com/"}, "by https only"),
        ({"url": "https://10.0.0.8/"}, "inside a network"),
        ({"name": "Not A Slug"}, "cannot be a name"),
        ({"event_names": " , "}, "at least one event"),
        ({"event_names": "stock moved"}, "is not the name of an event"),
    ],
)
def test_a_wrong_field_is_named_and_what_was_typed_stays(office, form, said):
    typed = {"name": "reader", "url": "https://example.com/events", "event_names": "*", **form}
    answer = office.post(page("subscription_new"), typed)
    assert answer.status_code == 409
    assert said in answer.content.decode()
    assert f'value="{typed["url"]}"' in answer.content.decode()
    assert not Subscription.objects.exists()


def test_pausing_keeps_what_happens_for_later(office, receivers, subscribe, happened):
    receiver = receivers()
    subscription, _ = subscribe(receiver)
    assert office.post(page("subscription_pause", subscription.pk)).status_code == 409, "a reason is asked for"
    office.post(page("subscription_pause", subscription.pk), {"reason": "They move house"})
    events = happened("a", "a")
    deliver()
    assert receiver.received == []
    assert "They move house" in office.get(page("subscription_change", subscription.pk)).content.decode()
    assert "2 events wait" in office.get(page("subscription_resume", subscription.pk)).content.decode()
    office.post(page("subscription_resume", subscription.pk))
    deliver()
    assert [event["id"] for event in receiver.once_each()] == [str(event.uid) for event in events]
    again = office.post(page("subscription_resume", subscription.pk))
    assert "is active already" in again.content.decode()
    assert list(AuditEntry.objects.order_by("number").values_list("verb", flat=True)) == [
        "subscription.created",
        "subscription.paused",
        "subscription.resumed",
    ]


def test_a_rotation_signs_with_both_until_the_old_one_ends(office, receivers, subscribe, happened, pass_time):
    receiver = receivers()
    subscription, old = subscribe(receiver)
    answer = office.post(page("subscription_rotate", subscription.pk), {"hours": "2"})
    new = answer.content.decode().split('id="secret-text"')[1].split(">")[1].split("<")[0]
    happened("a")
    deliver()
    assert receiver.received[-1].is_signed_by(old)
    assert receiver.received[-1].is_signed_by(new)
    happened("a")
    pass_time(hours=2, seconds=1)
    assert not receiver.received[-1].is_signed_by(old)
    assert receiver.received[-1].is_signed_by(new)
    for typed in ("many", "2161", "-1", "", "9" * 5_000):
        refused = office.post(page("subscription_rotate", subscription.pk), {"hours": typed})
        assert (refused.status_code, "from 0 to 2160" in refused.content.decode()) == (409, True)


def test_a_replay_sends_the_same_ids_in_order_from_a_point_in_time(office, receivers, subscribe, happened, pass_time):
    receiver = receivers()
    subscription, _ = subscribe(receiver)
    happened("a", "b")
    pass_time(hours=3)
    since = now()
    later = happened("a", "b", "a")
    deliver()
    first_time = [message.body for message in receiver.taken()]
    # What has been forgotten meanwhile is replayed as well.
    Delivery.objects.filter(event=later[0]).delete()
    typed = localtime(since).strftime("%Y-%m-%dT%H:%M:%S.%f")
    assert (
        office.post(page("subscription_replay", subscription.pk), {"since": "soon", "reason": "x"}).status_code == 409
    )
    office.post(page("subscription_replay", subscription.pk), {"since": typed, "reason": "They lost a disk"})
    deliver()
    again = [message.body for message in receiver.taken()][len(first_time) :]
    assert sorted(again) == sorted(first_time[2:])
    of_a = [
        message.event["sequence"] for message in receiver.taken()[len(first_time) :] if message.event["subject"] == "a"
    ]
    assert of_a == sorted(of_a)
    assert len(receiver.once_each()) == 5
    assert AuditEntry.objects.get(verb="subscription.replayed").details["reason"] == "They lost a disk"
    with pytest.raises(Refused, match="nothing to replay"):
        operations.replay(subscription_id=subscription.pk, since=now(), by=make.user("al", superuser=True), reason="x")


def test_a_dead_letter_is_retried_or_skipped_with_a_reason_and_its_alert_ends(
    office, receivers, subscribe, happened, pass_time
):
    receiver = receivers()
    subscription, _ = subscribe(receiver)
    happened("a", "b")
    give_up(receiver, pass_time)
    dead = list(Delivery.objects.filter(status=Status.DEAD))
    assert len(dead) == 2
    listed = office.get(page("delivery_changelist")).content.decode()
    assert "Dead letter" in listed
    assert health.lines()["events_out"].figures["dead_letters"] == 2
    office.post(page("delivery_retry", dead[0].pk), {"reason": "They mended it"})
    deliver()
    dead[0].refresh_from_db()
    assert dead[0].status == Status.DELIVERED
    assert Alert.objects.filter(resolved_at=None, key__endswith="-dead").exists()
    office.post(page("delivery_skip", dead[1].pk), {"reason": "A test of theirs"})
    dead[1].refresh_from_db()
    assert dead[1].status == Status.SKIPPED
    assert not Alert.objects.filter(resolved_at=None, key__endswith="-dead").exists()
    assert AuditEntry.objects.get(verb="delivery.skipped").details["reason"] == "A test of theirs"
    assert "only a dead letter" in office.post(page("delivery_skip", dead[0].pk), {"reason": "x"}).content.decode()


def test_dead_letters_are_listed_first(office, receivers, subscribe, happened, pass_time):
    receiver = receivers()
    subscribe(receiver)
    [dead] = happened("dead")
    give_up(receiver, pass_time)
    happened("fine", "fine")
    deliver()
    rows = office.get(page("delivery_changelist")).context["cl"].result_list
    assert [row.status for row in rows] == [Status.DEAD, Status.DELIVERED, Status.DELIVERED]
    assert rows[0].event == dead


def test_who_may_not_is_refused_by_the_server(receivers, subscribe, happened, pass_time):
    receiver = receivers()
    subscription, _ = subscribe(receiver)
    happened("a")
    give_up(receiver, pass_time)
    delivery = Delivery.objects.get()
    buttons = [
        page(f"subscription_{name}", subscription.pk) for name in ("rotate", "pause", "replay", "change_address")
    ]
    decisions = [page("delivery_retry", delivery.pk), page("delivery_skip", delivery.pk)]
    for role, may_look, may_decide in (("auditor", 200, 403), ("integrator", 200, 409), ("counter", 403, 403)):
        person = make.user("", role)
        person.is_staff = True
        person.save()
        client = Client()
        client.force_login(person)
        assert client.get(page("subscription_changelist")).status_code == may_look
        assert {client.post(path).status_code for path in (*buttons, page("subscription_new"))} == {403}
        assert {client.post(path).status_code for path in decisions} == {may_decide}
        with pytest.raises(Refused, match="may not manage"):
            operations.rotate_secret(subscription_id=subscription.pk, by=person)
    for decide in (retry_dead_letter, skip_dead_letter):
        with pytest.raises(Refused, match="may not decide"):
            decide(delivery_id=delivery.pk, by=make.user("", "auditor"), reason="x")


def test_the_seeded_subscriptions_wait_for_an_address(office, capsys, happened, receivers):
    call_command("seed_subscriptions")
    call_command("seed_subscriptions")
    assert "there already" in capsys.readouterr().out
    rows = Subscription.objects.order_by("name")
    assert [(row.name, row.event_names, row.state) for row in rows] == [
        ("ar_aging_view", ["inventory.adjusted"], State.PAUSED),
        ("customer_health_predictor", ["inventory.adjusted"], State.PAUSED),
    ]
    resumed = office.post(page("subscription_resume", rows[0].pk))
    assert "no address yet" in resumed.content.decode()
    happened("adjustment:1", name="inventory.adjusted")
    assert deliver().failed == 0
    assert health.lines()["events_out"].problem == "", "nobody is late who never began"
    receiver = receivers()
    change = {"url": receiver.url, "event_names": "inventory.adjusted"}
    office.post(page("subscription_change_address", rows[0].pk), change)
    office.post(page("subscription_resume", rows[0].pk))
    deliver()
    assert [event["subject"] for event in receiver.once_each()] == ["adjustment:1"]


def test_health_and_an_alert_tell_of_a_receiver_that_is_behind(receivers, subscribe, happened, pass_time):
    receiver = receivers()
    subscription, _ = subscribe(receiver)
    receiver.stop()
    happened("a", "a")
    pass_time(minutes=14)
    tick()
    assert health.lines()["events_out"].problem == ""
    pass_time(minutes=2)
    tick()
    line = health.lines()["events_out"]
    assert line.figures["waiting"] == 2
    assert 16 * 60 <= line.figures["oldest_undelivered_seconds"] < 17 * 60
    assert "reader are late: 2 wait" in line.problem
    alert = Alert.objects.get(key=f"events-out-{subscription.pk}-late", resolved_at=None)
    assert "nothing is lost" in alert.message
    receiver.start()
    pass_time(minutes=30)
    pass_time(minutes=5)
    tick()
    assert health.lines()["events_out"].problem == ""
    assert not Alert.objects.filter(resolved_at=None).exists()


def test_delivered_rows_are_forgotten_after_their_time_and_nothing_else(
    receivers, subscribe, happened, pass_time, settings
):
    receiver = receivers()
    subscribe(receiver)
    happened("good", "good")
    deliver()
    happened("bad")
    give_up(receiver, pass_time)
    pass_time(days=79)
    assert forget_delivered() == 0
    pass_time(days=2)
    tick()
    assert [delivery.status for delivery in Delivery.objects.all()] == [Status.DEAD]
    assert len(receiver.once_each()) == 2


def test_a_secret_that_cannot_be_read_any_more_stops_the_subscription_with_its_reason(
    receivers, subscribe, happened, settings, manager
):
    receiver = receivers()
    subscription, _ = subscribe(receiver)
    settings.SECRET_KEY = "another"
    happened("a")
    deliver()
    subscription.refresh_from_db()
    assert subscription.state == State.DISABLED
    assert "rotate it" in subscription.state_reason
    operations.rotate_secret(subscription_id=subscription.pk, by=manager, overlap=timedelta(0))
    operations.resume_subscription(subscription_id=subscription.pk, by=manager)
    deliver()
    assert len(receiver.taken()) == 1
