"""The approver's page of a draft, the prices refreshed from it, the e-mail's recipients, and the delayed checks."""

from datetime import timedelta

import pytest
from django.core.files.storage import storages
from django.urls import reverse

from approvals.mail.drafting import edit_email
from approvals.models import Alert, VerifyCheck
from approvals.refusals import Refused
from approvals.ticking import tick
from quotes.gate import draft_action
from quotes.models import CustomerContact, PricingMaster, Quote
from tests.quotes import drafted
from tests.quotes import factories as make
from tests.quotes.drafted import approve, decide, district, draft, email_draft, priced, wishes
from tests.quotes.screens import signed_in, text_of

pytestmark = pytest.mark.django_db
MINUTES, HOURS = 60, 3600


def page_of(run):
    return reverse("admin:approvals_proposedaction_change", args=(draft_action(run).envelope_id,))


class TestThePage:
    def test_it_shows_the_quote_beside_what_the_customer_must_not_see(self):
        who = district(code="OAK")
        (item,) = priced(who, price=40, cost=35)
        make.line(make.quote(who, status="sent", year=2025), item, "37.25")
        shown = text_of(signed_in(drafted.approver("quotes.view_cost")).get(page_of(draft(who, wishes(item)))))
        for part in ("OAK School District", "$40.00", "Pricing master", "$37.25", "$35.00", "12.5 %", "floor 15 %"):
            assert part in shown

    def test_it_says_why_it_cannot_be_approved(self):
        run = draft()
        PricingMaster.objects.update(case_price=42)
        make.Customer.objects.update(entitystatus="hold")
        shown = text_of(signed_in(drafted.approver()).get(page_of(run)))
        assert "is on hold" in shown
        assert "the pricing master now says $42.00, the quote $40.00" in shown

    def test_prices_are_refreshed_from_it_after_a_look(self):
        run = draft()
        PricingMaster.objects.update(case_price=42)
        client = signed_in(drafted.approver("quotes.draft_quote"))
        assert "Refresh the prices" in text_of(client.get(page_of(run)))
        address = reverse("quotes_refresh_draft", args=(draft_action(run).pk,))
        assert "now says $42.00" in text_of(client.get(address))
        assert draft_action(run).payload["lines"][0]["case_price"] == "40.0000", "looking changes nothing"
        assert client.post(address).status_code == 302
        assert approve(run).lines.first().case_price == 42

    def test_nobody_refreshes_without_the_permission(self):
        run = draft()
        client = signed_in(drafted.approver())
        assert client.post(reverse("quotes_refresh_draft", args=(draft_action(run).pk,))).status_code == 403
        assert "Refresh the prices" not in text_of(client.get(page_of(run)))

    def test_a_click_on_a_page_that_has_grown_old_decides_nothing(self):
        run = draft()
        client = signed_in(drafted.approver())
        seen = client.get(page_of(run)).context["seen"]
        PricingMaster.objects.update(cost_basis=39)
        form = {"verdict": "approve", "scope": "all", "seen": seen, "note": "Fine."}
        shown = client.post(
            reverse("admin:approvals_proposedaction_decide", args=(draft_action(run).envelope_id,)), form, follow=True
        )
        assert "changed since you looked" in text_of(shown), "a line fell under the floor meanwhile"
        assert not Quote.objects.exists()


class TestRecipients:
    def test_only_contacts_of_the_customer_are_written_to(self):
        run = draft()
        quote = approve(run)
        CustomerContact.objects.create(
            customer=quote.customer, name="Lu", email="lu@district.example.org", receives_quotes=True
        )
        wanted = {"action_id": email_draft(run).pk, "by": drafted.approver(), "subject": "Quote", "body": "Hello"}
        with pytest.raises(Refused, match="“x@other.example.org” is no quote contact"):
            edit_email(mailbox="pat@district.example.org", cc=["x@other.example.org"], **wanted)
        edit_email(mailbox="LU@district.example.org", cc=["pat@district.example.org"], **wanted)
        assert email_draft(run).payload["mailbox"] == "LU@district.example.org"

    def test_free_mail_and_a_second_domain_are_warnings(self):
        who = district(contact="cook@gmail.com")
        CustomerContact.objects.create(customer=who, name="Ann", email="ann@elm.example.org", receives_quotes=True)
        run = draft(who, wishes(*priced(who)))
        with pytest.raises(Refused, match="cook@gmail.com is at a free mail service.*elm.example.org and gmail.com"):
            approve(run)

    def test_without_a_contact_the_quote_is_written_and_nothing_is_drafted(self):
        who = district(contact="")
        run = draft(who, wishes(*priced(who)))
        approve(run, "Taken there by hand.")
        assert run.steps.get(name="send_email").status == "skipped"
        assert not run.proposed_actions.filter(action_type="propose_email_to_customer").exists()


class TestChecks:
    """`VerifyCheck` rows as the tick leaves them."""

    def states(self):
        tick()
        return dict(VerifyCheck.objects.values_list("name", "status"))

    def test_nothing_is_judged_before_somebody_decided(self, later):
        draft()
        later(30 * 24 * HOURS)
        assert set(self.states().values()) == {"pending"}

    def test_the_email_is_pending_for_as_long_as_its_approval_takes(self, later):
        run = draft(include_pdf=True)
        approve(run)
        later(20 * 24 * HOURS)
        assert self.states() == {"quote_persisted": "passed", "pdf_stored": "passed", "email_sent": "pending"}
        decide(email_draft(run), drafted.approver())
        later(20 * MINUTES)
        tick()
        later(20 * MINUTES)
        assert self.states()["email_sent"] == "passed"

    def test_the_email_fails_only_after_its_deadline(self, later):
        run = draft()
        approve(run)
        make.Customer.objects.update(entitystatus="hold")
        decide(email_draft(run), drafted.approver())
        later(20 * MINUTES)
        assert self.states()["email_sent"] == "pending"
        later(2 * HOURS)
        assert self.states()["email_sent"] == "failed"
        assert Alert.objects.filter(message__contains="email_sent failed", resolved_at=None).exists()

    def test_no_pdf_asked_for_is_waived(self, later):
        approve(draft())
        later(10 * MINUTES)
        assert self.states()["pdf_stored"] == "waived"

    def test_a_file_that_was_changed_fails(self, later, settings):
        quote = approve(draft(include_pdf=True))
        folder = storages["quotes"].path(f"quotes/{quote.pk}")
        (name,) = storages["quotes"].listdir(f"quotes/{quote.pk}")[1]
        with open(f"{folder}/{name}", "ab") as file:
            file.write(b"%")
        later(10 * MINUTES)
        assert self.states()["pdf_stored"] == "failed"

    def test_a_rejected_draft_has_nothing_to_verify(self, later):
        decide(draft_action(draft()), drafted.approver(), "No.", "rejected")
        later(timedelta(days=1).total_seconds())
        assert set(self.states().values()) == {"waived"}
