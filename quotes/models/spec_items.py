"""What we offer: pack, servings, meal-pattern credit, allergens, origin."""

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from inventory.models import Item


class Specification(models.Model):
    """The columns a quote line copies from its spec item, so that a sent quote stays as it was."""

    class Storage(models.TextChoices):
        DRY = "dry", "Dry"
        REFRIGERATED = "refrigerated", "Refrigerated"
        FROZEN = "frozen", "Frozen"
        UNKNOWN = "unknown", "Not stated"

    class Domestic(models.TextChoices):
        """7 CFR 210.21(d), Buy American."""

        DOMESTIC = "domestic", "Domestic"
        NON_DOMESTIC = "non_domestic", "Non-domestic"
        UNKNOWN = "unknown", "Not stated"

    category = models.CharField(max_length=60, blank=True, help_text="Lines of a quote are grouped by it.")
    brand = models.CharField(max_length=80, blank=True)
    manufacturer = models.CharField(max_length=120, blank=True)
    manufacturer_sku = models.CharField("manufacturer's code", max_length=40, blank=True)
    gtin = models.CharField("GTIN", max_length=14, blank=True)
    pack = models.CharField(max_length=60, blank=True, help_text="As printed: 4 / 5 lb.")
    net_case_weight = models.DecimalField(max_digits=10, decimal_places=3, null=True, blank=True, help_text="Pounds.")
    servings_per_case = models.PositiveIntegerField(null=True, blank=True, validators=[MinValueValidator(1)])
    serving_size = models.CharField(max_length=60, blank=True)
    cn_number = models.CharField("CN number", max_length=20, blank=True)
    cn_credit = models.CharField("meal-pattern credit", max_length=120, blank=True, help_text="2.0 oz eq M/MA.")
    cn_expires_on = models.DateField("CN label valid until", null=True, blank=True)
    allergens = models.CharField(max_length=200, blank=True, help_text="Empty means not stated, not free of them.")
    storage = models.CharField(max_length=12, choices=Storage, default=Storage.UNKNOWN)
    domestic = models.CharField(max_length=12, choices=Domestic, default=Domestic.UNKNOWN)
    country_of_origin = models.CharField(max_length=60, blank=True)
    exception_reason = models.CharField(max_length=200, blank=True, help_text="Why a non-domestic product is offered.")

    class Meta:
        abstract = True

    def clean(self) -> None:
        if self.cn_expires_on is not None and not self.cn_number:
            raise ValidationError({"cn_number": "A CN label with a date has a number. Fill it in, or clear the date."})


SPECIFICATION_FIELDS = tuple(field.name for field in Specification._meta.local_fields)


def specification_constraints(name: str) -> tuple[models.CheckConstraint, ...]:
    """For the tables that carry the columns; `name` begins the constraints' names."""
    return (
        models.CheckConstraint(
            condition=Q(storage__in=["dry", "refrigerated", "frozen", "unknown"]), name=f"{name}_storage_known"
        ),
        models.CheckConstraint(
            condition=Q(domestic__in=["domestic", "non_domestic", "unknown"]), name=f"{name}_domestic_known"
        ),
        models.CheckConstraint(
            condition=Q(servings_per_case__isnull=True) | Q(servings_per_case__gt=0), name=f"{name}_has_servings"
        ),
        models.CheckConstraint(
            condition=Q(net_case_weight__isnull=True) | Q(net_case_weight__gt=0), name=f"{name}_weighs_something"
        ),
        models.CheckConstraint(
            condition=Q(cn_expires_on__isnull=True) | ~Q(cn_number=""), name=f"{name}_cn_date_has_number"
        ),
    )


class SpecItem(Specification):
    """The contract's `spec_items`. The code is text: case and leading zeros are kept."""

    item_code = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=200)
    item = models.OneToOneField(
        Item,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="specification",
        verbose_name="stock item",
        help_text="The same thing in our warehouses.",
    )
    discontinued = models.BooleanField(default=False)
    history = HistoricalRecords()

    class Meta:
        ordering = ("item_code",)
        constraints = (
            models.CheckConstraint(condition=~Q(item_code="") & ~Q(name=""), name="spec_item_has_code_and_name"),
            *specification_constraints("spec_item"),
        )

    def __str__(self) -> str:
        return f"{self.item_code} {self.name}"
