"""A quote from its draft to NetSuite, by the program's own operations: all of it once, nothing unapproved."""

from decimal import Decimal

import pytest
from django.core import mail
from django.core.files.storage import storages

from approvals.mail.resolving import Resolution, resolve_email
from approvals.models import Alert, Event, JournalEntry, OutboundEmail, ProposedAction, RunStep
from approvals.operations import ChangedSinceSeen, content_hash, live_numbers
from approvals.operations import decide as decide_action
from approvals.refusals import Refused
from approvals.ticking import tick
from netsuite.decisions import retry_push
from netsuite.drain import drain
from netsuite.models import Push
from quotes.drafting import Frame, draft_quote, redraft_quote
from quotes.gate import draft_action
from quotes.models import CustomerProfile, PricingMaster, Quote, QuoteLine
from quotes.outgoing import document_of_quote
from quotes.wishes import LineWish
from tests.netsuite.stage import assert_once
from tests.quotes import drafted
from tests.quotes import factories as make
from tests.quotes.drafted import approve, decide, district, draft, email_draft, priced, wishes

pytestmark = pytest.mark.django_db


def settle(run):
    """Approve the e-mail too, and let everything happen that is due, more often than needed."""
    decide(email_draft(run), drafted.approver())
    for _ in range(3):
        tick()
        drain()


def test_a_draft_stages_an_envelope_with_one_action_and_nothing_else():
    run = draft()
    envelope, child = ProposedAction.objects.order_by("pk")
    assert (envelope.action_type, child.action_type) == ("workflow_customer_quote", "quote_draft")
    assert envelope.entity_ref == f"workflow:customer_quote:run_{run.pk}"
    assert child.envelope == envelope
    assert not Quote.objects.exists()
    assert [step.name for step in run.steps.all()] == [
        "write_quote", "render_pdf", "send_email", "ns_push", "ar_forecast_touch",
    ]  # fmt: skip
    assert not run.steps.filter(status__in=RunStep.FINAL).exists()


def test_two_approvals_make_one_quote_one_file_one_email_and_one_estimate(simulator):
    who = district()
    items = priced(who, 2, price="40.1050")
    run = draft(who, wishes(*items, quantity=3), include_pdf=True)
    quote = approve(run)
    assert (quote.number, quote.revision, quote.lifecycle_status) == ("Q-2026-00001", 1, "approved")
    assert list(run.steps.values_list("status", flat=True)) == ["done"] * 5
    for _ in range(2):
        tick()
    assert mail.outbox == [], "the e-mail waits for an approval of its own"
    settle(run)

    quote.refresh_from_db()
    (message,) = mail.outbox
    name, pdf, kind = message.attachments[0]
    assert (message.to, name, pdf[:5]) == (["pat@district.example.org"], "Q-2026-00001-r1.pdf", b"%PDF-")
    assert quote.lifecycle_status == "sent"
    assert len(storages["quotes"].listdir(f"quotes/{quote.pk}")[1]) == 1
    assert_once(simulator, "CS-QT-Q-2026-00001-R1")
    push = Push.objects.get()
    assert (push.status, push.remote_subtotal) == ("confirmed", Decimal("240.64")), "each line is rounded half up"
    assert CustomerProfile.objects.get(customer=who).last_quote_event
    assert Event.objects.filter(name="workflow.completed", workflow_run=run).count() == 1
    assert JournalEntry.objects.get(workflow_run=run).tags == f"quote,customer:{who.pk},school_year:2026-27"


def test_a_rejected_draft_becomes_nothing():
    run = draft()
    decide(draft_action(run), drafted.approver(), "Too early.", "rejected")
    run.refresh_from_db()
    assert run.status == "completed"
    assert set(run.steps.values_list("status", flat=True)) == {"skipped"}
    assert not Quote.objects.exists()
    assert not Push.objects.exists()


