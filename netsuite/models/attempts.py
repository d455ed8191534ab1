"""What was tried for a push, by the program and by people. Rows are added and finished, never rewritten."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from approvals.clock import now
from netsuite.models.pushes import Push


class PushAttempt(models.Model):
    """One call to NetSuite. The row is committed before the first byte leaves."""

    class Kind(models.TextChoices):
        SEND = "send", "Sent"
        LOOKUP = "lookup", "Looked up"

    push = models.ForeignKey(Push, on_delete=models.PROTECT, related_name="attempt_rows")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=6, choices=Kind)
    token = models.BigIntegerField(help_text="The lease token of the drain that made the call.")
    started_at = models.DateTimeField(default=now)
    finished_at = models.DateTimeField(null=True, blank=True)
    http_status = models.PositiveSmallIntegerField(null=True, blank=True)
    outcome = models.CharField(max_length=20, blank=True)
    code = models.CharField(max_length=80, blank=True)
    message = models.TextField(blank=True)
    raw_answer = models.TextField(blank=True)
    duration_ms = models.PositiveIntegerField(null=True, blank=True)
    nonce = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ("push", "number")
        constraints = (
            models.UniqueConstraint(fields=("push", "number"), name="push_attempt_number_once"),
            models.CheckConstraint(condition=Q(kind__in=("send", "lookup")), name="push_attempt_kind_known"),
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True, outcome="") | Q(finished_at__isnull=False) & ~Q(outcome=""),
                name="push_attempt_outcome_when_finished",
            ),
        )

    def __str__(self) -> str:
        outcome = self.outcome or "no answer yet"
        return f"{self.get_kind_display()} {self.started_at:%Y-%m-%d %H:%M:%S}: {outcome}"


class PushDecision(models.Model):
    """What a person decided about a push, and why. A re-date keeps the content it replaced."""

    class Kind(models.TextChoices):
        RETRY = "retry", "Retry"
        CANCEL = "cancel", "Cancel"
        REDATE = "redate", "Re-date"
        ACCEPT = "accept", "Take NetSuite's record"
        CORRECTED = "corrected", "Corrected in NetSuite, look up again"

    push = models.ForeignKey(Push, on_delete=models.PROTECT, related_name="decisions")
    kind = models.CharField(max_length=12, choices=Kind)
    status_before = models.CharField(max_length=12)
    payload_before = models.JSONField(null=True, blank=True, help_text="The record before a re-date.")
    payload_hash_before = models.CharField(max_length=64, blank=True)
    details = models.JSONField(default=dict, blank=True, help_text="The dates, or the record of NetSuite's.")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(default=now)
    reason = models.TextField()

    class Meta:
        ordering = ("push", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(kind__in=("retry", "cancel", "redate", "accept", "corrected")),
                name="push_decision_kind_known",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="push_decision_has_reason"),
            models.CheckConstraint(
                condition=Q(kind="redate", payload_before__isnull=False) & ~Q(payload_hash_before="")
                | ~Q(kind="redate") & Q(payload_before__isnull=True, payload_hash_before=""),
                name="push_redate_keeps_content",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} by {self.decided_by}: {self.reason}"
