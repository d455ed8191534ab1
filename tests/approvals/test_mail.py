"""E-mail leaves once, after somebody approved it; when nobody can say whether it left, a person is asked."""

import hashlib
from datetime import timedelta

import pytest
from django.core import mail
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.mail.backends.locmem import EmailBackend
from django.urls import reverse

from approvals import registry
from approvals.clock import now
from approvals.contract import EmailKind
from approvals.mail.drafting import edit_email
from approvals.mail.resolving import Resolution, resolve_email
from approvals.models import Alert, OutboundEmail, ProposedAction
from approvals.refusals import Refused
from approvals.ticking import tick
from tests import factories as make

pytestmark = pytest.mark.django_db


class Closed(EmailBackend):
    """A mail server that is not there."""

    def send_messages(self, messages):
        raise ConnectionRefusedError("connection refused")


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


WORDS = {
    "mailbox": "board@lakeside.k12.example",
    "cc": ["buyer@lakeside.k12.example"],
    "subject": "Hello",
    "body": "Hi",
}
LOCMEM = "django.core.mail.backends.locmem.EmailBackend"


def conditions(monkeypatch, draft, **conditions):
    template = draft.payload["template"]
    monkeypatch.setitem(registry._email_kinds, template, EmailKind(template, **conditions))


def at_the_desk():
    person = make.approver("bo")
    person.is_staff = True
    person.save()
    return person


def test_what_was_edited_before_the_decision_is_what_leaves(draft):
    approver = make.approver()
    edit_email(action_id=draft.pk, by=approver, **WORDS)
    draft.refresh_from_db()
    make.approve(draft, approver)
    tick()
    (message,) = mail.outbox
    assert (message.to, message.cc) == ([WORDS["mailbox"]], WORDS["cc"])
    assert (message.subject, message.body) == ("Hello", "Hi")


def test_an_edit_after_somebody_looked_voids_that_look(draft):
    approver = make.approver()
    seen = make.seen(draft)
    edit_email(action_id=draft.pk, by=approver, **WORDS)
    with pytest.raises(Refused, match="changed since you looked"):
        make.approve(draft, approver, seen_hash=seen)
    assert not OutboundEmail.objects.exists()


def test_every_problem_of_an_edit_is_named_and_nothing_is_stored(draft):
    with pytest.raises(Refused) as refused:
        edit_email(action_id=draft.pk, by=make.approver(), mailbox="nobody", cc=["x@"], subject=" ", body="")
    assert len(refused.value.problems) == 4
    draft.refresh_from_db()
    assert draft.payload["subject"].startswith("Count")


def test_a_decided_draft_can_no_longer_be_edited_nor_can_the_counter_edit_one(draft):
    with pytest.raises(Refused, match="may not edit"):
        edit_email(action_id=draft.pk, by=make.user("", "counter"), **WORDS)
    make.approve(draft, make.approver())
    with pytest.raises(Refused, match="already approved"):
        edit_email(action_id=draft.pk, by=make.approver("bo"), **WORDS)


def test_the_edit_page_keeps_what_was_typed_when_it_is_refused(draft, client):
    client.force_login(at_the_desk())
    page = reverse("admin:approvals_proposedaction_edit_email", args=[draft.pk])
    answer = client.post(page, {**WORDS, "cc": "not-an-address", "body": "My long letter"})
    assert answer.status_code == 409
    assert "My long letter" in answer.text
    assert "“not-an-address” is no e-mail address." in answer.text
    assert client.post(page, {**WORDS, "cc": "a@b.example; c@d.example"}).status_code == 302
    draft.refresh_from_db()
    assert draft.payload["cc"] == ["a@b.example", "c@d.example"]


def test_a_server_that_is_not_there_is_tried_three_times_and_then_a_person_is_asked(draft, settings, later):
    settings.EMAIL_BACKEND = f"{__name__}.Closed"
    make.approve(draft, make.approver())
    tick()
    email = OutboundEmail.objects.get()
    assert (email.status, email.attempts) == ("queued", 1)
    tick()  # not due yet
    assert OutboundEmail.objects.get().attempts == 1
    for minutes in (1, 2):
        later(minutes=minutes)
        tick()
    email = OutboundEmail.objects.get()
    assert (email.status, email.attempts) == ("held", 3)
    assert "was not sent" in Alert.objects.get(key=f"email-{email.pk}").message

    settings.EMAIL_BACKEND = LOCMEM
    by = make.approver("bo")
    resolve_email(email_id=email.pk, resolution=Resolution.RELEASE, by=by, reason="The server is back.")
    tick()
    assert OutboundEmail.objects.get().status == "sent"
    assert len(mail.outbox) == 1
    assert Alert.objects.get(key=f"email-{email.pk}").resolved_at


