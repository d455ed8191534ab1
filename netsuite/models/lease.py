"""The right to write to NetSuite: one row, held by at most one drain, numbered anew each time it is taken."""

from django.db import models
from django.db.models import Q

NETSUITE = "netsuite"


class DrainLease(models.Model):
    """`token` only grows. Every write of a drain names its token, so a drain that slept through its time
    cannot overwrite its successor. `expires_at` is the database's clock; the other times are ours."""

    class Halt(models.TextChoices):
        NONE = "", "Running"
        THROTTLED = "throttled", "NetSuite asked us to slow down"
        LOGIN = "login", "NetSuite refused our login"
        SETUP = "setup", "The NetSuite set-up is wrong"
        UNREACHABLE = "unreachable", "NetSuite cannot be reached"

    name = models.CharField(max_length=20, primary_key=True, default=NETSUITE)
    holder = models.CharField(max_length=200, blank=True)
    token = models.BigIntegerField(default=0)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_drained_at = models.DateTimeField(null=True, blank=True)  # by a drain that nothing stopped
    halt = models.CharField(max_length=12, choices=Halt, default=Halt.NONE, blank=True)
    halted_until = models.DateTimeField(null=True, blank=True)
    halted_reason = models.TextField(blank=True)
    failed_logins = models.PositiveSmallIntegerField(default=0)
    failed_credentials = models.CharField(
        max_length=16, blank=True, help_text="Fingerprint of the credentials NetSuite refused."
    )
    throttles = models.PositiveSmallIntegerField(default=0, help_text="Throttled calls in a row.")
    throttled_since = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(halt="", halted_until__isnull=True)
                | ~Q(halt="") & Q(halted_until__isnull=False) & ~Q(halted_reason=""),
                name="drain_halt_has_reason",
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} lease, token {self.token}"
