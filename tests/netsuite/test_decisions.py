"""Re-dating a push and resolving a conflict, against NetSuite's own log: never two records, never over another."""

from datetime import date, timedelta
from functools import partial
from threading import Barrier, Thread
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from approvals.clock import now
from approvals.models import AuditEntry
from netsuite import claims, conflicts, decisions, lease
from netsuite.drain import drain
from netsuite.models import Push, PushDecision
from netsuite.queue import ExternalIdTaken, PushRefused
from netsuite.records import payload_hash
from tests.netsuite.simulator_client import ForeignClient
from tests.netsuite.stage import adjustment, assert_once, enqueue, sends

pytestmark = pytest.mark.django_db(transaction=True)
Status = Push.Status
OLD_DATE, OPEN_DATE = "2026-11-21", date(2026, 12, 1)


@pytest.fixture(autouse=True)
def in_november(settings: Any) -> None:
    """The pushes of these tests bear a date of 21 November 2026; so does our clock, near enough."""
    today = timezone.localdate()
    settings.CLOCK_OFFSET_SECONDS = int((date(2026, 11, 21) - today).total_seconds())


def refused_for_its_date(simulator: Any, external_id: str = "CS-IA-1") -> Push:
    simulator.control.seed(periods=[{"date": OLD_DATE, "closed": True}])
    push = enqueue(external_id, "A", "B")
    assert drain().needs_human == 1
    push.refresh_from_db()
    return push


def in_conflict(simulator: Any, later: Any, external_id: str = "CS-IA-1") -> Push:
    """Our send is lost; somebody else's record takes the external id; our look-up finds it."""
    simulator.control.add_fault("reset_before_commit", op="push")
    push = enqueue(external_id, "A", "B")
    assert drain().unknown == 1
    foreign = ForeignClient(simulator.base_url).push(external_id, adjustment("A", quantity="7"))
    assert foreign["outcome"] == "created"
    later(61)
    assert drain().conflict == 1
    push.refresh_from_db()
    return push


def latest(push: Push) -> int:
    held = conflicts.held_in_netsuite(push)
    assert held is not None
    return held.number


def in_the_books(simulator: Any, external_id: str = "CS-IA-1") -> dict[str, Any]:
    return dict(simulator.control.transactions(external_id)[0])


def test_a_push_refused_for_its_period_is_sent_under_another_date_after_a_look_up(simulator, operator):
    push = refused_for_its_date(simulator)
    old_payload = push.payload
    decisions.redate_push(push=push, by=operator, reason="November is closed", tran_date=OPEN_DATE)
    assert push.external_id == "CS-IA-1"
    assert push.payload == {**old_payload, "tranDate": "2026-12-01"}
    assert push.payload_hash == payload_hash(record_type=push.record_type, external_id="CS-IA-1", record=push.payload)
    assert push.status == Status.UNKNOWN, "a look-up goes before the send"
    assert drain().confirmed == 0, "the refused send has not had its minute"


def test_the_new_date_reaches_netsuite_once(simulator, operator, later):
    push = refused_for_its_date(simulator)
    decisions.redate_push(push=push, by=operator, reason="November is closed", tran_date=OPEN_DATE)
    later(61)
    assert drain().confirmed == 1
    assert in_the_books(simulator)["trandate"] == "2026-12-01"
    assert in_the_books(simulator)["payload_hash"] == push.payload_hash
    assert_once(simulator, "CS-IA-1")
    kinds = list(push.attempt_rows.order_by("number").values_list("kind", "outcome"))
    assert kinds == [("send", "needs_human"), ("lookup", "not_found"), ("send", "created")]


