"""What a warehouse system says beside what we say, day by day, and the waves in which stock is handed to its word.

Only `inventory.wms` writes these rows.
"""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from approvals.clock import now
from approvals.models import ProposedAction
from inventory.models.items import Item
from inventory.models.stock import QUANTITY, Authority, Balance
from inventory.models.wms import WmsClient

VALUE: dict[str, Any] = {"max_digits": 18, "decimal_places": 2}


class WmsReconciliation(models.Model):
    """One client's newest words beside our balances, at one moment; one for each business date."""

    client = models.ForeignKey(WmsClient, on_delete=models.PROTECT, related_name="reconciliations", db_index=False)
    business_date = models.DateField()
    covers_from = models.DateTimeField(help_text="What came after this moment is counted here.")
    covers_until = models.DateTimeField()
    agreeing = models.PositiveIntegerField(default=0)
    differing = models.PositiveIntegerField(default=0)
    stale = models.PositiveIntegerField(default=0, help_text="Its word is too old to be held against ours.")
    never_told = models.PositiveIntegerField(default=0, help_text="Stock here that it never said anything of.")
    unknown_here = models.PositiveIntegerField(default=0, help_text="It speaks of it; we keep no balance here.")
    bands = models.JSONField(default=dict, help_text="Differing items by size: small, medium, large.")
    units = models.DecimalField(**QUANTITY, default=0, help_text="Sum of the differences, whichever way.")
    value = models.DecimalField(**VALUE, default=0, help_text="US dollars, of those with a cost.")
    freshness_median = models.FloatField(null=True, blank=True, help_text="Seconds from being true to being taken.")
    freshness_p95 = models.FloatField(null=True, blank=True, help_text="Seconds; 95 of 100 updates were quicker.")
    updates = models.JSONField(default=dict, help_text="Updates received, by what became of them.")
    open_gaps = models.PositiveIntegerField(default=0)
    missing_updates = models.PositiveBigIntegerField(default=0, help_text="Sequences that have not come.")
    oversells = models.PositiveIntegerField(default=0, help_text="Oversell incidents opened.")
    oversold_units = models.DecimalField(**QUANTITY, default=0, help_text="Of these incidents, at their worst.")
    made_at = models.DateTimeField(default=now)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ("-business_date", "client")
        verbose_name = "WMS reconciliation"
        default_permissions = ("view", "add")
        constraints = (
            models.UniqueConstraint(fields=["client", "business_date"], name="one_wms_reconciliation_a_day"),
        )

    def __str__(self) -> str:
        return f"{self.client} on {self.business_date:%Y-%m-%d}"

    @property
    def compared(self) -> int:
        return self.agreeing + self.differing

    @property
    def ratio(self) -> float | None:
        """Differing of compared items; None when nothing could be compared."""
        return self.differing / self.compared if self.compared else None


class WmsDifference(models.Model):
    """An item of a reconciliation that does not simply agree."""

    class Outcome(models.TextChoices):
        DIFFERS = "differs", "Differs"
        STALE = "stale", "Its word is old"
        NEVER_TOLD = "never_told", "Never spoken of"
        UNKNOWN_HERE = "unknown_here", "Not kept here"

    class Band(models.TextChoices):
        NONE = "", "-"
        SMALL = "small", "Less than 10"
        MEDIUM = "medium", "10 to 100"
        LARGE = "large", "More than 100"

    reconciliation = models.ForeignKey(
        WmsReconciliation, on_delete=models.CASCADE, related_name="differences", db_index=False
    )
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=12, choices=Outcome)
    sequence = models.BigIntegerField(null=True, blank=True, help_text="Of its newest update of the item.")
    said = models.DecimalField(**QUANTITY, null=True, blank=True, help_text="Its word.")
    as_of = models.DateTimeField(null=True, blank=True, help_text="When that was true.")
    moved = models.DecimalField(**QUANTITY, default=0, help_text="Goods that moved here since.")
    on_hand = models.DecimalField(**QUANTITY, null=True, blank=True, help_text="Ours.")
    difference = models.DecimalField(
        **QUANTITY, null=True, blank=True, help_text="Said + moved - on hand: what its word would change."
    )
    band = models.CharField(max_length=6, choices=Band, default=Band.NONE, blank=True)
    value = models.DecimalField(**VALUE, null=True, blank=True, help_text="US dollars, |difference| x average cost.")

    class Meta:
        ordering = ("-id",)
        verbose_name = "WMS difference"
        default_permissions = ("view",)
        constraints = (models.UniqueConstraint(fields=["reconciliation", "item"], name="one_wms_difference_per_item"),)
        indexes = (models.Index(fields=["reconciliation", "outcome", "-value"]),)

    def __str__(self) -> str:
        return f"{self.item} of {self.reconciliation}"


