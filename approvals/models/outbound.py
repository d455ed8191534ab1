"""E-mail that was approved and is to be sent once."""

from typing import Any

from django.db import models
from django.db.models import Q

from approvals.clock import now
from approvals.models.actions import ProposedAction


class OutboundEmail(models.Model):
    class Status(models.TextChoices):
        QUEUED = "queued", "Queued"
        SENDING = "sending", "Being sent"
        SENT = "sent", "Sent"
        HELD = "held", "Held back"
        UNCLEAR = "unclear", "Unclear: may or may not have been sent"
        CANCELLED = "cancelled", "Cancelled"

    TRANSITIONS: dict[str, set[str]] = {
        Status.QUEUED: {Status.SENDING, Status.HELD},
        Status.SENDING: {Status.SENT, Status.UNCLEAR, Status.QUEUED, Status.HELD},
        Status.HELD: {Status.QUEUED, Status.CANCELLED},
        Status.UNCLEAR: {Status.SENT, Status.QUEUED},
        Status.SENT: set(),
        Status.CANCELLED: set(),
    }

    action = models.OneToOneField(ProposedAction, on_delete=models.PROTECT, related_name="outbound_email")
    template = models.CharField(max_length=60)
    recipient = models.EmailField()
    cc = models.JSONField(default=list, help_text="Further recipients who see each other.")
    reply_to = models.EmailField(blank=True)
    subject = models.CharField(max_length=200)
    body = models.TextField()
    attachments = models.JSONField(default=list, help_text="A list of name, path in the file storage and sha256.")
    status = models.CharField(max_length=9, choices=Status, default=Status.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    queued_at = models.DateTimeField(default=now)
    next_attempt_at = models.DateTimeField(default=now)
    sending_since = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    problem = models.TextField(blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(status__in=["queued", "sending", "sent", "held", "unclear", "cancelled"]),
                name="email_status_known",
            ),
            models.CheckConstraint(
                condition=Q(status="sent", sent_at__isnull=False) | ~Q(status="sent"), name="email_sent_has_its_moment"
            ),
        )

    def __str__(self) -> str:
        return f"{self.subject} to {self.recipient}"

    def move(self, *, frm: str, to: str, **changes: Any) -> bool:
        """Change state along the table if it is still `frm`; False when somebody else was first."""
        if to not in self.TRANSITIONS[frm]:
            raise ValueError(f"An e-mail cannot go from {frm} to {to}.")
        moved = OutboundEmail.objects.filter(pk=self.pk, status=frm).update(status=to, **changes)
        self.refresh_from_db()
        return bool(moved)
