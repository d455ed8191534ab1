"""A walk of a zone (CountSheet), an item on it (CountLine), and the file it came in (Upload)."""

import secrets
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from approvals.clock import now
from approvals.models import ProposedAction, WorkflowRun
from inventory.models.items import Item
from inventory.models.places import Location, Zone
from inventory.models.variances import VarianceLine

CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # nothing that reads like something else on paper


def new_sheet_code() -> str:
    return "CS-" + "".join(secrets.choice(CODE_LETTERS) for _ in range(8))


class Upload(models.Model):
    """A file somebody brought. A refused one is kept as its name, hash and reason, without its content."""

    class Kind(models.TextChoices):
        COUNT = "count", "Walk-sheet"
        STOCK = "stock", "Stock workbook"

    class Status(models.TextChoices):
        PREVIEWED = "previewed", "Read, waiting for your confirmation"
        CONFIRMED = "confirmed", "Confirmed"
        DISCARDED = "discarded", "Discarded"
        REFUSED = "refused", "Refused"

    TRANSITIONS = {
        Status.PREVIEWED: {Status.CONFIRMED, Status.DISCARDED},
        Status.CONFIRMED: set(),
        Status.DISCARDED: set(),
        Status.REFUSED: set(),
    }

    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64, db_index=True)
    size = models.PositiveIntegerField(help_text="Bytes.")
    status = models.CharField(max_length=9, choices=Status)
    reason = models.TextField(blank=True, help_text="Why it was refused.")
    kind = models.CharField(max_length=5, choices=Kind, default=Kind.COUNT)
    zone = models.ForeignKey(Zone, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    location = models.ForeignKey(
        Location, null=True, blank=True, on_delete=models.PROTECT, related_name="+", help_text="Of a stock workbook."
    )
    counted_at = models.DateTimeField(null=True, blank=True, help_text="When what it says was true.")
    saved_at = models.DateTimeField(null=True, blank=True, help_text="When the file in the watched folder was saved.")
    file = models.FileField(upload_to="walk_sheets/%Y/%m/", blank=True)
    reading = models.JSONField(default=dict, help_text="What was read: sheets, lines, errors, warnings.")
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(default=now)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=["sha256"], condition=Q(status="confirmed"), name="same_bytes_confirmed_once"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["previewed", "confirmed", "discarded", "refused"]),
                name="upload_status_known",
            ),
            models.CheckConstraint(condition=~Q(status="refused") | ~Q(reason=""), name="upload_refusal_has_reason"),
        )

    def __str__(self) -> str:
        return self.file_name


