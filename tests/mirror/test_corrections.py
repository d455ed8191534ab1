"""A lasting difference from NetSuite, decided by a person."""

from decimal import Decimal
from io import StringIO
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from approvals.models import AuditEntry, Event, Guardrail, JournalEntry, ProposedAction
from approvals.operations import AlreadyDecided, ChangedSinceSeen, NotAllowedToDecide
from approvals.refusals import Refused
from inventory.counting.limits import seed_guardrails
from inventory.mirror.decision_page import corrections_page
from inventory.mirror.mirroring import mirror_netsuite
from inventory.models import Movement, Parity
from inventory.stock.ledger import first_wrong_balance
from netsuite.drain import drain
from netsuite.models import Push
from tests import factories as make
from tests.mirror.looking import envelope, line, look, row

pytestmark = pytest.mark.django_db
State = Parity.State


def set_there(simulator, code, quantity):
    simulator.control.seed(balances=[{"item": code, "location": "MAIN", "quantity": str(quantity)}])


@pytest.fixture
def drifted(stocked):
    """Two items that differ for two looks: two more here than in NetSuite, five less."""
    more, less = stocked("MORE", 40, there=38), stocked("LESS", 10, there=15)
    look(2)
    return more, less


def test_approving_books_the_difference_here_and_changes_nothing_there(drifted, home, simulator):
    more, less = drifted
    boss = make.approver()
    make.approve(envelope(), boss, note="NetSuite was counted")
    assert (make.on_hand(more, home), make.on_hand(less, home)) == (38, 15)
    moved = {movement.item_id: movement for movement in Movement.objects.filter(kind="correction")}
    assert (moved[more.pk].delta, moved[less.pk].delta) == (-2, 5)
    assert moved[more.pk].decision == line("MORE")
    assert moved[more.pk].recorded_by == boss
    assert first_wrong_balance() is None
    assert {row(code).state for code in ("MORE", "LESS")} == {State.EQUAL}
    look(2)
    assert set(Parity.objects.values_list("state", flat=True)) == {State.EQUAL}
    assert envelope().status == "approved"
    assert simulator.control.transactions() == []
    assert not Push.objects.exists()
    assert Event.objects.get(name="inventory.corrected").payload["corrected"] == [["MORE", "-2.000"], ["LESS", "5.000"]]
    assert "NetSuite was counted" in JournalEntry.objects.get(outcome="corrected").narrative
    assert AuditEntry.objects.filter(verb="action.decided").count() == 1


def test_single_lines_may_be_decided_and_the_envelope_closes_with_the_last(drifted, home):
    more, less = drifted
    boss = make.approver()
    make.approve(envelope(), boss, verdict=None, verdicts={line("MORE").pk: "approved"})
    assert (make.on_hand(more, home), make.on_hand(less, home)) == (38, 10)
    assert envelope().status == "pending"
    make.reject(line("LESS"), boss)
    assert envelope().status == "approved"


def test_rejecting_accepts_the_difference_as_long_as_it_stays_the_same(drifted, home, simulator):
    _, less = drifted
    make.reject(line("LESS"), make.approver(), note="Five are on loan")
    assert make.on_hand(less, home) == 10
    look(3)
    assert row("LESS").state == State.ACCEPTED
    assert ProposedAction.objects.filter(payload__item_code="LESS").count() == 1
    set_there(simulator, "LESS", 16)
    look(2)
    assert row("LESS").state == State.DRIFT
    assert line("LESS").status == "pending"
    assert ProposedAction.objects.filter(payload__item_code="LESS").count() == 2


def test_drift_that_comes_back_after_a_decision_is_proposed_anew(drifted, simulator):
    make.approve(envelope(), make.approver())
    first = envelope()
    set_there(simulator, "MORE", 30)
    look(3)
    assert envelope() != first
    assert line("MORE").title == "MORE: 38 here, 30 in NetSuite"
    assert envelope().lines.count() == 1


def test_a_decision_binds_to_the_numbers_seen(drifted, home, simulator):
    more, _ = drifted
    seen = make.seen(envelope())
    set_there(simulator, "MORE", 39)
    look()
    with pytest.raises(ChangedSinceSeen, match="in netsuite 38.000 → 39.000"):
        make.approve(envelope(), make.approver(), seen_hash=seen)
    seen = make.seen(envelope())
    make.move(more, -1, home=home)
    with pytest.raises(ChangedSinceSeen):
        make.approve(envelope(), make.approver(), seen_hash=seen)
    assert not Movement.objects.filter(kind="correction").exists()


def test_looking_again_without_news_leaves_the_page_as_it_was(drifted):
    seen = make.seen(envelope())
    look(2)
    make.approve(envelope(), make.approver(), seen_hash=seen)


def test_goods_that_moved_since_the_look_are_not_booked_away(drifted, home, simulator):
    """Four shipped here after the look, and soon there: the correction is still two."""
    more, _ = drifted
    make.move(more, -4, home=home)
    make.approve(line("MORE"), make.approver())
    assert make.on_hand(more, home) == 34
    set_there(simulator, "MORE", 34)
    look()
    assert row("MORE").state == State.EQUAL