def test_what_was_replaced_by_a_re_date_is_kept_and_audited(simulator, operator):
    push = refused_for_its_date(simulator)
    old_hash, old_payload = push.payload_hash, push.payload
    decisions.redate_push(push=push, by=operator, reason="November is closed", tran_date=OPEN_DATE)
    kept = PushDecision.objects.get()
    assert (kept.kind, kept.decided_by, kept.reason) == ("redate", operator, "November is closed")
    assert (kept.payload_before, kept.payload_hash_before) == (old_payload, old_hash)
    entry = AuditEntry.objects.get(verb="push.redate")
    assert entry.details["date_before"] == OLD_DATE
    assert entry.details["date"] == "2026-12-01"
    assert entry.details["payload_hash_before"] == old_hash
    assert entry.details["payload_hash"] == push.payload_hash


def test_queueing_the_same_posting_again_finds_the_re_dated_push(simulator, operator):
    push = refused_for_its_date(simulator)
    decisions.redate_push(push=push, by=operator, reason="November is closed", tran_date=OPEN_DATE)
    assert enqueue("CS-IA-1", "A", "B").pk == push.pk
    with pytest.raises(ExternalIdTaken):
        enqueue("CS-IA-1", "A", "C")


def test_a_record_that_turns_up_before_the_re_dated_send_makes_it_a_conflict(simulator, operator, later):
    """The original arrived after all: nothing is sent, and the page knows whose record it is."""
    push = refused_for_its_date(simulator)
    simulator.control.seed(periods=[{"date": OLD_DATE, "closed": False}])
    ForeignClient(simulator.base_url).push("CS-IA-1", push.payload)
    decisions.redate_push(push=push, by=operator, reason="November is closed", tran_date=OPEN_DATE)
    sent = len(sends(simulator))
    later(61)
    assert drain().conflict == 1
    assert len(sends(simulator)) == sent
    push.refresh_from_db()
    held = conflicts.held_in_netsuite(push)
    assert "from before it was re-dated" in conflicts.origin_of(push, held)


@pytest.mark.parametrize(
    ("day", "why"),
    [
        (date(2026, 11, 21), "is the date NetSuite refused"),
        (date(2025, 10, 1), "too far from today"),
        (date(2027, 11, 21), "too far from today"),
    ],
)
def test_a_date_that_cannot_help_is_refused(simulator, operator, day, why):
    push = refused_for_its_date(simulator)
    with pytest.raises(PushRefused, match=why):
        decisions.redate_push(push=push, by=operator, reason="x", tran_date=day)
    assert not PushDecision.objects.exists()


def test_only_a_push_refused_for_its_date_is_re_dated(simulator, operator):
    simulator.control.add_fault("item_inactivate", value="A")
    push = enqueue("CS-IA-1", "A")
    drain()
    push.refresh_from_db()
    with pytest.raises(PushRefused, match="not refused for its date"):
        decisions.redate_push(push=push, by=operator, reason="x", tran_date=OPEN_DATE)
    waiting = enqueue("CS-IA-2", "B")
    with pytest.raises(PushRefused, match="goes on with it by itself"):
        decisions.redate_push(push=waiting, by=operator, reason="x", tran_date=OPEN_DATE)


def test_what_may_be_recorded_is_not_re_dated(simulator, operator):
    push = refused_for_its_date(simulator)
    Push.objects.filter(pk=push.pk).update(may_be_recorded=True)
    push.refresh_from_db()
    with pytest.raises(PushRefused, match="may already be in NetSuite"):
        decisions.redate_push(push=push, by=operator, reason="x", tran_date=OPEN_DATE)
    push.refresh_from_db()
    assert push.payload["tranDate"] == OLD_DATE


def test_of_two_re_dates_from_one_page_the_first_wins(simulator, operator):
    push = refused_for_its_date(simulator)
    stale = Push.objects.get(pk=push.pk)
    decisions.redate_push(push=push, by=operator, reason="first", tran_date=OPEN_DATE)
    with pytest.raises(PushRefused, match="changed meanwhile"):
        decisions.redate_push(push=stale, by=operator, reason="second", tran_date=OPEN_DATE + timedelta(days=1))
    push.refresh_from_db()
    assert push.payload["tranDate"] == "2026-12-01"
    assert PushDecision.objects.count() == 1


