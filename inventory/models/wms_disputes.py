"""A person and a WMS say different things of one balance. While it is open, the WMS's old figure is not applied."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from inventory.models.items import Item
from inventory.models.places import Location
from inventory.models.stock import QUANTITY
from inventory.models.syncs import ExcelSync
from inventory.models.wms import WmsClient


class WmsDispute(models.Model):
    """Quantities as of `opened_at`, in the item's unit. Only `inventory.wms` writes these rows."""

    class Outcome(models.TextChoices):
        NONE = "", "Open"
        AGREED = "agreed", "The WMS came to say the same"
        OVERTAKEN = "overtaken", "The WMS stated another figure, which was applied"
        ACCEPTED = "accepted", "The WMS's word was accepted"
        RESTATED = "restated", "A person stated it anew"
        REJECTED = "rejected", "The person's word was not approved"

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="wms_disputes", db_index=False)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="wms_disputes")
    client = models.ForeignKey(WmsClient, on_delete=models.PROTECT, related_name="disputes", db_index=False)
    stated_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    quantity = models.DecimalField(**QUANTITY, help_text="What the person found.")
    wms_sequence = models.BigIntegerField(help_text="The update that is disputed.")
    wms_quantity = models.DecimalField(**QUANTITY, help_text="What it stated.")
    wms_on_hand = models.DecimalField(**QUANTITY, help_text="What that came to, goods moved since included.")
    reason = models.CharField(max_length=150)
    sync = models.ForeignKey(
        ExcelSync, null=True, blank=True, on_delete=models.PROTECT, related_name="disputes", help_text="What it posted."
    )
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    outcome = models.CharField(max_length=9, choices=Outcome, default=Outcome.NONE, blank=True)
    closing_sequence = models.BigIntegerField(null=True, blank=True, help_text="The update that ended it.")

    class Meta:
        ordering = (F("closed_at").desc(nulls_first=True), "-id")
        verbose_name = "WMS dispute"
        default_permissions = ("view",)
        constraints = (
            models.UniqueConstraint(
                fields=["item", "location"], condition=Q(closed_at__isnull=True), name="one_open_dispute_per_balance"
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, outcome="") | (Q(closed_at__isnull=False) & ~Q(outcome="")),
                name="wms_dispute_ends_somehow",
            ),
        )

    def __str__(self) -> str:
        return f"{self.item} at {self.location.code}"
