"""The record of what happened: events, journal, verify checks, alerts."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from approvals import correlation, tracing
from approvals.clock import now
from approvals.models.runs import WorkflowRun


class Event(models.Model):
    """An append-only fact others may subscribe to (`inventory.adjusted`, `workflow.completed`).

    Written in the transaction that makes it true, so this table is the transactional outbox. `position` comes after
    the commit (approvals.outbox.positions): ids are handed out before it and may become visible out of order.
    """

    name = models.CharField(max_length=80)
    subject = models.CharField(max_length=120)
    payload = models.JSONField(default=dict)
    workflow_run = models.ForeignKey(
        WorkflowRun, null=True, blank=True, on_delete=models.PROTECT, related_name="events"
    )
    occurred_at = models.DateTimeField(default=now)
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False, help_text="Its id to subscribers.")
    position = models.PositiveBigIntegerField(null=True, blank=True, unique=True, editable=False)
    correlation_id = models.CharField(
        max_length=correlation.LONGEST,
        blank=True,
        default=correlation.current,
        db_default="",
        help_text="Of what caused it.",
    )
    traceparent = models.CharField(
        max_length=55, null=True, blank=True, default=tracing.traceparent, help_text="W3C, when traced."
    )

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(fields=["id"], condition=Q(position__isnull=True), name="event_without_position"),
            models.Index(fields=["name", "position"], name="event_of_a_name_in_order"),
            models.Index(fields=["correlation_id"], name="event_by_correlation"),
        )

    def __str__(self) -> str:
        return f"{self.name} {self.subject}"


class JournalEntry(models.Model):
    """The contract's `reflexion_log`: what a run did and why, in sentences."""

    workflow_run = models.ForeignKey(
        WorkflowRun, null=True, blank=True, on_delete=models.PROTECT, related_name="journal"
    )
    entity_type = models.CharField(max_length=40)
    entity_id = models.CharField(max_length=60)
    outcome = models.CharField(max_length=60)
    tags = models.CharField(max_length=120, blank=True)
    narrative = models.TextField()
    written_at = models.DateTimeField(default=now)

    class Meta:
        ordering = ("-id",)
        verbose_name_plural = "journal entries"

    def __str__(self) -> str:
        return f"{self.outcome}: {self.entity_type} {self.entity_id}"


class VerifyCheck(models.Model):
    """The contract's `workflow_verify_results`: did the effect really happen?"""

    class Status(models.TextChoices):
        PENDING = "pending", "Not yet"
        PASSED = "passed", "Passed"
        FAILED = "failed", "Failed"
        WAIVED = "waived", "Waived"

    run = models.ForeignKey(WorkflowRun, on_delete=models.CASCADE, related_name="verify_checks")
    name = models.CharField(max_length=60)
    expected = models.CharField(max_length=200)
    actual = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=8, choices=Status, default=Status.PENDING)
    due_at = models.DateTimeField()
    executed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("run", "due_at")
        constraints = (models.UniqueConstraint(fields=["run", "name"], name="one_row_per_run_and_check"),)
        indexes = (models.Index(fields=["status", "due_at"]),)

    def __str__(self) -> str:
        return self.name


class Alert(models.Model):
    """Something a person should look at. One open alert per key, so a storm is one line."""

    class Severity(models.TextChoices):
        INFO = "info", "For information"
        WARNING = "warning", "Warning"
        CRITICAL = "critical", "Critical"

    key = models.CharField(max_length=120)
    severity = models.CharField(max_length=8, choices=Severity)
    message = models.TextField()
    link = models.CharField(max_length=200, blank=True)
    times_raised = models.PositiveIntegerField(default=1)
    raised_at = models.DateTimeField(default=now)
    last_raised_at = models.DateTimeField(default=now)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ("-last_raised_at",)
        permissions = (("resolve_alert", "Can mark an alert as dealt with"),)
        constraints = (
            models.UniqueConstraint(
                fields=["key"], condition=Q(resolved_at__isnull=True), name="one_open_alert_per_key"
            ),
        )

    def __str__(self) -> str:
        return self.message
