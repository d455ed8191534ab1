"""A quote from its draft to NetSuite, by the program's own operations."""

import pytest
from django.core import mail

from approvals.models import OutboundEmail, ProposedAction, RunStep
from approvals.ticking import tick
from quotes.models import CustomerProfile, Quote
from tests.quotes import drafted
from tests.quotes.drafted import approve, decide, draft, email_draft

pytestmark = pytest.mark.django_db


def test_a_draft_stages_an_envelope_with_one_action_and_nothing_else():
    run = draft()
    envelope, child = ProposedAction.objects.order_by("pk")
    assert (envelope.action_type, child.action_type) == ("workflow_customer_quote", "quote_draft")
    assert envelope.entity_ref == f"workflow:customer_quote:run_{run.pk}"
    assert child.envelope == envelope
    assert not Quote.objects.exists()
    assert {step.status for step in run.steps.all()} == {RunStep.Status.WAITING, RunStep.Status.PENDING}


def test_approval_writes_the_quote_and_the_second_approval_sends_it():
    run = draft()
    quote = approve(run)
    assert (quote.number, quote.revision, quote.lifecycle_status) == ("Q-2026-00001", 1, "approved")
    assert [step.status for step in run.steps.all()] == ["done"] * 5
    assert CustomerProfile.objects.get(customer=quote.customer).last_quote_event
    tick()
    assert mail.outbox == []
    decide(email_draft(run), drafted.approver())
    tick()
    tick()
    (message,) = mail.outbox
    assert message.to == ["pat@district.example.org"]
    assert message.attachments[0][1][:5] == b"%PDF-"
    quote.refresh_from_db()
    assert (quote.lifecycle_status, quote.push.external_id) == ("sent", "CS-QT-Q-2026-00001-R1")
    assert OutboundEmail.objects.get().status == "sent"
