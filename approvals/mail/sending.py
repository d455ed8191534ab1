"""Approved e-mail leaves once.

The row says SENDING, committed, before the mail server hears of it. What the server certainly did not take is
tried again or held back for a person; whatever ends without a clear answer is UNCLEAR and stays so: a second copy
is worse than a question to a person.
"""

import hashlib
import logging
import smtplib
import socket
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.files.storage import storages
from django.core.mail import EmailMessage
from django.db import transaction

from approvals import audit, registry
from approvals.alerts import raise_alert
from approvals.clock import now
from approvals.contract import ActionType, Retry
from approvals.failpoints import MailFailpoint, reach
from approvals.mail.drafting import EMAIL_DRAFT
from approvals.models import OutboundEmail, ProposedAction
from approvals.operations import Decision

log = logging.getLogger(__name__)
STUCK_AFTER = timedelta(minutes=10)
# The contract's policy for quotes: 3 attempts, exponential, 1,500 to 30,000 ms.
RETRY = Retry(attempts=3, first_delay=timedelta(seconds=1.5), longest=timedelta(seconds=30), alert=True)
Status = OutboundEmail.Status


def queue_approved(decision: Decision) -> None:
    for action in decision.verdicts.get(ProposedAction.Status.APPROVED, []):
        draft = action.payload
        OutboundEmail.objects.create(
            action=action,
            template=draft["template"],
            recipient=draft["mailbox"],
            cc=draft.get("cc", []),
            reply_to=draft.get("reply_to", ""),
            subject=draft["subject"],
            body=draft["body"],
            attachments=draft.get("attachments", []),
        )


EMAIL_DRAFT_TYPE = ActionType(
    key=EMAIL_DRAFT,
    title="E-mail draft",
    live=lambda actions: {action.pk: dict(action.payload) for action in actions},
    decided=queue_approved,
    template="approvals/decision_email.html",
)


class NotTaken(Exception):
    """The mail server certainly has no copy. `for_good`: asking again will not help."""

    def __init__(self, problem: str, *, for_good: bool) -> None:
        super().__init__(problem)
        self.for_good = for_good


def send_due() -> int:
    """Send what is queued; returns how many were sent. Call outside any transaction."""
    _give_up_on_stuck()
    due = OutboundEmail.objects.filter(status=Status.QUEUED, next_attempt_at__lte=now())
    sent = 0
    for email in due.order_by("pk").select_related("action"):
        try:
            sent += _claim_and_send(email)
        except Exception:  # its owner's condition, or a lost database: the others, and the next tick, go on
            log.exception("e-mail %s", email.pk)
    return sent


def _claim_and_send(email: OutboundEmail) -> int:
    objection = registry.email_kind(email.template).may_leave(email)
    if objection:
        return hold(email, Status.QUEUED, objection)
    if not email.move(
        frm=Status.QUEUED, to=Status.SENDING, sending_since=now(), attempts=email.attempts + 1, problem=""
    ):
        return 0
    reach(MailFailpoint.BEFORE_HANDING_OVER)
    try:
        _hand_over(email)
    except NotTaken as problem:
        return _try_later(email, problem)
    except Exception as problem:
        log.exception("e-mail %s", email.pk)
        return _unclear(email, f"{type(problem).__name__}: {problem}")
    reach(MailFailpoint.AFTER_HANDING_OVER)
    return record_sent(email, Status.SENDING, by=None)


def record_sent(email: OutboundEmail, frm: str, *, by: Any) -> int:
    """The mail server took it, or a person says that it arrived."""
    with transaction.atomic():
        if not email.move(frm=frm, to=Status.SENT, sent_at=now(), problem=""):
            return 0
        audit.append(
            actor=by,
            verb="email.sent",
            entity_ref=f"email:{email.pk}",
            details={"recipient": email.recipient, "attempts": email.attempts},
        )
        registry.email_kind(email.template).has_left(email)
    return 1


