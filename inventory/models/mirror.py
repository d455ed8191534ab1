"""What NetSuite says of each balance, beside what we say."""

from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import Q

from approvals.clock import now
from approvals.models import ProposedAction
from inventory.models.items import Item
from inventory.models.places import Location
from inventory.models.stock import QUANTITY


class Parity(models.Model):
    """One balance as both sides have it. Written when something about it changes, not at every look."""

    class State(models.TextChoices):
        EQUAL = "equal", "Equal"
        PENDING = "pending", "Explained by pushes"
        DRIFT = "drift", "Drift"
        ACCEPTED = "accepted", "Differs, accepted"
        MISSING_HERE = "missing_here", "Missing here"
        MISSING_THERE = "missing_there", "Missing in NetSuite"

    APART = (State.DRIFT, State.MISSING_HERE, State.MISSING_THERE)
    """Nobody has explained or accepted the difference."""

    item = models.ForeignKey(
        Item, null=True, blank=True, on_delete=models.PROTECT, related_name="parity", db_index=False
    )
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    netsuite_item = models.CharField("NetSuite internal id", max_length=20, blank=True)
    item_name = models.CharField("item in NetSuite", max_length=250, blank=True)
    netsuite_quantity = models.DecimalField(
        "in NetSuite", **QUANTITY, null=True, blank=True, help_text="Empty: NetSuite has no such balance."
    )
    our_quantity = models.DecimalField(
        "here", **QUANTITY, null=True, blank=True, help_text="Empty: we have no such balance."
    )
    explained = models.DecimalField(
        **QUANTITY, default=Decimal(0), help_text="By how much pushes not yet confirmed will change NetSuite's number."
    )
    difference = models.DecimalField(
        **QUANTITY, default=Decimal(0), help_text="Here - in NetSuite - explained: what nothing accounts for."
    )
    state = models.CharField(max_length=13, choices=State)
    pushes: models.JSONField[Any, Any] = models.JSONField(default=list, help_text="Ids of the pushes that explain it.")
    seen = models.PositiveIntegerField(default=0, help_text="Looks in a row that found it apart.")
    since = models.DateTimeField(default=now, help_text="In this state since.")
    accepted_difference = models.DecimalField(
        **QUANTITY, null=True, blank=True, help_text="The difference a person chose to live with."
    )
    correction = models.ForeignKey(
        ProposedAction, null=True, blank=True, on_delete=models.PROTECT, related_name="parity"
    )

    class Meta:
        ordering = ("-id",)
        verbose_name_plural = "parity"
        default_permissions = ("view",)
        constraints = (
            models.CheckConstraint(
                condition=Q(
                    state__in=["equal", "pending", "drift", "accepted", "missing_here", "missing_there"],
                ),
                name="parity_state_known",
            ),
            models.CheckConstraint(
                condition=Q(difference=0, state__in=["equal", "pending"])
                | ~Q(difference=0) & ~Q(state__in=["equal", "pending"]),
                name="parity_differs_when_it_says_so",
            ),
            models.CheckConstraint(
                condition=Q(item__isnull=False) | ~Q(netsuite_item=""), name="parity_is_about_some_item"
            ),
            models.UniqueConstraint(fields=["item", "location"], name="one_parity_per_balance"),
            models.UniqueConstraint(
                fields=["netsuite_item", "location"],
                condition=Q(item__isnull=True),
                name="one_parity_per_unknown_item",
            ),
        )
        indexes = (models.Index(fields=["state", "seen"]),)

    def __str__(self) -> str:
        return f"{self.code} at {self.location.code}"

    @property
    def code(self) -> str:
        return self.item.item_code if self.item else self.item_name


class MirrorMark(models.Model):
    """One row: when NetSuite's balances were last read, how many there were, and why they were refused since."""

    RUNS_AT_MOST = 600
    """Seconds after which a mirror that never ended is taken for dead."""

    started_at = models.DateTimeField(null=True, blank=True, help_text="Set while a mirror is at work.")
    snapshot_at = models.DateTimeField(null=True, blank=True, help_text="When reading the last stored snapshot began.")
    succeeded_at = models.DateTimeField(null=True, blank=True)
    rests_until = models.DateTimeField(null=True, blank=True, help_text="After a refused login.")
    row_counts: models.JSONField[Any, Any] = models.JSONField(
        default=dict, help_text="Rows of the last stored snapshot: NetSuite location id -> [name, rows]."
    )
    outside: models.JSONField[Any, Any] = models.JSONField(
        default=list, help_text="NetSuite locations with balances that are not kept here."
    )
    refused_at = models.DateTimeField(null=True, blank=True)
    refusal = models.TextField(blank=True, help_text="Why the last look was thrown away; empty when it was stored.")

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"last mirror {self.succeeded_at:%Y-%m-%d %H:%M:%S}" if self.succeeded_at else "no mirror yet"