def test_the_owner_may_hold_it_back_at_the_last_moment(draft, monkeypatch):
    make.approve(draft, make.approver())
    conditions(monkeypatch, draft, may_leave=lambda email: "The customer is on hold.")
    tick()
    email = OutboundEmail.objects.get()
    assert (email.status, email.problem, mail.outbox) == ("held", "The customer is on hold.", [])


def test_an_owner_who_cannot_answer_keeps_no_other_mail_from_leaving(draft, monkeypatch):
    make.approve(draft, make.approver())
    conditions(monkeypatch, draft, may_leave=lambda email: str(1 / email.attempts))
    home = make.zone()
    make.count(home, [(make.stock(5, home=home), 5)])
    other = ProposedAction.objects.exclude(pk=draft.pk).get(action_type="propose_email_to_customer")
    other.payload |= {"template": "another"}
    other.save()
    make.approve(other, make.approver())
    assert tick().emails_sent == 1
    assert list(OutboundEmail.objects.order_by("pk").values_list("status", flat=True)) == ["queued", "sent"]


def test_recipients_are_objected_to_together_with_everything_else(draft, monkeypatch):
    conditions(monkeypatch, draft, objection=lambda of, recipients: [f"{who} is a stranger." for who in recipients])
    with pytest.raises(Refused) as refused:
        edit_email(action_id=draft.pk, by=make.approver(), mailbox="a@b.example", cc=["x@"], subject="Hello", body="Hi")
    assert refused.value.problems == ["“x@” is no e-mail address.", "a@b.example is a stranger."]


def test_the_owner_hears_of_it_once_it_left(draft, monkeypatch):
    heard = []
    conditions(monkeypatch, draft, has_left=lambda email: heard.append(email.pk))
    make.approve(draft, make.approver())
    tick()
    tick()
    assert heard == [OutboundEmail.objects.get().pk]


@pytest.mark.parametrize(("stored", "leaves"), [(b"as approved", True), (b"another", False), (None, False)])
def test_an_attachment_leaves_only_as_it_was_approved(draft, stored, leaves, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    sha256 = hashlib.sha256(b"as approved").hexdigest()
    draft.payload |= {"attachments": [{"name": "Quote.pdf", "path": "quote.pdf", "sha256": sha256}]}
    draft.save()
    if stored is not None:
        default_storage.save("quote.pdf", ContentFile(stored))
    make.approve(draft, make.approver())
    tick()
    assert OutboundEmail.objects.get().status == ("sent" if leaves else "held")
    assert [message.attachments[0][:2] for message in mail.outbox] == (
        [("Quote.pdf", b"as approved")] if leaves else []
    )


@pytest.mark.parametrize(
    ("resolution", "status", "copies"), [(Resolution.ARRIVED, "sent", 0), (Resolution.SEND_AGAIN, "sent", 1)]
)
def test_a_person_settles_an_unclear_one(draft, settings, resolution, status, copies):
    make.approve(draft, make.approver())
    OutboundEmail.objects.update(status="unclear", problem="no answer")
    email = OutboundEmail.objects.get()
    with pytest.raises(Refused, match="may not decide"):
        resolve_email(email_id=email.pk, resolution=resolution, by=make.user("", "counter"), reason="I asked")
    resolve_email(email_id=email.pk, resolution=resolution, by=make.approver("bo"), reason="I asked the recipient")
    tick()
    assert OutboundEmail.objects.get().status == status
    assert len(mail.outbox) == copies
    with pytest.raises(Refused, match="by now"):
        resolve_email(email_id=email.pk, resolution=resolution, by=make.approver("cy"), reason="me too")


def test_the_pages_of_an_email_offer_what_can_be_done_and_do_it(draft, client):
    make.approve(draft, make.approver())
    OutboundEmail.objects.update(status="held", problem="The customer is on hold.")
    email = OutboundEmail.objects.get()
    client.force_login(at_the_desk())
    page = client.get(reverse("admin:approvals_outboundemail_change", args=[email.pk]))
    assert "Send now" in page.text
    assert "Send again" not in page.text
    cancel = reverse("admin:approvals_outboundemail_cancel", args=[email.pk])
    assert client.post(cancel, {"reason": "We called them."}).status_code == 302
    assert OutboundEmail.objects.get().status == "cancelled"
    tick()
    assert mail.outbox == []


@pytest.mark.parametrize("frm", OutboundEmail.Status.values)
@pytest.mark.parametrize("to", OutboundEmail.Status.values)
def test_the_table_of_states_is_the_law(draft, frm, to):
    make.approve(draft, make.approver())
    OutboundEmail.objects.update(status=frm, sent_at=now())
    email = OutboundEmail.objects.get()
    if to in OutboundEmail.TRANSITIONS[frm]:
        assert email.move(frm=frm, to=to)
        assert not email.move(frm=frm, to=to) or frm == to
    else:
        with pytest.raises(ValueError, match="cannot go"):
            email.move(frm=frm, to=to)
