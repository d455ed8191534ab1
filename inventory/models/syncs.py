"""A workbook (or one answer) compared with the ledger: the sync, and a line for every row and every missing item."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from approvals.clock import now
from approvals.models import ProposedAction, WorkflowRun
from inventory.models.counts import Upload
from inventory.models.items import Item
from inventory.models.places import Location
from inventory.models.stock import QUANTITY
from inventory.models.variances import VarianceLine


class ExcelSync(models.Model):
    class Source(models.TextChoices):
        UPLOAD = "upload", "Uploaded workbook"
        FOLDER = "folder", "Watched folder"
        COMMAND = "command", "Command line"
        AGAIN = "again", "Last workbook, looked at again"
        ANSWER = "answer", "A person went and looked"

    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="syncs")
    source = models.CharField(max_length=7, choices=Source)
    upload = models.ForeignKey(
        Upload, null=True, blank=True, on_delete=models.PROTECT, related_name="syncs", help_text="The workbook."
    )
    run = models.OneToOneField(WorkflowRun, null=True, blank=True, on_delete=models.PROTECT, related_name="sync")
    as_of = models.DateTimeField(help_text="When what the workbook says was true.")
    auto_fix = models.BooleanField(
        default=False, help_text="Rows that only their units send to review post at once, flagged for a later look."
    )
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    submitted_at = models.DateTimeField(default=now)
    sheets: models.JSONField[Any, Any] = models.JSONField(
        default=list, help_text="Rows in and what became of them, sheet by sheet."
    )
    tally: models.JSONField[Any, Any] = models.JSONField(default=dict, help_text="Outcome -> rows.")
    gross_value = models.DecimalField(max_digits=16, decimal_places=2, null=True, blank=True)
    net_value = models.DecimalField(max_digits=16, decimal_places=2, null=True, blank=True)
    guardrail_note = models.TextField(blank=True, help_text="What the guardrails said, with name and version.")

    class Meta:
        ordering = ("-id",)
        verbose_name = "Excel sync"
        permissions = (("sync_stock", "Can sync stock from workbooks"),)
        indexes = (models.Index(fields=["location", "as_of"]),)

    def __str__(self) -> str:
        return f"Sync {self.pk}"


class SyncLine(VarianceLine):
    """One row of the file, or an item the file leaves out. `counted` is what the file says, None when nothing."""

    class Classification(models.TextChoices):
        MATCH = "match", "Matches"
        AUTO_ADJUST = "auto_adjust", "Adjusted"
        REVIEW = "review", "Review"
        ALERT = "alert", "Alert"
        NEW_ITEM = "new_item", "New item"
        MISSING_HERE = "missing_here", "Missing here"
        MISSING_THERE = "missing_there", "Missing in the file"
        NOT_STATED = "not_stated", "Nothing stated"
        NOT_AUTHORITY = "not_authority", "Compared only"
        REFUSED = "refused", "Refused"

    sync = models.ForeignKey(ExcelSync, on_delete=models.PROTECT, related_name="lines", db_index=False)
    item = models.ForeignKey(
        Item, null=True, blank=True, on_delete=models.PROTECT, related_name="sync_lines", db_index=False
    )
    item_code = models.CharField(max_length=60, blank=True, help_text="As the file says it.")
    description = models.CharField(max_length=200, blank=True)
    sheet = models.CharField(max_length=80, blank=True)
    row = models.PositiveIntegerField(null=True, blank=True)
    rows = models.PositiveIntegerField(default=1, help_text="How many rows of the file it stands for (lots).")
    stated = models.CharField(max_length=200, blank=True, help_text="What the cell says.")
    unentered = models.DecimalField(
        **QUANTITY, default=0, help_text="Sold before the as-of time, and not in the file yet."
    )
    classification = models.CharField(max_length=13, choices=Classification)
    is_flagged = models.BooleanField(default=False, help_text="Posted by auto-fix, to be looked at later.")
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reviewed_at = models.DateTimeField(null=True, blank=True)
    proposed_action = models.OneToOneField(
        ProposedAction, null=True, blank=True, on_delete=models.PROTECT, related_name="sync_line"
    )
    adjustment = models.ForeignKey(
        "inventory.Adjustment", null=True, blank=True, on_delete=models.PROTECT, related_name="sync_lines"
    )

    class Meta:
        ordering = ("sync", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(counted__isnull=True) | Q(counted__gte=0), name="sync_counted_not_negative"
            ),
            models.UniqueConstraint(
                fields=["sync", "item"],
                condition=Q(item__isnull=False) & ~Q(classification="refused"),
                name="item_once_per_sync",
            ),
            models.CheckConstraint(
                condition=Q(adjustment__isnull=True) | Q(decision__in=["guardrail", "approved"]),
                name="sync_line_posts_only_when_decided",
            ),
            models.CheckConstraint(
                condition=Q(classification="refused") | Q(item__isnull=False), name="sync_line_knows_its_item"
            ),
            models.CheckConstraint(
                condition=Q(reviewed_by__isnull=True, reviewed_at__isnull=True)
                | Q(reviewed_by__isnull=False, reviewed_at__isnull=False),
                name="sync_line_reviewed_whole_or_not",
            ),
        )
        indexes = (
            models.Index(fields=["sync", "classification"]),
            models.Index(fields=["item", "sync"]),
        )

    def __str__(self) -> str:
        return f"{self.item_code} in sync {self.sync_id}"