def test_a_push_that_waits_is_left_in_peace(stocked, home):
    what = stocked("000123", 40, there=38)
    sheet = make.count(home, [(what, 50)])
    make.approve(make.envelope_of(sheet), make.approver())
    look(2)
    assert (row("000123").explained, row("000123").difference) == (10, 2)
    make.approve(envelope(), make.approver())
    assert make.on_hand(what, home) == 48
    assert row("000123").state == State.PENDING
    drain()
    look()
    assert (row("000123").netsuite_quantity, row("000123").state) == (48, State.EQUAL)


def test_nothing_is_approved_while_a_push_for_the_item_is_of_unknown_fate(drifted, home, simulator):
    more, _ = drifted
    sheet = make.count(home, [(more, 60)])
    make.approve(make.envelope_of(sheet), make.approver())
    simulator.control.add_fault("reset_after_commit", op="push")
    drain(max_pushes=1)
    with pytest.raises(Refused, match="A push for MORE is on its way"):
        make.approve(line("MORE"), make.approver())
    make.approve(line("LESS"), make.approver())


def test_nothing_is_approved_on_old_numbers(drifted, later):
    later(16 * 60)
    with pytest.raises(Refused, match="not read lately"):
        make.approve(envelope(), make.approver())
    make.reject(line("LESS"), make.approver())
    look()
    make.approve(line("MORE"), make.approver())


def test_only_approvers_decide_and_only_once(drifted):
    with pytest.raises(NotAllowedToDecide):
        make.approve(envelope(), make.user("", "counter"))
    seen = make.seen(envelope())
    make.approve(envelope(), make.approver())
    with pytest.raises(AlreadyDecided):
        make.approve(envelope(), make.approver(), seen_hash=seen)


def test_the_database_itself_refuses_a_correction_without_or_with_twice_its_decision(drifted, home):
    more, less = drifted
    make.approve(envelope(), make.approver())
    values = {"item": more, "location": home.location, "delta": 1, "kind": "correction", "source": "x"}
    booked = Movement.objects.get(item=less, kind="correction")
    for decision in (None, booked.decision):
        with pytest.raises(IntegrityError), transaction.atomic():
            Movement.objects.create(**values, occurred_at=booked.occurred_at, decision=decision)


def test_verify_ledger_knows_corrections_and_names_one_that_nobody_approved(drifted):
    make.approve(envelope(), make.approver())
    call_command("verify_ledger", stdout=StringIO())
    ProposedAction.objects.filter(pk=line("MORE").pk).update(status="rejected", reason_note="Tampered")
    with pytest.raises(CommandError, match="is a correction to NetSuite that nobody approved"):
        call_command("verify_ledger", stdout=StringIO())


def test_an_item_netsuite_alone_has_stock_of_gets_its_balance(simulator, home):
    known = make.item("KNOWN", netsuite_id="2001")
    simulator.control.seed(
        items=[{"id": "2001", "itemid": "KNOWN"}],
        balances=[{"item": "KNOWN", "location": "MAIN", "quantity": "3.5"}],
    )
    look(2)
    make.approve(envelope(), make.approver())
    assert make.on_hand(known, home) == Decimal("3.5")
    look()
    assert row("KNOWN").state == State.EQUAL


def test_the_decision_page_shows_both_sides_and_decides(drifted, home):
    boss = make.approver("boss")
    boss.is_staff = True
    boss.save()
    client = Client()
    client.force_login(boss)
    address = reverse("admin:approvals_proposedaction_change", args=[envelope().pk])
    assert address in client.get(reverse("admin:index")).content.decode()
    page = client.get(address)
    text = page.content.decode()
    assert "Differences from NetSuite at MAIN" in text
    assert "books the correction on our ledger" in text
    assert "All differences" in text
    form = {"scope": "all", "verdict": "approve", "seen": page.context["seen"], "note": ""}
    decide = reverse("admin:approvals_proposedaction_decide", args=[envelope().pk])
    assert client.post(decide, form).status_code == 302
    assert make.on_hand(drifted[0], home) == 38
    assert "Nothing is left to decide here" in client.get(address).content.decode()


def test_the_page_costs_the_same_for_many_lines(stocked, django_assert_max_num_queries):
    for number in range(12):
        stocked(f"I{number:02}", 10, there=9)
    look(2)
    boss = make.approver("boss")
    boss.is_staff = True
    boss.save()
    client = Client()
    client.force_login(boss)
    with django_assert_max_num_queries(30):
        client.get(reverse("admin:approvals_proposedaction_change", args=[envelope().pk]))