class TestWarnings:
    def test_a_line_under_the_floor_needs_a_reason(self):
        who = district()
        (item,) = priced(who, price=40, cost="34.01")
        run = draft(who, wishes(item))
        with pytest.raises(Refused, match=r"Under the margin floor: .*Write|Write in the note"):
            approve(run)
        assert approve(run, "They take a full truck.").lifecycle_status == "approved"

    def test_exactly_the_floor_needs_none(self):
        who = district()
        (item,) = priced(who, price=40, cost="34.00")
        assert approve(draft(who, wishes(item))).number

    def test_an_unknown_cost_never_passes(self):
        who = district()
        (item,) = priced(who, price=40, cost=None)
        run = draft(who, wishes(item))
        assert run.warnings == [f"Margin unknown, because the cost is: {item.item_code}."]
        with pytest.raises(Refused, match="Margin unknown"):
            approve(run)

    def test_a_line_without_a_price_cannot_be_approved_with_any_reason(self):
        who = district()
        run = draft(who, wishes(make.spec_item("NOPRICE")))
        with pytest.raises(Refused, match="No price for 2026-27: NOPRICE"):
            approve(run, "Please.")
        redraft_quote(
            action_id=draft_action(run).pk,
            by=drafted.quoter(),
            lines=[LineWish("NOPRICE", case_price=Decimal("12.50"), reason="As told on the phone")],
        )
        quote = approve(run, "Cost is not known yet.")
        assert (quote.lines.get().price_source, quote.lines.get().net_price) == ("override", Decimal("12.50"))


class TestAfterwards:
    """What happened between two approvals, or between an approval and its effect."""

    def test_a_hold_stops_the_email_and_the_estimate_and_the_screen_says_why(self, simulator, operator):
        run = draft()
        quote = approve(run)
        quote.customer.entitystatus = "hold"
        quote.customer.save()
        settle(run)
        email, push = OutboundEmail.objects.get(), Push.objects.get()
        assert (mail.outbox, simulator.control.transactions()) == ([], [])
        assert (email.status, push.status) == ("held", "needs_human")
        assert "is on hold" in email.problem
        assert "is on hold" in push.last_outcome
        assert Alert.objects.filter(resolved_at=None, message__contains="is on hold").count() == 2

        quote.customer.entitystatus = "active"
        quote.customer.save()
        resolve_email(email_id=email.pk, resolution=Resolution.RELEASE, by=drafted.approver(), reason="Hold lifted")
        retry_push(push=push, by=operator, reason="Hold lifted")
        tick()
        drain()
        assert len(mail.outbox) == 1
        assert_once(simulator, push.external_id)

    def test_a_hold_before_the_approval_refuses_it(self):
        run = draft()
        make.Customer.objects.update(entitystatus="hold")
        with pytest.raises(Refused, match="is on hold"):
            approve(run, "Never mind.")
        assert not Quote.objects.exists()

    def test_a_price_that_moved_refuses_the_approval_until_the_draft_is_refreshed(self):
        who = district()
        (item,) = priced(who, price=40)
        run = draft(who, wishes(item))
        PricingMaster.objects.update(case_price=42)
        with pytest.raises(Refused, match=r"the pricing master now says \$42.00, the quote \$40.00"):
            approve(run, "Whatever.")
        redraft_quote(action_id=draft_action(run).pk, by=drafted.quoter())
        assert approve(run).lines.get().case_price == 42

    def test_a_price_that_moves_after_the_approval_stops_what_has_not_left(self, simulator):
        run = draft()
        approve(run)
        PricingMaster.objects.update(case_price=42)
        settle(run)
        assert "the pricing master now says" in OutboundEmail.objects.get().problem
        assert "the pricing master now says" in Push.objects.get().last_outcome

    def test_an_offer_that_ran_out_is_not_sent(self, simulator, later):
        run = draft()
        approve(run)
        later(31 * 24 * 3600)
        settle(run)
        assert mail.outbox == []
        assert "was valid until" in OutboundEmail.objects.get().problem
        assert "was valid until" in Push.objects.get().last_outcome

    def test_an_edit_after_somebody_looked_voids_that_look(self):
        run, by = draft(), drafted.approver()
        action = draft_action(run)
        seen = content_hash(live_numbers(action))
        redraft_quote(action_id=action.pk, by=drafted.quoter(), frame=Frame(notes="Now with words"))
        with pytest.raises(ChangedSinceSeen):
            decide_action(action_id=action.pk, by=by, seen_hash=seen, via="admin", verdict="approved", note="")
        assert not Quote.objects.exists()

    def test_a_decided_draft_is_not_edited(self):
        run = draft()
        approve(run)
        with pytest.raises(Refused, match="already approved"):
            redraft_quote(action_id=draft_action(run).pk, by=drafted.quoter())

    @pytest.mark.parametrize("change", [{"case_price": 39, "net_price": 39}, {"description": "Else"}, {"quantity": 7}])
    def test_a_quote_changed_behind_the_gate_has_lost_its_approval(self, simulator, change):
        run = draft()
        quote = approve(run)
        QuoteLine.objects.filter(pk=quote.lines.first().pk).update(**change)
        settle(run)
        assert (mail.outbox, simulator.control.transactions()) == ([], [])
        assert "changed after it was approved" in OutboundEmail.objects.get().problem
        assert "changed after it was approved" in Push.objects.get().last_outcome

    def test_an_address_changed_later_changes_nothing_that_was_approved(self):
        run = draft()
        quote = approve(run)
        quote.customer.bill_to = "Another street"
        quote.customer.save()
        tick()
        decide(email_draft(run), drafted.approver())
        tick()
        assert len(mail.outbox) == 1
        assert document_of_quote(quote).customer.bill_to == ()

    def test_prices_of_one_district_never_reach_another(self):
        run = draft()
        quote = approve(run)
        quote.customer.contacts.update(receives_quotes=False)
        decide(email_draft(run), drafted.approver())
        tick()
        assert mail.outbox == []
        assert "is no quote contact" in OutboundEmail.objects.get().problem


