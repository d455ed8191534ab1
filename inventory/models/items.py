from decimal import Decimal
from typing import Any

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords


class Item(models.Model):
    """A thing we stock. The code is text: case and leading zeros are kept."""

    class AbcClass(models.TextChoices):
        A = "A", "A: most of the value"
        B = "B", "B"
        C = "C", "C: little value"

    item_code = models.CharField(max_length=60, unique=True)
    description = models.CharField(max_length=200, blank=True)
    unit = models.CharField(max_length=20, default="each")
    case_pack = models.PositiveIntegerField(null=True, blank=True, help_text="Units in a case, when packed in cases.")
    allows_fractions = models.BooleanField(default=False, help_text="May a count say 12.5?")
    avg_cost = models.DecimalField(
        "average cost",
        max_digits=12,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
        help_text="US dollars a unit. Without it, every variance goes to a human.",
    )
    abc_class = models.CharField("ABC class", max_length=1, choices=AbcClass, default=AbcClass.C)
    barcode = models.CharField(max_length=40, blank=True, db_index=True)
    is_active = models.BooleanField(default=True)
    netsuite_id = models.CharField("NetSuite internal id", max_length=20, blank=True)
    components: "models.ManyToManyField[Any, Any]" = models.ManyToManyField(
        "self",
        through="AssemblyComponent",
        through_fields=("assembly", "component"),
        symmetrical=False,
        blank=True,
    )
    history = HistoricalRecords()

    class Meta:
        ordering = ("item_code",)
        permissions = (("view_cost", "Can see cost and margin"),)
        constraints = (
            models.CheckConstraint(condition=~Q(item_code=""), name="item_has_code"),
            models.CheckConstraint(
                condition=Q(avg_cost__isnull=True) | Q(avg_cost__gte=0), name="item_cost_not_negative"
            ),
        )

    def __str__(self) -> str:
        return f"{self.item_code} {self.description}".strip()


class AssemblyComponent(models.Model):
    """One line of a bill of materials (the contract's `assembly_bom`)."""

    assembly = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="bill_of_materials")
    component = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="used_in")
    quantity = models.DecimalField(max_digits=12, decimal_places=3, validators=[MinValueValidator(Decimal("0.001"))])
    history = HistoricalRecords()

    class Meta:
        ordering = ("assembly", "component")
        constraints = (
            models.UniqueConstraint(fields=["assembly", "component"], name="component_once_per_assembly"),
            models.CheckConstraint(condition=~Q(assembly=models.F("component")), name="assembly_not_its_own_component"),
        )

    def __str__(self) -> str:
        return f"{self.quantity} x {self.component.item_code} in {self.assembly.item_code}"
