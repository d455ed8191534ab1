"""What every line of every source has: what the source says, what the ledger expected, and what came of it."""

from django.db import models

from inventory.models.stock import QUANTITY


class VarianceLine(models.Model):
    """One item a source speaks of. The concrete row adds its sheet, its classification and its proposal."""

    class Decision(models.TextChoices):
        NONE = "", "None yet"
        GUARDRAIL = "guardrail", "Within guardrail"
        APPROVED = "approved", "Approved"
        REJECTED = "rejected", "Rejected"
        RECOUNT = "recount", "Recount asked for"

    counted = models.DecimalField(**QUANTITY, null=True, blank=True)
    counted_at = models.DateTimeField(null=True, blank=True)
    on_hand = models.DecimalField(**QUANTITY, null=True, blank=True, help_text="On hand when compared.")
    expected = models.DecimalField(**QUANTITY, null=True, blank=True, help_text="On hand at count time.")
    variance = models.DecimalField(**QUANTITY, null=True, blank=True)
    variance_pct = models.DecimalField(max_digits=14, decimal_places=4, null=True, blank=True)
    variance_value = models.DecimalField(max_digits=16, decimal_places=2, null=True, blank=True)
    unit_cost = models.DecimalField(max_digits=12, decimal_places=4, null=True, blank=True)
    why = models.CharField(max_length=300, blank=True, help_text="Why it was classified so.")
    suggested_reason = models.CharField(max_length=200, blank=True)
    decision = models.CharField(max_length=9, choices=Decision, default=Decision.NONE, blank=True)

    class Meta:
        abstract = True
