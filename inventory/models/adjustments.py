from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Q

from approvals.clock import now
from approvals.models import ProposedAction, WorkflowRun
from inventory.models.counts import CountSheet
from inventory.models.places import Location
from inventory.models.syncs import ExcelSync
from netsuite.models import Push


class Adjustment(models.Model):
    """One posting: the lines that one decision (a guardrail's or a person's) put on the ledger together."""

    run = models.ForeignKey(WorkflowRun, on_delete=models.PROTECT, related_name="adjustments")
    sheet = models.ForeignKey(CountSheet, null=True, blank=True, on_delete=models.PROTECT, related_name="adjustments")
    sync = models.ForeignKey(ExcelSync, null=True, blank=True, on_delete=models.PROTECT, related_name="adjustments")
    number = models.PositiveSmallIntegerField(help_text="1, 2, ... within the run.")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    guardrail = models.CharField(max_length=80, blank=True, help_text="Name and version, when no human was asked.")
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    sign_off = models.ForeignKey(ProposedAction, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    push = models.OneToOneField(Push, null=True, blank=True, on_delete=models.PROTECT, related_name="adjustment")
    line_count = models.PositiveIntegerField(default=0)
    net_value = models.DecimalField(max_digits=16, decimal_places=2, default=Decimal(0))
    gross_value = models.DecimalField(max_digits=16, decimal_places=2, default=Decimal(0))
    created_at = models.DateTimeField(default=now)
    posted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=["run", "number"], name="adjustment_number_once_per_run"),
            models.CheckConstraint(
                condition=Q(sheet__isnull=False, sync__isnull=True) | Q(sheet__isnull=True, sync__isnull=False),
                name="adjustment_of_one_sheet_or_sync",
            ),
            models.CheckConstraint(
                condition=Q(guardrail="", approved_by__isnull=False, sign_off__isnull=False)
                | (~Q(guardrail="") & Q(approved_by__isnull=True, sign_off__isnull=True)),
                name="adjustment_by_guardrail_or_by_person",
            ),
        )

    def __str__(self) -> str:
        return f"Adjustment {self.run_id}-{self.number}"
