"""E-mail leaves once, after somebody approved it; when nobody can say whether it left, a person is asked."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend

from approvals.clock import now
from approvals.models import Alert, OutboundEmail, ProposedAction
from approvals.refusals import Refused
from approvals.ticking import tick
from tests import factories as make

pytestmark = pytest.mark.django_db


class Unreachable(EmailBackend):
    """A mail server that takes the message and breaks off before answering."""

    def send_messages(self, messages):
        super().send_messages(messages)
        raise ConnectionResetError("connection reset by peer")


@pytest.fixture
def draft(db):
    home = make.zone()
    make.count(home, [(make.stock(5, home=home), 5)])
    return ProposedAction.objects.get(action_type="propose_email_to_customer")


def test_a_draft_is_not_sent(draft):
    tick()
    assert mail.outbox == []
    assert not OutboundEmail.objects.exists()


def test_an_approved_draft_is_sent_once(draft, settings):
    make.approve(draft, make.approver())
    for _ in range(3):
        tick()
    (message,) = mail.outbox
    assert message.to == [settings.WAREHOUSE_MAILBOX]
    assert message.subject == draft.payload["subject"]
    email = OutboundEmail.objects.get()
    assert (email.status, email.template) == ("sent", "weekly_variance_summary")
    assert email.sent_at is not None


def test_a_rejected_draft_is_never_sent(draft):
    make.reject(draft, make.approver())
    tick()
    assert mail.outbox == []
    assert not OutboundEmail.objects.exists()


def test_without_a_clear_answer_it_is_unclear_alerted_and_never_resent(draft, settings):
    settings.EMAIL_BACKEND = f"{__name__}.Unreachable"
    make.approve(draft, make.approver())
    assert tick().emails_sent == 0
    email = OutboundEmail.objects.get()
    assert email.status == "unclear"
    assert "connection reset by peer" in email.problem
    assert "Ask the recipient" in Alert.objects.get(key=f"email-{email.pk}").message
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    for _ in range(3):
        tick()
    assert len(mail.outbox) == 1  # the one that got through although we were not told


def test_a_process_that_died_while_sending_leaves_it_unclear(draft, settings):
    make.approve(draft, make.approver())
    OutboundEmail.objects.update(status="sending", sending_since=now())
    tick()
    assert OutboundEmail.objects.get().status == "sending"  # it may still be at it
    settings.CLOCK_OFFSET_SECONDS = timedelta(minutes=11).total_seconds()
    tick()
    assert OutboundEmail.objects.get().status == "unclear"
    assert Alert.objects.filter(key__startswith="email-").count() == 1
    assert mail.outbox == []


def test_the_counter_cannot_approve_the_draft(draft):
    with pytest.raises(Refused):
        make.approve(draft, make.user("", "counter"))
