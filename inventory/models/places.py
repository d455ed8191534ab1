from django.conf import settings
from django.db import models
from simple_history.models import HistoricalRecords


class Location(models.Model):
    """A NetSuite location: a warehouse."""

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=100)
    netsuite_id = models.CharField("NetSuite internal id", max_length=20, blank=True)
    stock_keeper = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Who goes and looks when nobody can trust the numbers.",
    )
    history = HistoricalRecords()

    class Meta:
        ordering = ("code",)

    def __str__(self) -> str:
        return f"{self.code} {self.name}".strip()


class Zone(models.Model):
    """A part of a location that one person counts in one walk."""

    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="zones")
    code = models.CharField(max_length=20)
    name = models.CharField(max_length=100, blank=True)
    is_active = models.BooleanField(default=True, help_text="Inactive zones are left out of the rotation.")
    history = HistoricalRecords()

    class Meta:
        ordering = ("location", "code")
        constraints = (models.UniqueConstraint(fields=["location", "code"], name="zone_code_once_per_location"),)

    def __str__(self) -> str:
        return f"{self.location.code} / {self.code}"
