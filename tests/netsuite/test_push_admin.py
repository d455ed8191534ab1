"""The pushes' screens: the story of attempts, and retry, cancel and resume behind a question."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from approvals.clock import now
from netsuite.models import DrainLease, Push, PushAttempt, PushDecision
from tests import factories as make
from tests.netsuite.stage import enqueue

pytestmark = pytest.mark.django_db


def client_for(*roles: str) -> Client:
    person = make.user("", *roles)
    person.is_staff = True
    person.save()
    client = Client()
    client.force_login(person)
    return client


def text_of(answer: Any) -> str:
    body = re.sub(r"<(style|script).*?</\1>", " ", answer.content.decode(), flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


def page(push: Push, name: str = "change") -> str:
    return reverse(f"admin:netsuite_push_{name}", args=[push.pk])


def refused_push(external_id: str = "CS-IA-1") -> Push:
    push = enqueue(external_id, "000123", "000124")
    PushAttempt.objects.create(
        push=push,
        number=1,
        kind="send",
        token=1,
        finished_at=now(),
        http_status=400,
        outcome="needs_human",
        code="INVALID_KEY_OR_REF",
        message="Invalid item reference.",
        raw_answer='{"outcome":"rejected","error":{"code":"INVALID_KEY_OR_REF"}}',
        duration_ms=12,
    )
    Push.objects.filter(pk=push.pk).update(
        status="needs_human", attempts=1, sent_at=now(), may_be_recorded=False, last_outcome="NetSuite refused it."
    )
    push.refresh_from_db()
    return push


def test_the_page_tells_what_was_tried_and_shows_the_lines_as_a_table():
    push = refused_push()
    answer = client_for("approver").get(page(push))
    shown = text_of(answer)
    for said in ("Needs a person", "NetSuite refused it.", "HTTP 400", "Invalid item reference.", "000123", "000124"):
        assert said in shown
    body = answer.content.decode()
    raw = body[body.index("Raw answer") :]
    assert body.count("<pre>") == 1, "raw JSON stands only inside the collapsed raw answer"
    assert "&quot;outcome&quot;: &quot;rejected&quot;" in raw
    assert "adjustQtyBy" not in shown


def test_a_retry_needs_a_reason_and_a_post():
    push = refused_push()
    client = client_for("approver")
    assert page(push, "retry") in client.get(page(push)).content.decode()
    assert "asked first whether it is there" in text_of(client.get(page(push, "retry")))
    push.refresh_from_db()
    assert push.status == "needs_human", "looking changes nothing"
    assert "Say why" in text_of(client.post(page(push, "retry"), {"reason": "  "}))
    assert client.post(page(push, "retry"), {"reason": "Item was added in NetSuite"}).status_code == 302
    push.refresh_from_db()
    assert push.status == "unknown"
    assert "Item was added in NetSuite" in text_of(client.get(page(push)))


def test_a_cancel_is_kept_with_who_and_why():
    push = refused_push()
    client = client_for("approver")
    client.post(page(push, "cancel"), {"reason": "Entered by hand"})
    push.refresh_from_db()
    assert push.status == "cancelled"
    assert PushDecision.objects.get().reason == "Entered by hand"
    late = client.post(page(push, "cancel"), {"reason": "Again"})
    assert "that is final" in text_of(late)
    assert page(push, "cancel") not in client.get(page(push)).content.decode()


@pytest.mark.parametrize(
    ("role", "retry", "cancel"), [("auditor", 403, 403), ("integrator", 302, 403), ("counter", 403, 403)]
)
def test_each_button_needs_its_permission(role, retry, cancel):
    push = refused_push()
    client = client_for(role)
    assert client.post(page(push, "cancel"), {"reason": "x"}).status_code == cancel
    assert client.post(page(push, "retry"), {"reason": "x"}).status_code == retry


def test_a_push_that_may_still_arrive_cannot_be_cancelled():
    push = enqueue("CS-IA-2")
    Push.objects.filter(pk=push.pk).update(status="unknown", may_be_recorded=True)
    answer = client_for("approver").post(page(push, "cancel"), {"reason": "x"})
    assert "may already be in NetSuite" in text_of(answer)


def test_a_halted_drain_is_shown_and_resumed():
    DrainLease.objects.create(
        halt="login", halted_until=now() + timedelta(minutes=30), halted_reason="Check the token.", failed_logins=2
    )
    client = client_for("approver")
    listed = text_of(client.get(reverse("admin:netsuite_push_changelist")))
    assert "NetSuite refused our login" in listed
    assert "Check the token." in listed
    resume = reverse("admin:netsuite_push_resume")
    assert "Check the token." in text_of(client.get(resume))
    assert client_for("auditor").post(resume).status_code == 403
    assert DrainLease.objects.get().halted_until > now()
    assert client.post(resume).status_code == 302
    assert DrainLease.objects.get().halted_until <= now()


def test_filters_find_what_waits_for_a_person():
    refused_push("CS-IA-STUCK")
    enqueue("CS-IA-FINE", "000999")
    path = reverse("admin:netsuite_push_changelist")
    client = client_for("approver")
    stuck = text_of(client.get(path + "?waiting_for=person"))
    assert "CS-IA-STUCK" in stuck
    assert "CS-IA-FINE" not in stuck
    assert "CS-IA-FINE" in text_of(client.get(path + "?q=CS-IA-FINE"))


def test_the_list_takes_the_same_queries_for_many_rows():
    client = client_for("approver")
    path = reverse("admin:netsuite_push_changelist")

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(path).status_code == 200
        return len(captured)

    for number in range(5):
        enqueue(f"CS-IA-A{number}", f"{number:06}")
    queries()
    few = queries()
    for number in range(200):
        enqueue(f"CS-IA-B{number}", f"{number:06}")
    assert queries() == few