def test_netsuites_side_of_a_conflict_is_taken_as_confirmed_and_nothing_is_sent(simulator, operator, later):
    push = in_conflict(simulator, later)
    before = len(sends(simulator))
    decisions.accept_netsuites(push=push, by=operator, reason="Entered by hand, theirs is right", seen=latest(push))
    assert push.status == Status.CONFIRMED
    assert push.internal_id == in_the_books(simulator)["id"]
    assert push.confirmed_at is not None
    drain()
    assert len(sends(simulator)) == before
    kept = PushDecision.objects.get()
    assert kept.details["payload_hash"] == in_the_books(simulator)["payload_hash"]
    assert AuditEntry.objects.get(verb="push.accept").details["internal_id"] == push.internal_id


def test_the_books_check_knows_what_a_person_accepted(simulator, operator, later, capsys):
    push = in_conflict(simulator, later)
    decisions.accept_netsuites(push=push, by=operator, reason="Theirs is right", seen=latest(push))
    call_command("verify_ledger", "--netsuite")
    assert "a look-up says" not in capsys.readouterr().out
    simulator.control.reset()
    with pytest.raises(CommandError, match="CS-IA-1 is confirmed here, but a look-up says: NetSuite has no such"):
        call_command("verify_ledger", "--netsuite")


def test_ours_is_right_and_theirs_was_deleted_so_ours_is_sent_once(simulator, operator, later):
    push = in_conflict(simulator, later)
    decisions.look_up_corrected(push=push, by=operator, reason="Deleted the stray record")
    simulator.control.reset()
    later(61)
    assert drain().confirmed == 1
    assert in_the_books(simulator)["payload_hash"] == push.payload_hash
    assert_once(simulator, "CS-IA-1")


def test_ours_is_right_and_was_entered_there_so_nothing_more_is_sent(simulator, operator, later):
    push = in_conflict(simulator, later)
    decisions.look_up_corrected(push=push, by=operator, reason="Corrected")
    simulator.control.reset()
    ForeignClient(simulator.base_url).push("CS-IA-1", push.payload)
    assert drain().confirmed == 1
    assert len(sends(simulator)) == 1, "the one that was not ours"


def test_nothing_is_sent_while_the_conflicting_record_is_still_there(simulator, operator, later):
    push = in_conflict(simulator, later)
    before = len(sends(simulator))
    for _ in range(3):
        decisions.look_up_corrected(push=push, by=operator, reason="Corrected, I thought")
        later(400)
        assert drain().conflict == 1
        push.refresh_from_db()
    assert len(sends(simulator)) == before
    assert in_the_books(simulator)["quantity_sum"] != "4.000"


def test_an_answer_newer_than_the_one_looked_at_must_be_looked_at_first(simulator, operator, later):
    push = in_conflict(simulator, later)
    seen = latest(push)
    decisions.look_up_corrected(push=push, by=operator, reason="Corrected")
    assert drain().conflict == 1
    push.refresh_from_db()
    with pytest.raises(PushRefused, match="asked again since you looked"):
        decisions.accept_netsuites(push=push, by=operator, reason="Theirs", seen=seen)
    decisions.accept_netsuites(push=push, by=operator, reason="Theirs", seen=latest(push))
    assert push.status == Status.CONFIRMED


@pytest.mark.parametrize("late", [decisions.look_up_corrected, decisions.cancel_push])
def test_of_two_colleagues_deciding_a_conflict_the_first_wins(simulator, operator, later, late):
    push = in_conflict(simulator, later)
    stale = Push.objects.get(pk=push.pk)
    decisions.accept_netsuites(push=push, by=operator, reason="Theirs", seen=latest(push))
    with pytest.raises(PushRefused, match="changed meanwhile: it is now confirmed"):
        late(push=stale, by=operator, reason="Ours")
    assert Push.objects.get().status == Status.CONFIRMED
    assert PushDecision.objects.count() == 1


