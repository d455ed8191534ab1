"""Two people at once. Each side is a thread with a connection of its own, released together."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from approvals import audit
from approvals.models import ProposedAction
from approvals.operations import AlreadyDecided, ChangedSinceSeen, decide
from approvals.ticking import tick
from inventory.models import Adjustment, CountLine, Movement
from inventory.stock.ledger import first_wrong_balance
from netsuite.models import Push
from tests import factories as make
from tests.racing import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
TOLD = re.compile(r"already (approved|rejected) by \w+ at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC|decided this a moment ago")


def deciding(action: ProposedAction, by: Any, verdict: str, seen_hash: str | None) -> Callable[[], Any]:
    return lambda: decide(action_id=action.pk, by=by, verdict=verdict, note="Because", via="test", seen_hash=seen_hash)


def one_winner(ends: list[Any]) -> int:
    """The position of the one that won; the other was told who and when."""
    won = [position for position, end in enumerate(ends) if isinstance(end, ProposedAction)]
    assert len(won) == 1, ends
    lost = ends[1 - won[0]]
    assert isinstance(lost, AlreadyDecided), repr(lost)
    assert TOLD.search(str(lost)), str(lost)
    return won[0]


def assert_whole() -> None:
    assert first_wrong_balance() is None
    assert audit.first_bad_entry() is None
    # What was decided twice came to nothing the second time: no lines, no push.
    assert Push.objects.count() == Adjustment.objects.filter(line_count__gt=0).count()


@pytest.mark.parametrize("against", ["approved", "rejected"])
def test_two_approvers_at_once_on_100_lines_each_way(against):
    home, ada, bob = make.zone(), make.approver("Ada"), make.approver("Bob")
    items = [make.stock(100, home=home) for _ in range(100)]
    sheet = make.count(home, [(what, 105) for what in items])
    make.switch_off("inventory_second_approval")
    lines: list[Any] = list(CountLine.objects.filter(sheet=sheet).select_related("item", "proposed_action"))
    for line in lines:
        page = make.seen(line.proposed_action)
        sides = (
            deciding(line.proposed_action, ada, "approved", page),
            deciding(line.proposed_action, bob, against, page),
        )
        won = one_winner(at_once(*sides))
        line.proposed_action.refresh_from_db()
        assert line.proposed_action.decided_by == (ada, bob)[won]
        approved = line.proposed_action.status == "approved"
        assert approved == (won == 0 or against == "approved")
        assert Movement.objects.filter(count_line=line).count() == approved
        assert make.on_hand(line.item, home) == (105 if approved else 100)
    assert make.run_of(sheet).status == "completed"
    assert_whole()


def test_two_approvers_at_once_on_the_whole_envelope():
    ada, bob = make.approver("Ada"), make.approver("Bob")
    for _ in range(10):
        sheet, what, home = make.disputed_count()
        envelope = make.envelope_of(sheet)
        page = make.seen(envelope)
        one_winner(at_once(deciding(envelope, ada, "approved", page), deciding(envelope, bob, "approved", page)))
        assert make.on_hand(what, home) == 184
        assert Movement.objects.filter(item=what, kind="count").count() == 1
    assert_whole()


def test_different_lines_at_once_are_both_decided():
    """The envelope against a line of it, and two lines: nobody waits for each other for ever."""
    ada, bob = make.approver("Ada"), make.approver("Bob")
    for _ in range(10):
        home = make.zone()
        one, two = (make.stock(100, home=home) for _ in range(2))
        sheet = make.count(home, [(one, 120), (two, 130)])
        first, second = make.envelope_of(sheet).lines.order_by("pk")
        ends = at_once(
            deciding(first, ada, "approved", make.seen(first)),
            deciding(second, bob, "approved", make.seen(second)),
            tick,
        )
        assert not [end for end in ends if isinstance(end, Exception)], ends
        assert [make.on_hand(what, home) for what in (one, two)] == [120, 130]
        assert make.run_of(sheet).status == "completed"
    assert_whole()


def test_two_sheets_of_one_shelf_approved_at_once_adjust_it_once():
    ada, bob = make.approver("Ada"), make.approver("Bob")
    for _ in range(10):
        home = make.zone()
        what = make.stock(142, home=home, cost=35)
        sheets = [make.count(home, [(what, 184)]) for _ in range(2)]
        envelopes = [make.envelope_of(sheet) for sheet in sheets]
        ends = at_once(
            *(
                deciding(envelope, by, "approved", make.seen(envelope))
                for envelope, by in zip(envelopes, (ada, bob), strict=True)
            )
        )
        unexpected = [e for e in ends if not isinstance(e, ProposedAction | ChangedSinceSeen)]
        assert not unexpected, unexpected
        assert make.on_hand(what, home) == 184
        for sheet in sheets:  # whatever came back to a person reads as it is now
            if make.run_of(sheet).status == "waiting":
                make.approve(make.envelope_of(sheet), ada)
            assert make.run_of(sheet).status == "completed"
        assert make.on_hand(what, home) == 184
    assert_whole()


def test_the_same_walk_submitted_twice_at_once_adjusts_once():
    by = make.user()
    for _ in range(10):
        home = make.zone()
        make.ballast(home)
        what = make.stock(1000, home=home, cost=1)
        ends = at_once(*[lambda: make.count(home, [(what, 1010)], by=by)] * 2)  # noqa: B023
        assert not [end for end in ends if isinstance(end, Exception)], ends
        assert make.on_hand(what, home) == 1010
    assert_whole()


def test_ticks_at_once_do_the_work_once():
    sheet, what, home = make.disputed_count()
    make.approve(make.envelope_of(sheet), make.approver())
    ends = at_once(tick, tick, tick)
    assert not [end for end in ends if isinstance(end, Exception)], ends
    assert make.on_hand(what, home) == 184
    assert Push.objects.count() == 1
    assert_whole()
