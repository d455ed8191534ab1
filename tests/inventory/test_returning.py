"""A line decided on numbers that moved before it could be posted: judged again, or back to a person."""

from dataclasses import replace
from datetime import timedelta

import pytest

from approvals import registry
from approvals.clock import now
from approvals.operations import NotAllowedToDecide
from approvals.ticking import tick
from inventory.counting.submission import WORKFLOW
from inventory.models import Movement
from netsuite.models import Push
from tests import factories as make

pytestmark = pytest.mark.django_db


class Died(BaseException):
    """The process ends before it posts."""


@pytest.fixture
def dies_before_posting(monkeypatch):
    """A context in which every process dies after the decision, before its posting."""

    def die(run):
        raise Died

    declared = registry.workflow(WORKFLOW)
    steps = tuple(replace(step, run=die) if step.name == "ns_push_adjustments" else step for step in declared.steps)

    def attempt(something):
        with monkeypatch.context() as dying:
            dying.setitem(registry._workflows, WORKFLOW, replace(declared, steps=steps))
            with pytest.raises(Died):
                something()

    return attempt


def backdate(what, home, delta):
    """A movement from before the count that was recorded late."""
    make.move(what, delta, home=home, at=now() - timedelta(hours=5), kind="receipt")


def test_what_a_person_approved_goes_back_to_a_person_with_the_new_numbers(dies_before_posting):
    sheet, what, home = make.disputed_count()
    approver = make.approver()
    dies_before_posting(lambda: make.approve(make.envelope_of(sheet), approver))
    backdate(what, home, 40)
    tick()
    line = make.line_of(sheet, what)
    assert make.on_hand(what, home) == 182
    assert (line.expected, line.variance, line.decision) == (182, 2, "")
    assert make.run_of(sheet).status == "waiting"
    envelope = make.envelope_of(sheet)
    assert envelope.status == "pending"
    assert envelope.lines.get().payload["variance"] == "2.000"
    with pytest.raises(NotAllowedToDecide):
        make.approve(envelope, sheet.counted_by)
    make.approve(envelope, approver)
    assert make.on_hand(what, home) == 184
    assert make.run_of(sheet).status == "completed"
    assert Push.objects.get().payload["lines"][0]["adjustQtyBy"] == "2.000"


def within_guardrail():
    home, by = make.zone(), make.user()
    make.ballast(home)
    what = make.stock(1000, home=home, cost=1)
    return what, home, lambda: make.count(home, [(what, 1010)], by=by)


def test_what_a_guardrail_decided_is_posted_with_the_new_numbers_while_it_still_holds(dies_before_posting):
    what, home, count = within_guardrail()
    dies_before_posting(count)
    backdate(what, home, 5)
    tick()
    assert make.on_hand(what, home) == 1010
    assert Movement.objects.get(kind="count").delta == 5


def test_what_a_guardrail_no_longer_covers_goes_to_a_person(dies_before_posting):
    what, home, count = within_guardrail()
    dies_before_posting(count)
    backdate(what, home, 300)
    tick()
    assert make.on_hand(what, home) == 1300
    assert not Push.objects.exists()
    sheet = what.count_lines.get().sheet
    assert make.run_of(sheet).status == "waiting"
    assert "changed between the decision and its posting" in make.line_of(sheet, what).why
    make.approve(make.envelope_of(sheet), make.approver())
    assert make.on_hand(what, home) == 1010
    assert make.run_of(sheet).status == "completed"


def test_goods_that_moved_after_the_count_change_nothing(dies_before_posting):
    sheet, what, home = make.disputed_count()
    dies_before_posting(lambda: make.approve(make.envelope_of(sheet), make.approver()))
    make.move(what, -30, home=home)
    tick()
    assert make.on_hand(what, home) == 142 - 30 + 42
    assert make.run_of(sheet).status == "completed"