class CountSheet(models.Model):
    """One walk of one zone: planned by the rotation, printed, counted, compared, closed."""

    class Status(models.TextChoices):
        PLANNED = "planned", "To be counted"
        COUNTED = "counted", "Counted"
        CANCELLED = "cancelled", "Cancelled"

    class Source(models.TextChoices):
        UPLOAD = "upload", "Uploaded sheet"
        TYPED = "typed", "Typed in"
        API = "api", "API"
        COMMAND = "command", "Command line"

    TRANSITIONS = {
        Status.PLANNED: {Status.COUNTED, Status.CANCELLED},
        Status.COUNTED: set(),
        Status.CANCELLED: set(),
    }

    code = models.CharField(max_length=11, unique=True, default=new_sheet_code, help_text="Printed on the walk-sheet.")
    zone = models.ForeignKey(Zone, on_delete=models.PROTECT, related_name="count_sheets")
    status = models.CharField(max_length=9, choices=Status, default=Status.PLANNED)
    planned_for = models.DateField(null=True, blank=True)
    planned_because = models.CharField(max_length=200, blank=True)
    source = models.CharField(max_length=7, choices=Source, blank=True)
    counted_at = models.DateTimeField(null=True, blank=True)
    counted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    submitted_at = models.DateTimeField(null=True, blank=True)
    upload = models.OneToOneField(Upload, null=True, blank=True, on_delete=models.PROTECT, related_name="count_sheet")
    run = models.OneToOneField(WorkflowRun, null=True, blank=True, on_delete=models.PROTECT, related_name="count_sheet")
    gross_value = models.DecimalField(
        max_digits=16,
        decimal_places=2,
        null=True,
        blank=True,
        help_text="Sum of |variance value|, US dollars.",
    )
    net_value = models.DecimalField(max_digits=16, decimal_places=2, null=True, blank=True)
    zone_value = models.DecimalField(
        max_digits=16,
        decimal_places=2,
        null=True,
        blank=True,
        help_text="The zone's inventory value at the count.",
    )
    guardrail_note = models.TextField(blank=True, help_text="What the guardrails said, with name and version.")
    created_at = models.DateTimeField(default=now)

    class Meta:
        ordering = ("-id",)
        permissions = (
            ("submit_count", "Can submit counts (upload, type in, API)"),
            ("view_expected", "Can see expected quantities and variances"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(status__in=["planned", "counted", "cancelled"]), name="sheet_status_known"
            ),
            models.CheckConstraint(
                condition=~Q(status="counted")
                | Q(counted_at__isnull=False, submitted_at__isnull=False, run__isnull=False),
                name="counted_sheet_is_whole",
            ),
        )

    def __str__(self) -> str:
        return f"{self.code} zone {self.zone.code}"


class CountLine(VarianceLine):
    """The contract's `inventory_count_log`: one item on a sheet. A recount is a second line; both are kept."""

    class Classification(models.TextChoices):
        NOT_COUNTED = "not_counted", "Not counted"
        MATCH = "match", "Matches"
        WITHIN_GUARDRAIL = "within_guardrail", "Adjusted within guardrail"
        NEEDS_REVIEW = "needs_review", "Needs review"

    # Without an index of their own where a composite one below begins with the same column.
    sheet = models.ForeignKey(CountSheet, on_delete=models.PROTECT, related_name="lines", db_index=False)
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="count_lines", db_index=False)
    count_number = models.PositiveSmallIntegerField(default=1, help_text="1 is the first count, 2 the recount...")
    row = models.CharField(max_length=80, blank=True, help_text="Where on the file it stood.")
    is_on_sheet = models.BooleanField(default=True, help_text="False: belongs to the zone but was not on the sheet.")
    classification = models.CharField(max_length=16, choices=Classification, default=Classification.NOT_COUNTED)
    proposed_action = models.OneToOneField(
        ProposedAction, null=True, blank=True, on_delete=models.PROTECT, related_name="count_line"
    )
    adjustment = models.ForeignKey(
        "inventory.Adjustment", null=True, blank=True, on_delete=models.PROTECT, related_name="lines"
    )

    class Meta:
        ordering = ("sheet", "id")
        constraints = (
            models.UniqueConstraint(fields=["sheet", "item", "count_number"], name="item_once_per_sheet_and_count"),
            models.CheckConstraint(condition=Q(counted__isnull=True) | Q(counted__gte=0), name="counted_not_negative"),
            models.CheckConstraint(
                condition=Q(adjustment__isnull=True) | Q(decision__in=["guardrail", "approved"]),
                name="line_posts_only_when_decided",
            ),
        )
        indexes = (
            models.Index(fields=["counted_at"]),
            models.Index(fields=["item", "counted_at"]),
        )

    def __str__(self) -> str:
        return f"{self.item_id} on {self.sheet_id}"


class VarianceManager(models.Manager["CountLine"]):
    def get_queryset(self) -> "models.QuerySet[CountLine]":
        return super().get_queryset().filter(variance__isnull=False).exclude(variance=0)


class Variance(CountLine):
    """The contract's `cycle_count_variances`: the 30-day-reportable lines that did not match."""

    objects: ClassVar[Any] = VarianceManager()

    class Meta:
        proxy = True
        default_permissions = ("view",)
