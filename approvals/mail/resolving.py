"""What a person may decide about an approved e-mail that did not simply leave."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db import transaction

from approvals import audit
from approvals.alerts import resolve_alert
from approvals.clock import now
from approvals.mail.sending import record_sent
from approvals.models import OutboundEmail
from approvals.refusals import Refused

Status = OutboundEmail.Status
PERMISSION = "approvals.decide_proposedaction"


class Resolution(StrEnum):
    RELEASE = "release"
    CANCEL = "cancel"
    ARRIVED = "arrived"
    SEND_AGAIN = "send_again"


@dataclass(frozen=True)
class Rule:
    frm: str
    to: str
    done: str


RULES = {
    Resolution.RELEASE: Rule(Status.HELD, Status.QUEUED, "It is queued again and leaves in a few seconds."),
    Resolution.CANCEL: Rule(Status.HELD, Status.CANCELLED, "Cancelled. It will never be sent."),
    Resolution.ARRIVED: Rule(Status.UNCLEAR, Status.SENT, "Recorded as sent."),
    Resolution.SEND_AGAIN: Rule(Status.UNCLEAR, Status.QUEUED, "It is queued again and leaves in a few seconds."),
}


def resolve_email(*, email_id: int, resolution: Resolution, by: Any, reason: str) -> str:
    """Carry out what a person decided; returns the sentence to show. Raises Refused."""
    if not by.has_perm(PERMISSION):
        raise Refused("You may not decide about e-mail. Ask somebody who approves.")
    if not reason.strip():
        raise Refused("Say why: this is kept with the decision.")
    rule = RULES[resolution]
    with transaction.atomic():
        email = OutboundEmail.objects.select_for_update().get(pk=email_id)
        if not _move(email, rule, by):
            raise Refused(f"This e-mail is {email.get_status_display().lower()} by now. Reload the page.")
        audit.append(
            actor=by,
            verb=f"email.{resolution}",
            entity_ref=f"email:{email.pk}",
            details={"reason": reason.strip()},
        )
        resolve_alert(key=f"email-{email.pk}", by=by)
    return rule.done


def _move(email: OutboundEmail, rule: Rule, by: Any) -> bool:
    if rule.to == Status.SENT:
        return bool(record_sent(email, rule.frm, by=by))
    changes: dict[str, Any] = {}
    if rule.to == Status.QUEUED:
        changes = {"attempts": 0, "next_attempt_at": now(), "problem": ""}
    return email.move(frm=rule.frm, to=rule.to, **changes)
