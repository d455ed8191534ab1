"""Queueing a push, and what people may do with a stuck one."""

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from approvals.alerts import raise_alert
from approvals.clock import now
from approvals.models import Alert, AuditEntry
from netsuite.decisions import cancel_push, retry_push
from netsuite.models import Push, PushDecision
from netsuite.queue import ExternalIdTaken, PushRefused
from tests.netsuite.stage import enqueue

pytestmark = pytest.mark.django_db
Status = Push.Status


def stuck(external_id: str = "CS-IA-1", status: str = Status.NEEDS_HUMAN, **fields: object) -> Push:
    push = enqueue(external_id)
    Push.objects.filter(pk=push.pk).update(status=status, **fields)
    push.refresh_from_db()
    return push


def test_a_push_is_queued_once_however_often_it_is_asked_for():
    first, second = enqueue("CS-IA-1"), enqueue("CS-IA-1")
    assert first.pk == second.pk
    assert Push.objects.get().status == Status.PENDING
    assert first.line_count == 1
    assert len(first.payload_hash) == 64


def test_the_same_id_with_another_content_is_refused_by_name():
    enqueue("CS-IA-1", "A")
    with pytest.raises(ExternalIdTaken, match="CS-IA-1 is already queued as 'Count CS-IA-1'"):
        enqueue("CS-IA-1", "B")
    assert Push.objects.count() == 1


@pytest.mark.parametrize("external_id", ["cs-ia-1", "CS IA", "CS|IA", "", "X" * 65, "CS-ÄA"])
def test_ids_netsuite_would_misread_are_refused(external_id):
    with pytest.raises(PushRefused, match="external id"):
        enqueue(external_id)


def test_a_push_rolled_back_with_its_posting_is_not_queued():
    with transaction.atomic():
        enqueue("CS-IA-1")
        transaction.set_rollback(True)
    assert not Push.objects.exists()


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "sent"},
        {"status": "confirmed"},
        {"status": "in_flight"},
        {"attempts": 4},
        {"external_id": "lower"},
        {"confirmed_at": "2026-11-21T00:00Z"},
    ],
)
def test_the_database_refuses_states_that_mean_nothing(fields):
    push = enqueue("CS-IA-1")
    with pytest.raises(IntegrityError), transaction.atomic():
        Push.objects.filter(pk=push.pk).update(**fields)


def test_retry_gives_three_fresh_attempts_and_keeps_who_and_why(operator):
    push = stuck(attempts=3, sent_at=now())
    raise_alert(key=push.alert_key, severity="critical", message="Look here.")
    retry_push(push=push, by=operator, reason="Item made active again")
    assert push.attempts == 0
    assert push.status == Status.UNKNOWN, "what was ever sent is looked up first"
    decision = PushDecision.objects.get()
    assert (decision.decided_by, decision.reason) == (operator, "Item made active again")
    assert decision.status_before == Status.NEEDS_HUMAN
    assert not Alert.objects.filter(resolved_at=None).exists()
    assert AuditEntry.objects.get().verb == "push.retry"


def test_retry_of_something_never_sent_needs_no_look_up(operator):
    assert retry_push(push=stuck(), by=operator, reason="again").status == Status.PENDING


@pytest.mark.parametrize(
    ("status", "fields", "allowed"),
    [
        (Status.PENDING, {}, True),
        (Status.RETRY, {}, True),
        (Status.NEEDS_HUMAN, {}, True),
        (Status.NEEDS_HUMAN, {"may_be_recorded": True}, False),
        (Status.CONFLICT, {}, True),
        (Status.UNKNOWN, {"may_be_recorded": True}, False),
        (Status.IN_FLIGHT, {"sent_at": "2026-11-21T00:00Z", "lease_token": 1}, False),
        (Status.CONFIRMED, {"confirmed_at": "2026-11-21T00:00Z", "internal_id": "7"}, False),
        (Status.CANCELLED, {}, False),
    ],
)
def test_cancelling_is_possible_only_while_nothing_can_arrive_unseen(operator, status, fields, allowed):
    push = stuck(status=status, **fields)
    if allowed:
        assert cancel_push(push=push, by=operator, reason="counted twice").status == Status.CANCELLED
        return
    with pytest.raises(PushRefused, match="CS-IA-1"):
        cancel_push(push=push, by=operator, reason="counted twice")
    push.refresh_from_db()
    assert push.status == status


def test_retry_is_refused_while_the_program_is_still_at_it(operator):
    push = stuck(status=Status.UNKNOWN, may_be_recorded=True)
    with pytest.raises(PushRefused, match="goes on with it by itself"):
        retry_push(push=push, by=operator, reason="impatience")


@pytest.mark.parametrize("decide", [retry_push, cancel_push])
def test_a_decision_needs_permission_and_a_reason(operator, decide):
    push = stuck()
    stranger = get_user_model().objects.create_user("sam")
    with pytest.raises(PermissionDenied, match="You may not"):
        decide(push=push, by=stranger, reason="because")
    with pytest.raises(PushRefused, match="needs a reason"):
        decide(push=push, by=operator, reason="  ")
    push.refresh_from_db()
    assert push.status == Status.NEEDS_HUMAN
    assert not PushDecision.objects.exists()


def test_of_two_decisions_on_one_page_the_first_wins(operator):
    push = stuck()
    stale = Push.objects.get(pk=push.pk)
    cancel_push(push=push, by=operator, reason="not needed")
    with pytest.raises(PushRefused, match="changed meanwhile: it is now cancelled"):
        retry_push(push=stale, by=operator, reason="again")
    assert PushDecision.objects.count() == 1


def test_the_transition_table_covers_every_state():
    assert set(Push.TRANSITIONS) == set(Status)
    assert {state for states in Push.TRANSITIONS.values() for state in states} <= set(Status)
    assert [state for state in Status if not Push.TRANSITIONS[state]] == [Status.CONFIRMED, Status.CANCELLED]
