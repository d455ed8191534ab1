"""E-mail that was approved and is to be sent once."""

from django.db import models
from django.db.models import Q

from approvals.clock import now
from approvals.models.actions import ProposedAction


class OutboundEmail(models.Model):
    class Status(models.TextChoices):
        QUEUED = "queued", "Queued"
        SENDING = "sending", "Being sent"
        SENT = "sent", "Sent"
        UNCLEAR = "unclear", "Unclear: may or may not have been sent"

    TRANSITIONS = {
        Status.QUEUED: {Status.SENDING},
        Status.SENDING: {Status.SENT, Status.UNCLEAR},
        Status.UNCLEAR: set(),
        Status.SENT: set(),
    }

    action = models.OneToOneField(ProposedAction, on_delete=models.PROTECT, related_name="outbound_email")
    template = models.CharField(max_length=60)
    recipient = models.EmailField()
    subject = models.CharField(max_length=200)
    body = models.TextField()
    status = models.CharField(max_length=8, choices=Status, default=Status.QUEUED)
    queued_at = models.DateTimeField(default=now)
    sending_since = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    problem = models.TextField(blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(status__in=["queued", "sending", "sent", "unclear"]), name="email_status_known"
            ),
        )

    def __str__(self) -> str:
        return f"{self.subject} to {self.recipient}"
