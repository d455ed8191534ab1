"""A recount: both counts are kept, it comes back to the approver, and whoever recounts cannot decide."""

from datetime import timedelta
from decimal import Decimal

import pytest

from approvals.clock import now
from approvals.operations import NotAllowedToDecide
from approvals.refusals import Refused
from inventory.counting.recounts import enter_recount
from inventory.models import CountLine
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(db):
    """A sheet with one disputed line, for which the approver asked for a recount."""
    approver = make.approver()
    sheet, what, home = make.disputed_count(expected=100, counted=150, cost=10)
    waiting = make.send_back(sheet, what, approver)
    return sheet, what, home, approver, waiting


def recount(line, counted, by=None, at=None):
    return enter_recount(line=line, counted=Decimal(counted), counted_at=at or now(), by=by or make.user("", "counter"))


def test_the_run_waits_for_the_recount(asked):
    sheet, what, home, _, waiting = asked
    run = make.run_of(sheet)
    assert run.status == "waiting"
    assert run.steps.get(name="hitl_approve").detail == "1 recounts to enter."
    assert make.envelope_of(sheet).status == "pending"
    assert waiting.counted is None
    assert make.on_hand(what, home) == 100


def test_a_differing_recount_keeps_both_and_returns_to_the_approver(asked):
    sheet, what, home, approver, waiting = asked
    second = recount(waiting, 120)
    first = make.line_of(sheet, what, 1)
    assert (first.counted, first.decision) == (150, "recount")
    assert (second.counted, second.variance, second.decision) == (120, 20, "")
    envelope = make.envelope_of(sheet)
    assert envelope.lines.get(status="pending").title.endswith("(recount 2)")
    make.approve(envelope, approver)
    assert make.on_hand(what, home) == 120
    assert make.run_of(sheet).summary["counted"] == 1


def test_a_recount_within_the_guardrail_still_goes_to_the_human_who_asked(asked):
    sheet, what, home, _, waiting = asked
    recount(waiting, 101)
    assert make.on_hand(what, home) == 100
    assert make.envelope_of(sheet).lines.filter(status="pending").count() == 1


def test_the_recounter_cannot_decide(asked):
    sheet, what, home, _, waiting = asked
    recounter = make.approver()
    recount(waiting, 120, by=recounter)
    with pytest.raises(NotAllowedToDecide, match="took part"):
        make.approve(make.envelope_of(sheet), recounter)
    assert make.on_hand(what, home) == 100


def test_a_matching_recount_closes_the_envelope_and_ends_the_run(asked):
    sheet, what, home, approver, waiting = asked
    line = recount(waiting, 100)
    assert line.classification == "match"
    envelope = make.envelope_of(sheet)
    assert (envelope.status, envelope.decided_by) == ("rejected", approver)
    assert make.run_of(sheet).status == "completed"
    assert make.on_hand(what, home) == 100
    assert what.balances.get().last_counted_at == line.counted_at
    assert make.run_of(sheet).summary["matched"] == 1


def test_a_recount_is_compared_with_what_was_there_at_the_recount(asked):
    sheet, what, home, _, waiting = asked
    counted_at = now() - timedelta(minutes=30)
    make.move(what, -40, home=home, at=now() - timedelta(hours=1))
    make.move(what, -5, home=home, at=now() - timedelta(minutes=10))
    line = recount(waiting, 60, at=counted_at)
    assert (line.expected, line.variance) == (60, 0)


def test_a_recount_is_entered_once_and_only_when_asked_for(asked):
    sheet, what, _, _, waiting = asked
    recount(waiting, 120)
    with pytest.raises(Refused, match=what.item_code):
        recount(waiting, 130)
    with pytest.raises(Refused, match=what.item_code):
        recount(make.line_of(sheet, what, 1), 130)
    assert make.line_of(sheet, what, 2).counted == 120


@pytest.mark.parametrize("counted", ["-1", "NaN", "1.5"])
def test_a_recount_that_is_no_quantity_is_refused(asked, counted):
    with pytest.raises(Refused):
        recount(asked[-1], counted)
    assert CountLine.objects.get(pk=asked[-1].pk).counted is None


def test_a_recount_can_be_sent_back_again(asked):
    sheet, what, home, approver, waiting = asked
    recount(waiting, 120)
    third = make.send_back(sheet, what, approver)
    assert third.count_number == 3
    recount(third, 110)
    make.approve(make.envelope_of(sheet), approver)
    assert make.on_hand(what, home) == 110
    assert CountLine.objects.filter(sheet=sheet).count() == 3


def test_the_envelope_waits_for_the_recount_after_the_other_lines_are_decided():
    home, approver = make.zone(), make.approver()
    one, two = (make.stock(100, home=home) for _ in range(2))
    sheet = make.count(home, [(one, 150), (two, 160)])
    waiting = make.send_back(sheet, one, approver)
    make.approve(make.envelope_of(sheet), approver)
    assert make.on_hand(two, home) == 160
    assert make.envelope_of(sheet).status == "pending"
    recount(waiting, 100)
    assert make.envelope_of(sheet).status == "approved"
    assert make.run_of(sheet).status == "completed"


def test_a_recount_beyond_5000_dollars_needs_a_second_person_though_the_first_count_did_not():
    home, approver, second = make.zone(), make.approver(), make.approver()
    one, two = (make.stock(100, home=home) for _ in range(2))
    sheet = make.count(home, [(one, 150), (two, 160)])
    waiting = make.send_back(sheet, one, approver)
    make.approve(make.envelope_of(sheet), approver)
    recount(waiting, 1100)
    make.approve(make.envelope_of(sheet), approver)
    assert make.on_hand(one, home) == 100
    assert make.run_of(sheet).status == "waiting"
    with pytest.raises(Refused):
        make.approve(make.sign_off_of(sheet), approver)
    make.approve(make.sign_off_of(sheet), second)
    assert make.on_hand(one, home) == 1100
    assert make.run_of(sheet).status == "completed"
