"""Guardrails: named thresholds that decide whether a human must look. Rows, so that they have a history."""

from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import models
from simple_history.models import HistoricalRecords


class Guardrail(models.Model):
    name = models.SlugField(max_length=60, unique=True)
    explanation = models.TextField()
    percent_limit = models.DecimalField(
        max_digits=8, decimal_places=4, null=True, blank=True, validators=[MinValueValidator(Decimal(0))]
    )
    value_limit = models.DecimalField(
        max_digits=14,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
        help_text="US dollars, unless the explanation says otherwise.",
    )
    quantity_limit = models.DecimalField(
        max_digits=14,
        decimal_places=3,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
        help_text="Units, for rules that look at quantities.",
    )
    is_enabled = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    history = HistoricalRecords()

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"

    def save(self, *args: object, **kwargs: object) -> None:
        """Every saved change is a new version: decisions record the version they were taken under."""
        if self.pk is not None:
            before = type(self).objects.filter(pk=self.pk).first()
            if before and any(getattr(before, f) != getattr(self, f) for f in self.THRESHOLDS):
                self.version = before.version + 1
        super().save(*args, **kwargs)  # type: ignore[arg-type]

    THRESHOLDS = ("percent_limit", "value_limit", "quantity_limit", "is_enabled", "explanation")