class TestWithdrawal:
    def test_a_difference_that_went_away_takes_its_proposal_with_it_and_says_so(self, drifted, simulator):
        set_there(simulator, "MORE", 40)
        report = mirror_netsuite()
        assert report.withdrawn == 1
        gone = line("MORE")
        assert (gone.status, gone.decided_by) == ("withdrawn", None)
        assert gone.reason_note == "The difference has gone away: MORE at MAIN is 40 here and 40 in NetSuite."
        entry = AuditEntry.objects.get(verb="action.withdrawn")
        assert (entry.actor, entry.entity_ref) == (None, f"proposed_action:{gone.pk}")
        assert entry.details["why"] == gone.reason_note
        assert (line("LESS").status, envelope().status) == ("pending", "pending")
        with pytest.raises(AlreadyDecided, match="was withdrawn. The difference has gone away"):
            make.approve(gone, make.approver(), seen_hash=None)

    def test_the_envelope_goes_with_its_last_line_or_keeps_what_people_decided(self, drifted, simulator):
        set_there(simulator, "MORE", 40)
        set_there(simulator, "LESS", 10)
        look()
        assert envelope().status == "withdrawn"
        set_there(simulator, "MORE", 38)
        set_there(simulator, "LESS", 15)
        look(2)
        assert line("MORE").status == "pending", "it is proposed anew when it comes back"
        make.approve(line("LESS"), make.approver())
        set_there(simulator, "MORE", 40)
        look()
        assert (line("MORE").status, envelope().status) == ("withdrawn", "approved")

    def test_the_page_says_why_nothing_is_left_to_decide(self, drifted, simulator):
        set_there(simulator, "MORE", 40)
        look()
        boss = make.approver()
        boss.is_staff = True
        boss.save()
        client = Client()
        client.force_login(boss)
        page = client.get(reverse("admin:approvals_proposedaction_change", args=[envelope().pk])).content.decode()
        assert "The difference has gone away: MORE at MAIN" in page


def sign_off() -> Any:
    return ProposedAction.objects.filter(action_type="netsuite_correction_approval").latest("pk")


class TestSecondApproval:
    """MORE and LESS differ by 2 and 5 at 10 each: 70 in all."""

    @pytest.fixture(autouse=True)
    def limit(self, drifted):
        seed_guardrails()
        Guardrail.objects.filter(name="inventory_second_approval").update(value_limit=60)
        return drifted

    def test_nothing_is_booked_before_a_second_person_signs(self, drifted, home):
        more, less = drifted
        first, second = make.approver(), make.approver()
        page = corrections_page(SimpleNamespace(action=envelope(), shown=[], live={}))
        assert "second person" in page["notices"][0]
        make.approve(envelope(), first, note="NetSuite was counted")
        assert not Movement.objects.filter(kind="correction").exists()
        assert sign_off().payload["gross_value"] == "70.00"
        look(3)
        assert ProposedAction.objects.filter(action_type="netsuite_correction").count() == 2, "not proposed again"
        with pytest.raises(Refused, match="took part|second person"):
            make.approve(sign_off(), first)
        make.approve(sign_off(), second)
        assert (make.on_hand(more, home), make.on_hand(less, home)) == (38, 15)
        assert {row(code).state for code in ("MORE", "LESS")} == {State.EQUAL}
        assert first_wrong_balance() is None

    def test_a_large_difference_cannot_be_approved_in_small_pieces(self, drifted):
        boss = make.approver()
        make.approve(line("MORE"), boss)
        make.approve(line("LESS"), boss)
        assert not Movement.objects.filter(kind="correction").exists()
        assert ProposedAction.objects.filter(action_type="netsuite_correction_approval").count() == 2

    def test_what_was_booked_under_the_envelope_already_counts_too(self, drifted):
        rule = Guardrail.objects.filter(name="inventory_second_approval")
        rule.update(value_limit=70)
        make.approve(line("MORE"), make.approver())
        assert Movement.objects.filter(kind="correction").count() == 1
        rule.update(value_limit=60)
        make.approve(line("LESS"), make.approver())
        assert Movement.objects.filter(kind="correction").count() == 1
        assert sign_off().payload["gross_value"] == "70.00"

    def test_refused_by_the_second_person_the_difference_is_accepted(self, drifted, home):
        more, _ = drifted
        make.approve(envelope(), make.approver())
        make.reject(sign_off(), make.approver(), note="Count it first")
        assert make.on_hand(more, home) == 40
        look(3)
        assert row("MORE").state == State.ACCEPTED
        assert sign_off().status == "rejected"

    def test_what_agrees_again_before_the_signature_is_not_booked(self, drifted, home, simulator):
        more, less = drifted
        make.approve(envelope(), make.approver())
        set_there(simulator, "MORE", 40)
        look()
        make.approve(sign_off(), make.approver())
        assert (make.on_hand(more, home), make.on_hand(less, home)) == (40, 15)

    def test_a_sign_off_with_nothing_left_is_withdrawn(self, drifted, simulator):
        make.approve(envelope(), make.approver())
        set_there(simulator, "MORE", 40)
        set_there(simulator, "LESS", 10)
        look()
        assert sign_off().status == "withdrawn"

    def test_at_the_limit_or_switched_off_one_person_is_enough(self, drifted):
        Guardrail.objects.filter(name="inventory_second_approval").update(value_limit=70)
        make.approve(envelope(), make.approver())
        assert Movement.objects.filter(kind="correction").count() == 2
