"""The end-of-day report, frozen as it was made; and a question to a person who can go and look."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from approvals.clock import now
from approvals.models import ProposedAction
from inventory.models.items import Item
from inventory.models.places import Location
from inventory.models.stock import QUANTITY
from inventory.models.syncs import ExcelSync


class DayEndReport(models.Model):
    """One for each business date and location."""

    business_date = models.DateField()
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="day_end_reports")
    orders_processed = models.PositiveIntegerField(default=0)
    updates = models.JSONField(default=list, help_text="Items to update: code, description, previous, sold, remaining.")
    discrepancies = models.JSONField(default=list, help_text="What is still open, with the action asked for.")
    made_at = models.DateTimeField(default=now)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    email = models.OneToOneField(
        ProposedAction, null=True, blank=True, on_delete=models.PROTECT, related_name="day_end_report"
    )

    class Meta:
        ordering = ("-business_date", "location")
        verbose_name = "end-of-day report"
        constraints = (
            models.UniqueConstraint(fields=["business_date", "location"], name="one_report_per_day_and_location"),
        )

    def __str__(self) -> str:
        return f"{self.business_date:%Y-%m-%d} {self.location.code}"


class StockQuestion(models.Model):
    """Nobody can trust the numbers, so a named person goes and looks, by a deadline."""

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        ANSWERED = "answered", "Answered"
        CANCELLED = "cancelled", "Cancelled"

    TRANSITIONS = {
        Status.OPEN: {Status.ANSWERED, Status.CANCELLED},
        Status.ANSWERED: set(),
        Status.CANCELLED: set(),
    }

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="stock_questions")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    wanted = models.DecimalField(**QUANTITY, null=True, blank=True, help_text="How many somebody wants, if said.")
    why = models.CharField(max_length=300)
    status = models.CharField(max_length=9, choices=Status, default=Status.OPEN)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    asked_at = models.DateTimeField(default=now)
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="stock_questions"
    )
    due_at = models.DateTimeField()
    found = models.DecimalField(**QUANTITY, null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=300, blank=True)
    sync = models.OneToOneField(
        ExcelSync, null=True, blank=True, on_delete=models.PROTECT, related_name="question", help_text="Its answer."
    )

    class Meta:
        ordering = ("status", "due_at")
        permissions = (("answer_stockquestion", "Can answer questions about stock"),)
        constraints = (
            models.UniqueConstraint(
                fields=["item", "location"], condition=Q(status="open"), name="one_open_question_per_item"
            ),
            models.CheckConstraint(
                condition=~Q(status="answered")
                | Q(found__isnull=False, answered_by__isnull=False, answered_at__isnull=False),
                name="answered_question_is_whole",
            ),
        )

    def __str__(self) -> str:
        return f"How many {self.item.item_code} are at {self.location.code}?"