class WmsRollout(models.Model):
    """A wave: balances whose quantity a client is to decide. In shadow its word is compared, never applied."""

    class Stage(models.TextChoices):
        SHADOW = "shadow", "Shadow"
        LIVE = "live", "Live"
        ENDED = "ended", "Ended"

    TRANSITIONS: dict[str, set[str]] = {
        Stage.SHADOW: {Stage.LIVE, Stage.ENDED},
        Stage.LIVE: {Stage.SHADOW, Stage.ENDED},
        Stage.ENDED: set(),
    }

    name = models.CharField(max_length=80, unique=True)
    client = models.ForeignKey(WmsClient, on_delete=models.PROTECT, related_name="rollouts")
    chosen = models.CharField(max_length=200, help_text="How its balances were chosen.")
    stage = models.CharField(max_length=6, choices=Stage, default=Stage.SHADOW)
    since = models.DateTimeField(default=now, help_text="In this stage since.")
    reason = models.CharField(max_length=300)
    baseline_from = models.DateTimeField(help_text="The oversells before the wave are those since this moment.")
    baseline_oversells = models.PositiveIntegerField(default=0)
    baseline_order_lines = models.PositiveIntegerField(default=0)
    sign_off = models.ForeignKey(
        ProposedAction,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="wms_rollouts",
        help_text="The last question to a second person about a switch.",
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(default=now)

    class Meta:
        ordering = ("-id",)
        verbose_name = "WMS wave"
        default_permissions = ("view", "add")
        permissions = (
            ("switch_wmsrollout", "Can switch a WMS wave live and back"),
            ("override_wmsrollout", "Can switch a WMS wave live though a gate is not passed"),
        )
        constraints = (
            models.CheckConstraint(condition=Q(stage__in=["shadow", "live", "ended"]), name="wms_rollout_stage_known"),
        )

    def __str__(self) -> str:
        return self.name


class WmsRolloutBalance(models.Model):
    """A balance of a wave, and who had the authority before the switch."""

    rollout = models.ForeignKey(WmsRollout, on_delete=models.PROTECT, related_name="members", db_index=False)
    balance = models.ForeignKey(Balance, on_delete=models.PROTECT, related_name="wms_rollouts")
    before = models.CharField(
        max_length=5, choices=Authority, blank=True, help_text="While the wave is live: the authority to go back to."
    )
    is_current = models.BooleanField(default=True, help_text="False when the wave has ended.")

    class Meta:
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(fields=["rollout", "balance"], name="balance_once_in_a_wms_rollout"),
            models.UniqueConstraint(
                fields=["balance"], condition=Q(is_current=True), name="balance_in_one_wms_rollout_at_a_time"
            ),
            models.CheckConstraint(condition=~Q(before="wms"), name="wms_rollout_goes_back_to_another"),
        )

    def __str__(self) -> str:
        return f"{self.balance} in {self.rollout}"


class WmsRolloutStep(models.Model):
    """Append-only: who moved a wave to another stage, when, why, and what that changed."""

    rollout = models.ForeignKey(WmsRollout, on_delete=models.PROTECT, related_name="steps")
    before = models.CharField(max_length=6, choices=WmsRollout.Stage, blank=True)
    after = models.CharField(max_length=6, choices=WmsRollout.Stage)
    reason = models.CharField(max_length=300)
    gates = models.JSONField(default=list, help_text="The gates as they stood, each a sentence.")
    is_override = models.BooleanField(default=False, help_text="Switched though a gate was not passed.")
    figures = models.JSONField(default=dict, help_text="Balances, changed, units, value and oversells.")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField(default=now)

    class Meta:
        ordering = ("-id",)
        verbose_name = "WMS wave step"
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.rollout}: {self.get_after_display()}"


class WmsAgreement(models.Model):
    """One wave on one business date: how far the client's word agreed with ours, and what was oversold."""

    rollout = models.ForeignKey(WmsRollout, on_delete=models.PROTECT, related_name="days", db_index=False)
    reconciliation = models.ForeignKey(WmsReconciliation, on_delete=models.PROTECT, related_name="agreements")
    business_date = models.DateField()
    stage = models.CharField(max_length=6, choices=WmsRollout.Stage, help_text="Of the wave, that day.")
    items = models.PositiveIntegerField(default=0)
    compared = models.PositiveIntegerField(default=0)
    differing = models.PositiveIntegerField(default=0)
    freshness_median = models.FloatField(null=True, blank=True, help_text="Seconds.")
    oversells = models.PositiveIntegerField(default=0)
    oversold_units = models.DecimalField(**QUANTITY, default=0)
    order_lines = models.PositiveIntegerField(default=0, help_text="Placed for the wave's items.")

    class Meta:
        ordering = ("-business_date",)
        verbose_name = "WMS agreement"
        default_permissions = ("view",)
        constraints = (
            models.UniqueConstraint(fields=["rollout", "business_date"], name="one_wms_agreement_a_day"),
            models.CheckConstraint(condition=Q(differing__lte=models.F("compared")), name="wms_agreement_adds_up"),
        )

    def __str__(self) -> str:
        return f"{self.rollout} on {self.business_date:%Y-%m-%d}"

    @property
    def ratio(self) -> float | None:
        return self.differing / self.compared if self.compared else None
