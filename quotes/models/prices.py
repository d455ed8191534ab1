"""What was agreed with whom for which year, and named sets of items."""

from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from quotes.models.customers import Customer
from quotes.models.spec_items import SpecItem
from quotes.models.years import school_year_known, school_year_text
from quotes.pricing import BASIS_CHOICES, Price, PriceBasis, price_problem

PRICE: dict[str, Any] = {"max_digits": 12, "decimal_places": 4}  # dollars a case
BASIS_KNOWN = Q(price_basis__in=["commercial", "noi", "ffs", "rebate"])
# A comparison with null is unknown, which a check constraint lets pass: hence "is not null" beside each of them.
COST_WITH_DATE = Q(cost_basis__isnull=True, cost_date__isnull=True) | Q(
    cost_basis__isnull=False, cost_basis__gte=0, cost_date__isnull=False
)
PASS_THROUGH = Q(pass_through_value__isnull=False, pass_through_value__gt=0, pass_through_value__lt=F("case_price"))
# Only NOI and rebate have a pass-through value, and it never eats the whole price.
PASS_THROUGH_FITS = (
    Q(price_basis__in=["commercial", "ffs"], pass_through_value__isnull=True)
    | Q(price_basis__in=["noi", "rebate"]) & PASS_THROUGH
)


class PricingMaster(models.Model):
    """The contract's `pricing_master`. There is no margin column: margin is computed from price and cost."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="prices", db_index=False)
    spec_item = models.ForeignKey(SpecItem, on_delete=models.PROTECT, related_name="prices")
    school_year = models.PositiveSmallIntegerField(help_text="The year it begins in.")
    price_basis = models.CharField(max_length=10, choices=BASIS_CHOICES, default=PriceBasis.COMMERCIAL.value)
    case_price = models.DecimalField(
        **PRICE,
        validators=[MinValueValidator(Decimal("0.0001"))],
        help_text="Dollars a case; for NOI and rebate before the pass-through value.",
    )
    pass_through_value = models.DecimalField(
        **PRICE,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.0001"))],
        help_text="Value of the USDA Food in a case, for NOI and rebate; of this school year.",
    )
    cost_basis = models.DecimalField(
        **PRICE, null=True, blank=True, validators=[MinValueValidator(Decimal(0))], help_text="Our cost of a case."
    )
    cost_date = models.DateField(null=True, blank=True, help_text="The day that cost was true.")
    history = HistoricalRecords()

    class Meta:
        ordering = ("customer", "school_year", "spec_item", "price_basis")
        verbose_name = "price"
        verbose_name_plural = "pricing master"
        permissions = (("view_cost", "Can see cost and margin of quotes"),)
        constraints = (
            models.UniqueConstraint(
                fields=["customer", "school_year", "spec_item", "price_basis"],
                name="one_price_per_customer_item_year_basis",
            ),
            models.CheckConstraint(condition=BASIS_KNOWN, name="price_basis_known"),
            models.CheckConstraint(condition=Q(case_price__gt=0), name="price_positive"),
            models.CheckConstraint(condition=PASS_THROUGH_FITS, name="price_pass_through_fits"),
            models.CheckConstraint(condition=COST_WITH_DATE, name="price_cost_with_date"),
            models.CheckConstraint(condition=school_year_known(), name="price_school_year_known"),
        )

    def __str__(self) -> str:
        return f"{self.spec_item.item_code} for {self.customer.code} in {school_year_text(self.school_year)}"

    @property
    def price(self) -> Price:
        return Price(PriceBasis(self.price_basis), self.case_price, self.pass_through_value)

    def clean(self) -> None:
        if self.price_basis not in set(PriceBasis) or self.case_price is None:
            return  # the field says so itself
        problem = price_problem(PriceBasis(self.price_basis), self.case_price, self.pass_through_value)
        if problem:
            raise ValidationError(problem)
        if (self.cost_basis is None) != (self.cost_date is None):
            raise ValidationError("A cost and its date belong together. Fill in both, or neither.")


class Catalog(models.Model):
    """A named set of items, to fill a quote with: a breakfast line, a co-op's award list."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    is_active = models.BooleanField(default=True)
    items: "models.ManyToManyField[SpecItem, CatalogItem]" = models.ManyToManyField(
        SpecItem, through="CatalogItem", related_name="catalogs"
    )
    history = HistoricalRecords()

    class Meta:
        ordering = ("code",)
        constraints = (models.CheckConstraint(condition=~Q(code=""), name="catalog_has_code"),)

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class CatalogItem(models.Model):
    catalog = models.ForeignKey(Catalog, on_delete=models.CASCADE, related_name="entries", db_index=False)
    spec_item = models.ForeignKey(SpecItem, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveIntegerField(default=0)
    history = HistoricalRecords()

    class Meta:
        ordering = ("catalog", "position", "id")
        constraints = (models.UniqueConstraint(fields=["catalog", "spec_item"], name="item_once_per_catalog"),)

    def __str__(self) -> str:
        return f"{self.spec_item.item_code} in {self.catalog.code}"
