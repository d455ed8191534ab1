"""Orders promise stock (reserve), ship it (fulfil) or let it go (cancel). Every sale is news that Excel lacks."""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from approvals.clock import now
from inventory.models.items import Item
from inventory.models.places import Location
from inventory.models.stock import QUANTITY
from inventory.models.syncs import ExcelSync


class Order(models.Model):
    class Status(models.TextChoices):
        OPEN = "open", "Open"
        FULFILLED = "fulfilled", "Fulfilled"
        CANCELLED = "cancelled", "Cancelled"

    TRANSITIONS = {
        Status.OPEN: {Status.FULFILLED, Status.CANCELLED},
        Status.FULFILLED: set(),
        Status.CANCELLED: set(),
    }

    order_id = models.CharField(max_length=60, unique=True, help_text="The caller's own number.")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="orders")
    customer = models.CharField(max_length=120, blank=True)
    status = models.CharField(max_length=9, choices=Status, default=Status.OPEN)
    warnings = models.JSONField(default=list, help_text="What the one who ordered was told.")
    placed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    placed_at = models.DateTimeField(default=now)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        permissions = (("process_order", "Can place, fulfil and cancel orders"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(status="open", closed_at__isnull=True)
                | Q(status__in=["fulfilled", "cancelled"], closed_at__isnull=False),
                name="order_closed_at_with_final_status",
            ),
        )

    def __str__(self) -> str:
        return self.order_id


class OrderLine(models.Model):
    """What is neither fulfilled nor cancelled is reserved. Quantities in the item's unit."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="lines", db_index=False)
    line_id = models.CharField(max_length=40, help_text="The caller's own number of the line.")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="order_lines")
    quantity = models.DecimalField(**QUANTITY)
    fulfilled = models.DecimalField(**QUANTITY, default=0)
    cancelled = models.DecimalField(**QUANTITY, default=0)

    class Meta:
        ordering = ("order", "id")
        constraints = (
            models.UniqueConstraint(fields=["order", "line_id"], name="line_once_per_order"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="order_line_asks_for_something"),
            models.CheckConstraint(
                condition=Q(fulfilled__gte=0, cancelled__gte=0, quantity__gte=F("fulfilled") + F("cancelled")),
                name="order_line_adds_up",
            ),
        )

    def __str__(self) -> str:
        return f"{self.order} line {self.line_id}"

    @property
    def reserved(self) -> Decimal:
        """What the line still waits for: neither fulfilled nor cancelled."""
        return self.quantity - self.fulfilled - self.cancelled


class ExcelUpdate(models.Model):
    """Goods sold that the workbook must be told of. Marked as entered by staff, proved by a later sync."""

    class Status(models.TextChoices):
        PENDING = "pending", "To be entered in Excel"
        ENTERED = "entered", "Entered, says the staff"
        PROVED = "proved", "Entered, a workbook proved it"

    TRANSITIONS = {
        Status.PENDING: {Status.ENTERED, Status.PROVED},
        Status.ENTERED: {Status.PENDING, Status.PROVED},
        Status.PROVED: set(),
    }

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="excel_updates", db_index=False)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+", db_index=False)
    order_line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="excel_updates")
    sold = models.DecimalField(**QUANTITY, help_text="In the item's unit; to be taken off in the workbook.")
    sold_at = models.DateTimeField(default=now)
    status = models.CharField(max_length=7, choices=Status, default=Status.PENDING)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    entered_at = models.DateTimeField(null=True, blank=True)
    proved_by = models.ForeignKey(ExcelSync, null=True, blank=True, on_delete=models.PROTECT, related_name="proves")

    class Meta:
        ordering = ("-id",)
        verbose_name = "Excel update"
        permissions = (("enter_excelupdate", "Can mark sales as entered in Excel"),)
        constraints = (
            models.CheckConstraint(condition=Q(sold__gt=0), name="excel_update_is_about_something"),
            models.CheckConstraint(
                condition=Q(status="pending", entered_at__isnull=True, proved_by__isnull=True)
                | Q(status="entered", entered_at__isnull=False, proved_by__isnull=True)
                | Q(status="proved", proved_by__isnull=False),
                name="excel_update_status_whole",
            ),
        )
        indexes = (
            models.Index(fields=["location", "item", "status"]),
            models.Index(fields=["location", "sold_at"]),
        )

    def __str__(self) -> str:
        return f"{self.sold} of {self.item_id} to enter"
