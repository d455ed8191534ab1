"""Where the WMS decides how many there are, a lasting difference is carried to NetSuite once a person has approved."""

from typing import Any

import pytest

from approvals.models import Event, Guardrail, JournalEntry, ProposedAction
from approvals.operations import ChangedSinceSeen
from inventory.counting.limits import seed_guardrails
from inventory.models import Authority, Balance, Movement, Parity
from netsuite.drain import drain
from netsuite.models import Push
from tests import factories as make
from tests.mirror.looking import envelope, line, look, row

pytestmark = pytest.mark.django_db
State = Parity.State


def in_netsuite(simulator: Any) -> dict[str, int]:
    look()
    return {parity.code: int(parity.netsuite_quantity or 0) for parity in Parity.objects.all()}


@pytest.fixture
def drifted(stocked: Any) -> Any:
    """Two items of the WMS, two more and five fewer here than in NetSuite; one that counts decide, three more here."""
    fed = stocked("MORE", 40, there=38), stocked("LESS", 10, there=15)
    stocked("COUNTED", 8, there=5)
    Balance.objects.filter(item__in=fed).update(authority=Authority.WMS)
    look(2)
    return fed


def test_the_difference_goes_to_netsuite_once_and_our_figures_stay(drifted, home, simulator):
    more, less = drifted
    make.approve(envelope(), make.approver(), note="The WMS was right")
    assert (make.on_hand(more, home), make.on_hand(less, home)) == (40, 10)
    push = Push.objects.get()
    assert [(each["adjustQtyBy"]) for each in push.payload["lines"]] == ["2.000", "-5.000"]
    assert {row(code).state for code in ("MORE", "LESS")} == {State.PENDING}
    look(3)
    assert Push.objects.count() == 1, "a push on its way explains the difference"
    drain()
    assert in_netsuite(simulator) == {"MORE": 40, "LESS": 10, "COUNTED": 5}
    look(3)
    assert set(Parity.objects.values_list("state", flat=True)) == {State.EQUAL}
    assert len(simulator.control.transactions()) == Push.objects.count() == 1


def test_what_counts_decide_is_corrected_here_in_the_same_decision(drifted, home):
    make.approve(envelope(), make.approver(), note="Looked")
    assert [(m.item.item_code, m.delta) for m in Movement.objects.filter(kind="correction")] == [("COUNTED", -3)]
    said = Event.objects.get(name="inventory.corrected").payload
    assert said["corrected"] == [["COUNTED", "-3.000"]]
    assert said["corrected_in_netsuite"] == [["MORE", "2.000"], ["LESS", "-5.000"]]
    story = JournalEntry.objects.get(outcome="corrected").narrative
    assert "2 balances at MAIN Main were corrected in NetSuite" in story
    assert "1 balances at MAIN Main were corrected to" in story


def test_rejected_it_stays_apart_and_nothing_is_pushed(drifted):
    make.reject(envelope(), make.approver())
    look(3)
    assert {row(code).state for code in ("MORE", "LESS")} == {State.ACCEPTED}
    assert not Push.objects.exists()


def test_a_decision_binds_to_the_side_it_corrects(drifted):
    seen = make.seen(envelope())
    Balance.objects.filter(item__item_code="MORE").update(authority=Authority.COUNT)
    with pytest.raises(ChangedSinceSeen, match="booked in NetSuite → our ledger"):
        make.approve(envelope(), make.approver(), seen_hash=seen)


def test_another_difference_later_is_another_adjustment(drifted, home, simulator, later):
    more, _ = drifted
    make.approve(envelope(), make.approver())
    drain()
    later(120)
    look()
    make.move(more, 4, home=home)
    look(2)
    make.approve(envelope(), make.approver())
    drain()
    assert in_netsuite(simulator)["MORE"] == 44
    assert len(simulator.control.transactions()) == 2


class TestSecondApproval:
    """MORE and LESS are worth 70, COUNTED 30."""

    @pytest.fixture(autouse=True)
    def limit(self, drifted):
        seed_guardrails()
        return drifted

    def limit_of(self, value: int) -> None:
        Guardrail.objects.filter(name="inventory_second_approval").update(value_limit=value)

    def test_nothing_is_pushed_before_a_second_person_signs(self, simulator):
        self.limit_of(60)
        make.approve(envelope(), make.approver())
        assert not Push.objects.exists()
        sign_off = ProposedAction.objects.get(action_type="netsuite_correction_approval")
        make.approve(sign_off, make.approver())
        drain()
        assert in_netsuite(simulator) == {"MORE": 40, "LESS": 10, "COUNTED": 5}

    def test_what_was_carried_under_the_envelope_counts_towards_the_limit(self):
        self.limit_of(200)
        make.approve(line("MORE"), make.approver())
        make.approve(line("LESS"), make.approver())
        assert Push.objects.count() == 2
        self.limit_of(90)
        make.approve(line("COUNTED"), make.approver())
        assert not Movement.objects.filter(kind="correction").exists(), "70 carried and 30 to come need a second person"