def test_several_records_under_one_id_are_never_accepted(simulator, operator, later):
    push = in_conflict(simulator, later)
    push.attempt_rows.filter(number=latest(push)).update(code="MATCHES")
    with pytest.raises(PushRefused, match="leave one of them"):
        decisions.accept_netsuites(push=push, by=operator, reason="Theirs", seen=latest(push))


def test_a_conflict_is_not_simply_retried(simulator, operator, later):
    push = in_conflict(simulator, later)
    with pytest.raises(PushRefused, match="say which side is right"):
        decisions.retry_push(push=push, by=operator, reason="again")


DECISIONS = {
    decisions.Kind.RETRY: decisions.retry_push,
    decisions.Kind.CANCEL: decisions.cancel_push,
    decisions.Kind.REDATE: partial(decisions.redate_push, tran_date=OPEN_DATE),
    decisions.Kind.ACCEPT: partial(decisions.accept_netsuites, seen=1),
    decisions.Kind.CORRECTED: decisions.look_up_corrected,
}


@pytest.mark.parametrize("kind", decisions.Kind)
def test_every_decision_needs_its_permission_a_reason_and_a_push_that_is_not_final(operator, kind):
    decide: Any = DECISIONS[kind]
    push = enqueue("CS-IA-1")
    Push.objects.update(status=Status.CONFIRMED, confirmed_at=now(), internal_id="7")
    push.refresh_from_db()
    stranger = get_user_model().objects.create_user("sam")
    with pytest.raises(PermissionDenied, match="You may not"):
        decide(push=push, by=stranger, reason="because")
    with pytest.raises(PushRefused, match="needs a reason"):
        decide(push=push, by=operator, reason="  ")
    with pytest.raises(PushRefused, match="that is final"):
        decide(push=push, by=operator, reason="because")
    assert not PushDecision.objects.exists()
    assert not AuditEntry.objects.exists()


def test_every_kind_of_decision_has_its_rule():
    assert set(decisions.RULES) == set(decisions.Kind)


def test_the_database_refuses_a_re_date_that_forgets_what_it_replaced(operator):
    push = enqueue("CS-IA-1")
    with pytest.raises(IntegrityError), transaction.atomic():
        PushDecision.objects.create(
            push=push, kind="redate", status_before="needs_human", decided_by=operator, reason="x"
        )


def test_a_drain_that_read_the_old_content_does_not_send_it(simulator):
    push = enqueue("CS-IA-1")
    Push.objects.update(payload_hash="0" * 64)
    token = lease.acquire("one", timedelta(minutes=1))
    with pytest.raises(claims.PushChanged):
        claims.claim(push, token)


@pytest.mark.slow
def test_of_four_people_deciding_at_the_same_moment_one_is_heard(simulator, operator):
    """Threads with a connection each, released together."""
    push = refused_for_its_date(simulator)
    sides: list[Any] = [
        decisions.retry_push,
        decisions.cancel_push,
        partial(decisions.redate_push, tran_date=OPEN_DATE),
        partial(decisions.redate_push, tran_date=OPEN_DATE + timedelta(days=2)),
    ]
    barrier, ends = Barrier(len(sides)), [""] * len(sides)

    def decide(position: int) -> None:
        try:
            mine = Push.objects.get(pk=push.pk)
            barrier.wait(timeout=60)
            sides[position](push=mine, by=operator, reason="me first")
            ends[position] = "heard"
        except PushRefused as refusal:
            ends[position] = str(refusal)
        finally:
            connection.close()

    threads = [Thread(target=decide, args=(position,)) for position in range(len(sides))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert ends.count("heard") == 1, ends
    assert all(end == "heard" or "changed meanwhile" in end for end in ends), ends
    assert PushDecision.objects.count() == 1
    assert AuditEntry.objects.filter(verb__startswith="push.").count() == 1
    push.refresh_from_db()
    assert push.payload_hash == payload_hash(
        record_type=push.record_type, external_id=push.external_id, record=push.payload
    )
