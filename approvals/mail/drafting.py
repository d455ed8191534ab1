"""An e-mail draft is a proposed action of its own: it may be edited until somebody decides it.

The decision is bound to all of it, attachments by their hash, so an edit after somebody looked voids that look.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from approvals import audit, registry
from approvals.models import ProposedAction, WorkflowRun
from approvals.refusals import Refused

EMAIL_DRAFT = "propose_email_to_customer"
SUBJECT_LENGTH = 200


@dataclass(frozen=True)
class Attachment:
    """A stored file: its name for the recipient, its path in the storage of that alias, its SHA-256 in hexadecimal."""

    name: str
    path: str
    sha256: str
    storage: str = "default"


def propose_email(
    *,
    mailbox: str,
    template: str,
    subject: str,
    body: str,
    entity_ref: str,
    run: WorkflowRun | None = None,
    cc: Sequence[str] = (),
    reply_to: str = "",
    attachments: Sequence[Attachment] = (),
) -> ProposedAction:
    """Stage an e-mail draft; it is sent only after somebody approves it.

    One per `entity_ref`: the same again returns the first. `run` is the run that goes on once it is decided, if any.
    """
    action, _ = ProposedAction.objects.get_or_create(
        action_type=EMAIL_DRAFT,
        entity_type="email",
        entity_ref=entity_ref,
        defaults={
            "title": _title(subject, mailbox),
            "risk": 1,
            "workflow_run": run,
            "payload": {
                "mailbox": mailbox,
                "cc": list(cc),
                "reply_to": reply_to,
                "template": template,
                "subject": subject,
                "body": body,
                "attachments": [asdict(attachment) for attachment in attachments],
            },
        },
    )
    return action


def edit_email(*, action_id: int, by: Any, mailbox: str, cc: Sequence[str], subject: str, body: str) -> ProposedAction:
    """Change a draft nobody has decided yet. Raises Refused with every problem at once."""
    if not by.has_perm("approvals.decide_proposedaction"):
        raise Refused("You may not edit e-mail drafts. Ask somebody who approves.")
    wanted: dict[str, Any] = {"mailbox": mailbox.strip(), "cc": [text.strip() for text in cc if text.strip()]}
    wanted |= {"subject": " ".join(subject.split()), "body": body.replace("\r\n", "\n").strip()}
    with transaction.atomic():
        action = ProposedAction.objects.select_for_update().get(pk=action_id, action_type=EMAIL_DRAFT)
        if action.status != ProposedAction.Status.PENDING:
            raise Refused(f"This draft is already {action.get_status_display().lower()}; it stays as it was decided.")
        problems = _problems(action, wanted)
        if problems:
            raise Refused(problems)
        changed = sorted(name for name, value in wanted.items() if action.payload.get(name) != value)
        action.payload |= wanted
        action.title = _title(wanted["subject"], wanted["mailbox"])
        action.save(update_fields=["payload", "title"])
        if changed:
            audit.append(
                actor=by,
                verb="email.edited",
                entity_ref=f"proposed_action:{action.pk}",
                details={"changed": changed},
            )
    return action


def _title(subject: str, mailbox: str) -> str:
    return f"E-mail “{subject}” to {mailbox}"[:200]


def _problems(action: ProposedAction, wanted: dict[str, Any]) -> list[str]:
    problems, addresses = [], []
    for address in (wanted["mailbox"], *wanted["cc"]):
        try:
            validate_email(address)
        except ValidationError:
            problems.append(f"“{address}” is no e-mail address.")
        else:
            addresses.append(address)
    for name in ("subject", "body"):
        if not wanted[name]:
            problems.append(f"The {name} is empty.")
    if len(wanted["subject"]) > SUBJECT_LENGTH:
        problems.append(f"The subject is longer than {SUBJECT_LENGTH} characters.")
    return problems + registry.email_kind(action.payload["template"]).objection(action, addresses)