class TestRevisions:
    def revise(self, quote, lines=None, **wanted):
        lines = lines or [LineWish(line.item_code) for line in quote.lines.all()]
        return draft_quote(
            customer_id=quote.customer_id,
            school_year="2026-27",
            lines=lines,
            by=drafted.quoter(),
            revises=quote.pk,
            **wanted,
        )

    def test_the_next_revision_has_the_number_and_takes_over_only_when_it_is_sent(self, simulator):
        run = draft()
        first = approve(run)
        settle(run)
        again = self.revise(first)
        second = approve(again)
        first.refresh_from_db()
        assert (second.number, second.revision, second.parent) == (first.number, 2, first)
        assert first.lifecycle_status == "sent", "current until the next one is sent"
        assert document_of_quote(second).supersedes.revision == 1
        settle(again)
        first.refresh_from_db()
        second.refresh_from_db()
        assert (first.lifecycle_status, second.lifecycle_status) == ("superseded", "sent")
        assert_once(simulator, "CS-QT-Q-2026-00001-R1", "CS-QT-Q-2026-00001-R2")

    def test_revising_an_approved_quote_voids_its_approval(self, simulator):
        run = draft()
        first = approve(run)
        self.revise(first)
        settle(run)
        assert mail.outbox == []
        assert "is being revised" in OutboundEmail.objects.get().problem
        assert "is being revised" in Push.objects.get().last_outcome

    def test_one_revision_at_a_time_and_only_of_the_latest(self):
        first = approve(draft())
        waiting = self.revise(first)
        with pytest.raises(Refused, match="is being revised already"):
            self.revise(first)
        approve(waiting)
        with pytest.raises(Refused, match="is not the latest revision"):
            self.revise(first)
