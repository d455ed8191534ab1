"""Approved e-mail leaves once.

The row says SENDING, committed, before the mail server hears of it. Whatever happens then without a clear
answer is UNCLEAR and stays so: a second copy is worse than a question to a person.
"""

import logging
from datetime import timedelta

from django.core.mail import EmailMessage

from approvals.alerts import raise_alert
from approvals.clock import now
from approvals.contract import ActionType
from approvals.models import OutboundEmail, ProposedAction, WorkflowRun
from approvals.operations import Decision

log = logging.getLogger(__name__)
EMAIL_DRAFT = "propose_email_to_customer"
STUCK_AFTER = timedelta(minutes=10)


def propose_email(
    *, mailbox: str, template: str, subject: str, body: str, run: WorkflowRun, entity_ref: str
) -> ProposedAction:
    """Stage an e-mail draft; it is sent only after somebody approves it."""
    action, _ = ProposedAction.objects.get_or_create(
        action_type=EMAIL_DRAFT,
        entity_type="email",
        entity_ref=entity_ref,
        defaults={
            "title": f"E-mail “{subject}” to {mailbox}",
            "risk": 1,
            "workflow_run": run,
            "payload": {"mailbox": mailbox, "template": template, "subject": subject, "body": body},
        },
    )
    return action


def queue_approved(decision: Decision) -> None:
    for action in decision.verdicts.get(ProposedAction.Status.APPROVED, []):
        OutboundEmail.objects.create(
            action=action,
            template=action.payload["template"],
            recipient=action.payload["mailbox"],
            subject=action.payload["subject"],
            body=action.payload["body"],
        )


EMAIL_DRAFT_TYPE = ActionType(
    key=EMAIL_DRAFT,
    title="E-mail draft",
    live=lambda actions: {action.pk: dict(action.payload) for action in actions},
    decided=queue_approved,
)


def send_due() -> int:
    """Send what is queued; returns how many were sent. Call outside any transaction."""
    _give_up_on_stuck()
    sent = 0
    for email_id in OutboundEmail.objects.filter(status="queued").values_list("pk", flat=True):
        claimed = OutboundEmail.objects.filter(pk=email_id, status="queued").update(
            status=OutboundEmail.Status.SENDING, sending_since=now()
        )
        if claimed:
            sent += _send(OutboundEmail.objects.get(pk=email_id))
    return sent


def _send(email: OutboundEmail) -> int:
    try:
        EmailMessage(subject=email.subject, body=email.body, to=[email.recipient]).send()
    except Exception as problem:
        log.exception("e-mail %s", email.pk)
        _unclear(email, f"{type(problem).__name__}: {problem}")
        return 0
    OutboundEmail.objects.filter(pk=email.pk, status="sending").update(status=OutboundEmail.Status.SENT, sent_at=now())
    return 1


def _give_up_on_stuck() -> None:
    for email in OutboundEmail.objects.filter(status="sending", sending_since__lt=now() - STUCK_AFTER):
        _unclear(email, "The process that was sending it stopped before the mail server answered.")


def _unclear(email: OutboundEmail, problem: str) -> None:
    lost = OutboundEmail.objects.filter(pk=email.pk, status="sending").update(
        status=OutboundEmail.Status.UNCLEAR, problem=problem
    )
    if not lost:  # its answer came after all
        return
    raise_alert(
        key=f"email-{email.pk}",
        severity="warning",
        message=f"E-mail “{email.subject}” to {email.recipient} may or may not have been sent ({problem}). "
        "Ask the recipient; it is not sent again by itself.",
        link=f"/admin/approvals/outboundemail/{email.pk}/change/",
    )
