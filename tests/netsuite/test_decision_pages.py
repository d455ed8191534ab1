"""The pages behind the buttons of a push: re-date, the two sides of a conflict, and who is offered which."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from approvals.clock import now
from netsuite.models import Push, PushAttempt, PushDecision
from tests import factories as make
from tests.netsuite.stage import enqueue
from tests.netsuite.test_push_admin import client_for, page, refused_push, text_of

pytestmark = pytest.mark.django_db
OTHER_HASH = "ab" * 32


def closed_period(external_id: str = "CS-IA-1") -> Push:
    push = refused_push(external_id)
    answer = {"outcome": "rejected", "error": {"code": "TRAN_PERIOD_CLOSED"}}
    PushAttempt.objects.update(
        code="TRAN_PERIOD_CLOSED", message="The period Nov 2026 is closed.", raw_answer=json.dumps(answer)
    )
    return push


def conflicting(external_id: str = "CS-IA-1") -> Push:
    push = enqueue(external_id, "000123", "000124")
    answer = {
        "contract": 1,
        "found": True,
        "matches": 1,
        "internalId": "4711",
        "tranId": "INVADJ88",
        "externalId": external_id,
        "payloadHash": OTHER_HASH,
        "lineCount": 1,
        "quantitySum": "7.000",
        "total": "1234.56",
    }
    PushAttempt.objects.create(
        push=push,
        number=1,
        kind="lookup",
        token=1,
        finished_at=now(),
        http_status=200,
        outcome="conflict",
        code="OTHER_PAYLOAD",
        message="NetSuite already holds another record.",
        raw_answer=json.dumps(answer),
        duration_ms=34,
    )
    Push.objects.filter(pk=push.pk).update(
        status="conflict", sent_at=now(), internal_id="4711", last_outcome="NetSuite already holds another record."
    )
    push.refresh_from_db()
    return push


def test_the_timeline_tells_class_sentence_duration_and_what_to_do():
    shown = text_of(client_for("approver").get(page(closed_period())))
    for said in (
        "Sent: Needs a person",
        "12 ms, HTTP 400",
        "The period Nov 2026 is closed. (TRAN_PERIOD_CLOSED)",
        "Would be refused again until somebody changes something.",
        "What to do: Have finance re-open the period and retry, or re-date the push.",
    ):
        assert said in shown


def test_a_push_is_re_dated_on_its_page_and_the_page_keeps_what_it_was():
    push = closed_period()
    client = client_for("approver")
    assert page(push, "redate") in client.get(page(push)).content.decode()
    asked = client.get(page(push, "redate"))
    assert 'type="date"' in asked.content.decode()
    assert "Its date is 2026-11-21." in text_of(asked)
    day = str(timezone.localdate(now()) + timedelta(days=3))
    assert client.post(page(push, "redate"), {"reason": "November is closed", "tran_date": day}).status_code == 302
    old_hash = push.payload_hash
    push.refresh_from_db()
    assert (push.status, push.payload["tranDate"]) == ("unknown", day)
    shown = text_of(client.get(page(push)))
    assert f"2026-11-21 became {day}; payload hash was {old_hash}" in shown
    assert "November is closed" in shown


@pytest.mark.parametrize("typed", ["", "soon", "2026-02-30"])
def test_a_date_that_is_none_is_asked_for_again(typed):
    push = closed_period()
    answer = client_for("approver").post(page(push, "redate"), {"reason": "x", "tran_date": typed})
    assert answer.status_code == 409
    assert "for example 2026-11-30" in text_of(answer)
    push.refresh_from_db()
    assert push.status == "needs_human"


def test_re_date_is_offered_only_where_the_date_was_the_trouble():
    push = refused_push()
    client = client_for("approver")
    assert page(push, "redate") not in client.get(page(push)).content.decode()
    answer = client.post(page(push, "redate"), {"reason": "x", "tran_date": "2026-12-01"})
    assert "another one would not help" in text_of(answer)


def test_a_conflict_shows_both_sides():
    push = conflicting()
    body = client_for("approver").get(page(push))
    shown = text_of(body)
    assert "Two sides of the conflict" in shown
    assert "Lines 2 1" in shown
    assert "Net quantity 4 7" in shown
    assert f"Payload hash {push.payload_hash} {OTHER_HASH}" in shown
    assert "another record: INVADJ88 (internal id 4711)" in shown
    assert "confirmed" not in shown.split("Two sides")[0], "it is not"
    offered = body.content.decode()
    assert page(push, "accept") in offered
    assert page(push, "corrected") in offered
    assert page(push, "retry") not in offered


def test_netsuites_side_is_chosen_with_a_reason():
    push = conflicting()
    client = client_for("approver")
    asked = client.get(page(push, "accept"))
    assert "Lines: ours 2, NetSuite&#x27;s 1." in text_of(asked)
    assert "Say why" in text_of(client.post(page(push, "accept"), {"reason": " ", "seen": "1"}))
    assert client.post(page(push, "accept"), {"reason": "Typed in by finance", "seen": "1"}).status_code == 302
    push.refresh_from_db()
    assert (push.status, push.internal_id, push.tran_id) == ("confirmed", "4711", "INVADJ88")
    shown = text_of(client.get(page(push)))
    assert "payload hash " + OTHER_HASH in shown
    assert "Typed in by finance" in shown


@pytest.mark.parametrize("seen", ["", "0", "x", "²"])
def test_a_decision_on_an_answer_nobody_looked_at_is_refused(seen):
    push = conflicting()
    answer = client_for("approver").post(page(push, "accept"), {"reason": "Theirs", "seen": seen})
    assert "asked again since you looked" in text_of(answer)
    push.refresh_from_db()
    assert push.status == "conflict"


def test_ours_is_right_sends_nothing_but_asks_again():
    push = conflicting()
    client = client_for("approver")
    assert "Correct or delete the record in NetSuite first" in text_of(client.get(page(push, "corrected")))
    assert client.post(page(push, "corrected"), {"reason": "Deleted there"}).status_code == 302
    push.refresh_from_db()
    assert (push.status, push.may_be_recorded, push.internal_id) == ("unknown", True, "")


@pytest.mark.parametrize("role", ["auditor", "integrator", "counter"])
@pytest.mark.parametrize("button", ["redate", "accept", "corrected"])
def test_each_decision_has_a_permission_of_its_own(role, button):
    push = closed_period() if button == "redate" else conflicting()
    before = Push.objects.values().get()
    posted = client_for(role).post(page(push, button), {"reason": "x", "tran_date": "2026-12-01", "seen": "1"})
    assert posted.status_code == 403
    assert Push.objects.values().get() == before
    assert not PushDecision.objects.exists()


def test_the_total_of_netsuites_answer_is_for_people_who_see_cost():
    push = conflicting()
    assert "1234.56" in client_for("approver").get(page(push)).content.decode()
    assert "1234.56" not in client_for("integrator").get(page(push)).content.decode()


@pytest.mark.parametrize("raw", ["<html>502</html>", "[1]", "", "{", '{"internalId": null}'])
def test_a_conflict_whose_answer_describes_nothing_still_has_a_page(raw: str):
    push = conflicting()
    PushAttempt.objects.update(raw_answer=raw)
    client = client_for("approver")
    assert client.get(page(push)).status_code == 200
    assert client.get(page(push, "accept")).status_code == 200
    answer = client.post(page(push, "accept"), {"reason": "x", "seen": "1"})
    assert "describes no record" in text_of(answer)


def test_a_superuser_is_held_to_the_same_rules():
    person: Any = make.user("root", superuser=True)
    person.is_staff = True
    person.save()
    client = Client()
    client.force_login(person)
    push = refused_push()
    for button in ("accept", "corrected"):
        assert "is not in conflict" in text_of(client.post(page(push, button), {"reason": "x", "seen": "1"}))
    push.refresh_from_db()
    assert push.status == "needs_human"
