"""The ledger's rows. Only `inventory.stock` writes them."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from approvals.clock import now
from approvals.models import ProposedAction
from inventory.models.items import Item
from inventory.models.places import Location, Zone

QUANTITY: dict[str, Any] = {"max_digits": 14, "decimal_places": 3}


class Authority(models.TextChoices):
    """Who says what lies there. A feed that is not the authority is compared and reported, never applied."""

    COUNT = "count", "Counts"
    EXCEL = "excel", "Excel"
    WMS = "wms", "WMS"


class Balance(models.Model):
    """The contract's `inventory_balance`: one row per item and location."""

    # Without indexes of their own where composite ones below begin with the same column.
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="balances", db_index=False)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="balances")
    zone = models.ForeignKey(
        Zone,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="balances",
        help_text="Home zone.",
        db_index=False,
    )
    bin = models.CharField(max_length=40, blank=True)
    quantity_on_hand = models.DecimalField(**QUANTITY, default=Decimal(0))
    quantity_reserved = models.DecimalField(**QUANTITY, default=Decimal(0))
    quantity_available = models.GeneratedField(
        expression=F("quantity_on_hand") - F("quantity_reserved"),
        output_field=models.DecimalField(**QUANTITY),
        db_persist=True,
    )
    authority = models.CharField(
        max_length=5, choices=Authority, default=Authority.COUNT, help_text="Whose word on the quantity counts."
    )
    last_counted_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=now)

    class Meta:
        ordering = ("item__item_code", "location")
        permissions = (
            ("change_authority", "Can change whose word on the quantity counts"),
            ("reconcile_stock", "Can state a disputed quantity by hand"),
        )
        constraints = (
            models.UniqueConstraint(fields=["item", "location"], name="one_balance_per_item_and_location"),
            models.CheckConstraint(condition=Q(quantity_reserved__gte=0), name="reserved_not_negative"),
            models.CheckConstraint(condition=Q(authority__in=["count", "excel", "wms"]), name="authority_known"),
        )
        indexes = (models.Index(fields=["zone", "last_counted_at"]),)

    def __str__(self) -> str:
        return f"{self.item.item_code} at {self.location.code}"


class AuthorityChange(models.Model):
    """Append-only: who made which source the authority of an item at a location, when and why."""

    balance = models.ForeignKey(Balance, on_delete=models.PROTECT, related_name="authority_changes")
    before = models.CharField(max_length=5, choices=Authority)
    after = models.CharField(max_length=5, choices=Authority)
    reason = models.CharField(max_length=300, blank=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    changed_at = models.DateTimeField(default=now)

    class Meta:
        ordering = ("-id",)
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.balance}: {self.get_before_display()} to {self.get_after_display()}"


class Movement(models.Model):
    """Append-only ledger row. On hand is the sum of these, always."""

    class Kind(models.TextChoices):
        OPENING = "opening", "Opening stock"
        RECEIPT = "receipt", "Receipt"
        SHIPMENT = "shipment", "Shipment"
        TRANSFER = "transfer", "Transfer"
        ASSEMBLY = "assembly", "Assembly"
        COUNT = "count", "Count adjustment"
        SYNC = "sync", "Sync adjustment"
        CORRECTION = "correction", "Correction to NetSuite"
        FEED = "feed", "WMS update"

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="movements", db_index=False)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="movements", db_index=False)
    delta = models.DecimalField(**QUANTITY, help_text="Signed, in the item's unit.")
    kind = models.CharField(max_length=10, choices=Kind)
    source = models.CharField(max_length=40, help_text="What recorded it: count, command, order, wms...")
    reference = models.CharField(max_length=80, blank=True)
    occurred_at = models.DateTimeField(help_text="When the goods moved.")
    recorded_at = models.DateTimeField(default=now, help_text="When we heard of it.")
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    adjustment = models.ForeignKey(
        "inventory.Adjustment", null=True, blank=True, on_delete=models.PROTECT, related_name="movements"
    )
    count_line = models.OneToOneField(
        "inventory.CountLine",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="movement",
        help_text="The count line that caused it: unique, so a line posts once.",
    )
    sync_line = models.OneToOneField(
        "inventory.SyncLine",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="movement",
        help_text="The row of a sync that caused it: unique, so a row posts once.",
    )
    decision = models.ForeignKey(
        ProposedAction,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="movements",
        db_index=False,
        help_text="The approved correction it carries out: unique, so one posts once.",
    )
    wms_update = models.ForeignKey(
        "inventory.WmsUpdate",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="movements",
        db_index=False,
        help_text="The update that caused it: unique, so one posts once.",
    )

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(condition=~Q(delta=0), name="movement_moves_something"),
            models.CheckConstraint(
                condition=~Q(kind="count") | Q(adjustment__isnull=False, count_line__isnull=False),
                name="count_movement_has_its_decision",
            ),
            models.CheckConstraint(
                condition=~Q(kind="sync") | Q(adjustment__isnull=False, sync_line__isnull=False),
                name="sync_movement_has_its_decision",
            ),
            models.CheckConstraint(
                condition=~Q(kind="correction") | Q(decision__isnull=False), name="correction_has_its_decision"
            ),
            models.UniqueConstraint(
                fields=["decision"], condition=Q(decision__isnull=False), name="a_correction_posts_once"
            ),
            models.CheckConstraint(
                condition=~Q(kind="feed") | Q(wms_update__isnull=False), name="feed_movement_names_its_update"
            ),
            models.UniqueConstraint(
                fields=["wms_update"], condition=Q(wms_update__isnull=False), name="a_wms_update_posts_once"
            ),
        )
        indexes = (
            models.Index(fields=["item", "location", "occurred_at"]),
            models.Index(fields=["location", "occurred_at"]),
        )

    def __str__(self) -> str:
        return f"{self.delta:+f} {self.item_id} {self.kind}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("Movements are append-only: correct one with an opposite movement.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise TypeError("Movements are append-only: correct one with an opposite movement.")
