"""Something a human must decide before it happens."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from approvals.clock import now
from approvals.models.runs import WorkflowRun


class ProposedAction(models.Model):
    class Status(models.TextChoices):
        PENDING = "pending", "Waiting for a decision"
        APPROVED = "approved", "Approved"
        REJECTED = "rejected", "Rejected"
        SENT_BACK = "sent_back", "Sent back"
        WITHDRAWN = "withdrawn", "Withdrawn"

    TRANSITIONS: dict[str, set[str]] = {
        Status.PENDING: {Status.APPROVED, Status.REJECTED, Status.SENT_BACK, Status.WITHDRAWN},
        Status.APPROVED: set(),
        Status.REJECTED: set(),
        Status.SENT_BACK: set(),
        Status.WITHDRAWN: set(),
    }

    action_type = models.CharField(max_length=60)
    title = models.CharField(max_length=200)
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    risk = models.PositiveSmallIntegerField(default=3)
    workflow_run = models.ForeignKey(
        WorkflowRun, null=True, blank=True, on_delete=models.PROTECT, related_name="proposed_actions"
    )
    envelope = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="lines", db_index=False
    )
    entity_type = models.CharField(max_length=40)
    entity_ref = models.CharField(max_length=120)
    payload = models.JSONField(default=dict)
    proposed_at = models.DateTimeField(default=now)
    participants: models.ManyToManyField[Any, Any] = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        blank=True,
        related_name="+",
        help_text="People who took part in what is proposed. They may not decide it.",
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_via = models.CharField(max_length=12, blank=True, help_text="admin, api, command or program")
    decided_hash = models.CharField(max_length=64, blank=True, help_text="Content hash the decision was bound to.")
    reason_note = models.TextField(blank=True)

    class Meta:
        ordering = ("-id",)
        permissions = (("decide_proposedaction", "Can approve or reject proposed actions"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(status__in=["pending", "approved", "rejected", "sent_back", "withdrawn"]),
                name="action_status_known",
            ),
            models.CheckConstraint(
                condition=Q(
                    status="pending",
                    decided_by__isnull=True,
                    decided_at__isnull=True,
                    reason_note="",
                    decided_via="",
                )
                | (~Q(status="pending") & Q(decided_by__isnull=False, decided_at__isnull=False) & ~Q(decided_via=""))
                | (Q(status="withdrawn", decided_by__isnull=True, decided_at__isnull=False) & ~Q(decided_via="")),
                name="action_decided_whole_or_not_at_all",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["rejected", "sent_back", "withdrawn"]) | ~Q(reason_note=""),
                name="action_rejection_has_reason",
            ),
        )
        indexes = (
            models.Index(fields=["status", "action_type"]),
            models.Index(fields=["envelope", "status"]),
        )

    def __str__(self) -> str:
        return self.title

    @property
    def approved_by(self) -> Any:
        """The contract's column: who approved, None unless approved."""
        return self.decided_by if self.status == self.Status.APPROVED else None

    @property
    def approved_at(self) -> datetime | None:
        return self.decided_at if self.status == self.Status.APPROVED else None