def _hand_over(email: OutboundEmail) -> None:
    message = EmailMessage(
        subject=email.subject,
        body=email.body,
        to=[email.recipient],
        cc=email.cc,
        reply_to=[email.reply_to] if email.reply_to else None,
        # The same on every attempt, so that a recipient's server can tell a second copy.
        headers={"Message-ID": message_id(email)},
    )
    for attachment in email.attachments:
        message.attach(attachment["name"], _checked(attachment))
    try:
        message.send()
    except smtplib.SMTPRecipientsRefused as problem:
        codes = {code for code, _ in problem.recipients.values()}
        raise NotTaken(_in_words(problem), for_good=any(code >= 500 for code in codes)) from problem
    except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError, smtplib.SMTPHeloError) as problem:
        raise NotTaken(_in_words(problem), for_good=problem.smtp_code >= 500) from problem
    except smtplib.SMTPAuthenticationError as problem:
        raise NotTaken(_in_words(problem), for_good=True) from problem
    except (
        smtplib.SMTPConnectError,
        smtplib.SMTPNotSupportedError,
        ConnectionRefusedError,
        socket.gaierror,
    ) as problem:
        raise NotTaken(_in_words(problem), for_good=False) from problem


def message_id(email: OutboundEmail) -> str:
    """RFC 5322 identifier, stable over attempts."""
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">") or "localhost"
    seed = hashlib.sha256(f"{email.pk}:{email.action_id}:{email.queued_at.isoformat()}".encode()).hexdigest()[:32]
    return f"<countersign.{seed}@{domain}>"


def _checked(attachment: dict[str, str]) -> bytes:
    """The stored bytes, if they are still those that were approved."""
    try:
        with storages[attachment.get("storage", "default")].open(attachment["path"], "rb") as stored:
            content: bytes = stored.read()
    except FileNotFoundError as problem:
        raise NotTaken(f"The attachment {attachment['name']} is no longer stored.", for_good=True) from problem
    if hashlib.sha256(content).hexdigest() != attachment["sha256"]:
        raise NotTaken(f"The attachment {attachment['name']} is not the file that was approved.", for_good=True)
    return content


def _in_words(problem: Exception) -> str:
    return f"The mail server did not take it ({type(problem).__name__}: {problem})."


def _try_later(email: OutboundEmail, problem: NotTaken) -> int:
    log.warning("e-mail %s: %s", email.pk, problem)
    if problem.for_good or email.attempts >= RETRY.attempts:
        return hold(email, Status.SENDING, str(problem))
    email.move(
        frm=Status.SENDING,
        to=Status.QUEUED,
        next_attempt_at=now() + RETRY.delay(email.attempts),
        problem=str(problem),
    )
    return 0


def hold(email: OutboundEmail, frm: str, problem: str) -> int:
    """Nothing left. A person mends the cause and releases it, or cancels it."""
    if email.move(frm=frm, to=Status.HELD, problem=problem):
        _alert(email, f"E-mail “{email.subject}” to {email.recipient} is held back and was not sent. {problem}")
    return 0


def _give_up_on_stuck() -> None:
    for email in OutboundEmail.objects.filter(status=Status.SENDING, sending_since__lt=now() - STUCK_AFTER):
        _unclear(email, "The process that was sending it stopped before the mail server answered.")


def _unclear(email: OutboundEmail, problem: str) -> int:
    if email.move(frm=Status.SENDING, to=Status.UNCLEAR, problem=problem):  # else its answer came after all
        _alert(
            email,
            f"E-mail “{email.subject}” to {email.recipient} may or may not have been sent ({problem}). "
            "Ask the recipient; it is not sent again by itself.",
        )
    return 0


def _alert(email: OutboundEmail, message: str) -> None:
    raise_alert(
        key=f"email-{email.pk}",
        severity="warning",
        message=message,
        link=f"/admin/approvals/outboundemail/{email.pk}/change/",
    )
