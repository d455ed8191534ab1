"""A run is one execution of a declared workflow; a step row is one fan-out target of it."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from approvals.clock import now


class WorkflowRun(models.Model):
    """The contract's `workflow_run_log`: what ran, for whom, with which inputs, and how it ended."""

    class Status(models.TextChoices):
        RUNNING = "running", "Running"
        WAITING = "waiting", "Waiting for a decision"
        COMPLETED = "completed", "Completed"
        FAILED = "failed", "Failed"

    TRANSITIONS = {
        Status.RUNNING: {Status.WAITING, Status.COMPLETED, Status.FAILED},
        Status.WAITING: {Status.RUNNING, Status.COMPLETED, Status.FAILED},
        Status.FAILED: {Status.RUNNING},
        Status.COMPLETED: set(),
    }

    workflow_type = models.CharField(max_length=60)
    correlation_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    subject = models.CharField(max_length=200, help_text="What the run is about, in a person's words.")
    status = models.CharField(max_length=12, choices=Status, default=Status.RUNNING)
    inputs = models.JSONField(default=dict)
    warnings = models.JSONField(default=list)
    summary = models.JSONField(default=dict)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    started_at = models.DateTimeField(default=now)
    completed_at = models.DateTimeField(null=True, blank=True)
    next_attempt_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(status__in=["running", "waiting", "completed", "failed"]), name="run_status_known"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["completed", "failed"], completed_at__isnull=False)
                | Q(status__in=["running", "waiting"], completed_at__isnull=True),
                name="run_completed_at_with_final_status",
            ),
        )
        indexes = (models.Index(fields=["status", "next_attempt_at"]),)

    def __str__(self) -> str:
        return f"run_{self.pk} {self.subject}"

    @property
    def entity_ref(self) -> str:
        """How the contract's HITL gate names this run."""
        return f"workflow:{self.workflow_type}:run_{self.pk}"

    @property
    def is_final(self) -> bool:
        return self.status in {self.Status.COMPLETED, self.Status.FAILED}

    def move_to(self, status: str) -> None:
        """Change state along the table; assumes the row is locked by the caller's transaction."""
        if status == self.status:
            return
        if status not in self.TRANSITIONS[self.Status(self.status)]:
            raise ValueError(f"A run cannot go from {self.status} to {status}.")
        self.status = status
        self.completed_at = now() if self.is_final else None


class RunStep(models.Model):
    class Status(models.TextChoices):
        PENDING = "pending", "Not started"
        SO_FAR = "so_far", "Done for what is decided"
        WAITING = "waiting", "Waiting for a decision"
        DONE = "done", "Done"
        SKIPPED = "skipped", "Not needed"
        FAILED = "failed", "Failed"

    FINAL = (Status.DONE, Status.SKIPPED)

    run = models.ForeignKey(WorkflowRun, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=60)
    status = models.CharField(max_length=8, choices=Status, default=Status.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    detail = models.TextField(blank=True)
    error = models.TextField(blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("run", "position")
        constraints = (models.UniqueConstraint(fields=["run", "name"], name="one_row_per_run_and_step"),)

    def __str__(self) -> str:
        return f"{self.position}. {self.name}"

    @property
    def is_final(self) -> bool:
        return self.status in self.FINAL


class ScheduledSlot(models.Model):
    """One due moment of one schedule. Unique, so a doubled or missed beat changes nothing."""

    class Status(models.TextChoices):
        DUE = "due", "Due"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        PASSED_OVER = "passed_over", "Passed over for a later slot"

    schedule = models.CharField(max_length=60)
    slot_at = models.DateTimeField()
    status = models.CharField(max_length=12, choices=Status, default=Status.DUE)
    attempts = models.PositiveSmallIntegerField(default=0)
    detail = models.TextField(blank=True)
    created_at = models.DateTimeField(default=now)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-slot_at",)
        constraints = (models.UniqueConstraint(fields=["schedule", "slot_at"], name="one_row_per_schedule_and_slot"),)

    def __str__(self) -> str:
        return f"{self.schedule} {self.slot_at:%Y-%m-%d %H:%M}"


class TickMark(models.Model):
    """One row: when the tick last finished, so that a silent worker shows."""

    finished_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"last tick {self.finished_at:%Y-%m-%d %H:%M:%S}"

    @classmethod
    def ticked(cls) -> None:
        cls.objects.update_or_create(pk=1, defaults={"finished_at": now()})
