"""One record waiting to be written to NetSuite, from the moment it is decided until NetSuite holds it."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.urls import NoReverseMatch, reverse

from approvals.clock import now
from netsuite.records import StockKey, stock_keys
from netsuite.retry import MAX_ATTEMPTS


class Push(models.Model):
    """The contract's `ns_pending_pushes`. `external_id` is fixed here and never changes: it is what keeps a
    resend from becoming a second record."""

    class Status(models.TextChoices):
        PENDING = "pending", "Waiting to be sent"
        IN_FLIGHT = "in_flight", "Being sent"
        RETRY = "retry", "Will be sent again"
        UNKNOWN = "unknown", "Being looked up"
        CONFIRMED = "confirmed", "Confirmed by NetSuite"
        NEEDS_HUMAN = "needs_human", "Needs a person"
        CONFLICT = "conflict", "Conflict in NetSuite"
        CANCELLED = "cancelled", "Cancelled"

    TRANSITIONS: dict[str, set[str]] = {
        Status.PENDING: {Status.IN_FLIGHT, Status.NEEDS_HUMAN, Status.CANCELLED},
        Status.IN_FLIGHT: {
            Status.PENDING,
            Status.CONFIRMED,
            Status.RETRY,
            Status.UNKNOWN,
            Status.NEEDS_HUMAN,
            Status.CONFLICT,
        },
        Status.RETRY: {Status.IN_FLIGHT, Status.NEEDS_HUMAN, Status.CANCELLED},
        Status.UNKNOWN: {Status.CONFIRMED, Status.RETRY, Status.NEEDS_HUMAN, Status.CONFLICT},
        Status.NEEDS_HUMAN: {Status.PENDING, Status.UNKNOWN, Status.CANCELLED},
        Status.CONFLICT: {Status.UNKNOWN, Status.CONFIRMED, Status.CANCELLED},
        Status.CONFIRMED: set(),
        Status.CANCELLED: set(),
    }

    WAITING = (Status.PENDING, Status.RETRY, Status.UNKNOWN)
    """States the drain acts on."""
    STUCK = (Status.NEEDS_HUMAN, Status.CONFLICT)
    """States only a person ends."""
    FINAL = (Status.CONFIRMED, Status.CANCELLED)

    last_number = 0
    """Of its attempts, while a drain has it in hand; not a column."""

    external_id = models.CharField(max_length=64, unique=True)
    record_type = models.CharField(max_length=40)
    label = models.CharField(max_length=200, help_text="What a person would call it.")
    payload = models.JSONField(help_text="The record as NetSuite will get it.")
    payload_hash = models.CharField(max_length=64)
    line_count = models.PositiveIntegerField()
    workflow_run = models.ForeignKey(
        "approvals.WorkflowRun", null=True, blank=True, on_delete=models.PROTECT, related_name="pushes"
    )
    status = models.CharField(max_length=12, choices=Status, default=Status.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0, help_text="Sends that counted; throttling does not.")
    failed_lookups = models.PositiveSmallIntegerField(default=0)
    may_be_recorded = models.BooleanField(
        default=False, help_text="An earlier send may have reached NetSuite: look up before sending."
    )
    next_attempt_at = models.DateTimeField(default=now)
    sent_at = models.DateTimeField(null=True, blank=True)
    lease_token = models.BigIntegerField(null=True, blank=True)
    internal_id = models.CharField(max_length=40, blank=True)
    tran_id = models.CharField(max_length=40, blank=True)
    remote_subtotal = models.DecimalField(
        max_digits=18,
        decimal_places=2,
        null=True,
        blank=True,
        help_text="NetSuite's own; of estimates only.",
    )
    remote_total = models.DecimalField(
        max_digits=18,
        decimal_places=2,
        null=True,
        blank=True,
        help_text="Of estimates, with tax and discount.",
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)
    last_class = models.CharField(max_length=20, blank=True)
    last_outcome = models.TextField(blank=True, help_text="What happened last, as a sentence.")
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        verbose_name_plural = "pushes"
        ordering = ("-id",)
        permissions = (
            ("retry_push", "Can send a push to NetSuite again"),
            ("cancel_push", "Can cancel a push"),
            ("redate_push", "Can give a refused push another transaction date"),
            ("resolve_conflict", "Can say which side of a conflict with NetSuite is right"),
            ("resume_drain", "Can resume pushing to NetSuite after a stop"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(
                    status__in=(
                        "pending",
                        "in_flight",
                        "retry",
                        "unknown",
                        "confirmed",
                        "needs_human",
                        "conflict",
                        "cancelled",
                    )
                ),
                name="push_status_known",
            ),
            models.CheckConstraint(
                condition=Q(status="confirmed", confirmed_at__isnull=False) & ~Q(internal_id="")
                | ~Q(status="confirmed") & Q(confirmed_at__isnull=True),
                name="push_confirmed_with_record",
            ),
            models.CheckConstraint(
                condition=~Q(status="in_flight") | Q(sent_at__isnull=False, lease_token__isnull=False),
                name="push_in_flight_has_sender",
            ),
            models.CheckConstraint(condition=Q(attempts__lte=MAX_ATTEMPTS), name="push_attempts_bounded"),
            models.CheckConstraint(condition=Q(external_id=Upper("external_id")), name="push_external_id_upper_case"),
        )
        indexes = (
            models.Index(fields=("status", "next_attempt_at", "id"), name="push_due"),
            models.Index(fields=("confirmed_at",), name="push_confirmed_at"),
        )

    def __str__(self) -> str:
        return f"{self.external_id} {self.label}"

    @property
    def is_final(self) -> bool:
        return self.status in self.FINAL

    @property
    def is_stuck(self) -> bool:
        return self.status in self.STUCK

    def stock_keys(self) -> frozenset[StockKey]:
        """The (item, location) pairs this push changes."""
        return stock_keys(self.payload)

    @property
    def alert_key(self) -> str:
        return f"netsuite-push-{self.external_id}"

    def admin_link(self) -> str:
        """The push's page, or nothing where no admin is installed."""
        try:
            return reverse("admin:netsuite_push_change", args=(self.pk,))
        except NoReverseMatch:
            return ""
