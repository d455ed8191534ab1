"""A quote is one revision under a number; its lines are copies, so that what was sent stays as it was."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from approvals.clock import now
from approvals.models import WorkflowRun
from netsuite.models import Push
from quotes.models.customers import Customer
from quotes.models.prices import BASIS_KNOWN, COST_WITH_DATE, PASS_THROUGH_FITS, PRICE, Catalog
from quotes.models.spec_items import SPECIFICATION_FIELDS, Specification, SpecItem, specification_constraints
from quotes.models.years import school_year_known, school_year_text
from quotes.pricing import (
    BASIS_CHOICES,
    SOURCE_CHOICES,
    Margin,
    Price,
    PriceBasis,
    PriceSource,
    extended,
    total,
)


class QuoteSeries(models.Model):
    """The counter behind the numbers of one school year. Only `quotes.numbering` changes it."""

    school_year = models.PositiveSmallIntegerField(unique=True)
    last_number = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("school_year",)
        constraints = (models.CheckConstraint(condition=school_year_known(), name="series_school_year_known"),)

    def __str__(self) -> str:
        return f"Q-{self.school_year}, {self.last_number} so far"


class Quote(models.Model):
    """The contract's `quotes`: one revision."""

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        PROPOSED = "proposed", "Waiting for approval"
        APPROVED = "approved", "Approved"
        SENT = "sent", "Sent"
        ACCEPTED = "accepted", "Accepted"
        DECLINED = "declined", "Declined"
        EXPIRED = "expired", "Expired"
        SUPERSEDED = "superseded", "Superseded"
        CANCELLED = "cancelled", "Cancelled"

    TRANSITIONS: dict[str, set[str]] = {
        Status.DRAFT: {Status.PROPOSED, Status.CANCELLED},
        Status.PROPOSED: {Status.APPROVED, Status.DRAFT, Status.CANCELLED},
        Status.APPROVED: {Status.SENT, Status.SUPERSEDED, Status.CANCELLED},
        Status.SENT: {Status.ACCEPTED, Status.DECLINED, Status.EXPIRED, Status.SUPERSEDED, Status.CANCELLED},
        # A mistaken record is taken back; an answer given in time may be typed in late.
        Status.ACCEPTED: {Status.SENT, Status.SUPERSEDED},
        Status.DECLINED: {Status.SENT, Status.SUPERSEDED},
        Status.EXPIRED: {Status.ACCEPTED, Status.DECLINED, Status.SUPERSEDED},
        Status.SUPERSEDED: set(),
        Status.CANCELLED: set(),
    }
    EDITABLE = (Status.DRAFT, Status.PROPOSED)
    # A later revision replaces these only when it is sent itself.
    CURRENT = (Status.SENT, Status.ACCEPTED, Status.DECLINED, Status.EXPIRED)

    number = models.CharField(max_length=20, null=True, blank=True, help_text="Given at approval.")
    revision = models.PositiveSmallIntegerField(default=1)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="revisions", help_text="Revised quote."
    )
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="quotes", db_index=False)
    school_year = models.PositiveSmallIntegerField(help_text="The year it begins in.")
    lifecycle_status = models.CharField("status", max_length=10, choices=Status, default=Status.DRAFT)
    valid_until = models.DateField(null=True, blank=True, help_text="The offer stands to the end of this day.")
    prices_from = models.DateField(help_text="Prices are firm from...")
    prices_to = models.DateField(help_text="...to.")
    catalog = models.ForeignKey(Catalog, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    include_pdf = models.BooleanField("include PDF", default=True)
    bid_reference = models.CharField(max_length=80, blank=True, help_text="The customer's bid or award number.")
    notes = models.TextField(blank=True, help_text="Printed on the quote.")
    content_hash = models.CharField(max_length=64, blank=True, help_text="SHA-256 of all that the customer sees.")
    pdf_hash = models.CharField("PDF hash", max_length=64, blank=True, help_text="SHA-256 of the stored file.")
    workflow_run = models.ForeignKey(
        WorkflowRun, null=True, blank=True, on_delete=models.PROTECT, related_name="quotes"
    )
    push = models.OneToOneField(Push, null=True, blank=True, on_delete=models.PROTECT, related_name="quote")
    generated_at = models.DateTimeField(default=now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    sent_at = models.DateTimeField(null=True, blank=True)
    outcome_note = models.TextField(blank=True, help_text="What the customer answered, or why it was withdrawn.")
    history = HistoricalRecords()

    class Meta:
        ordering = ("-generated_at", "-id")
        permissions = (
            ("draft_quote", "Can draft, revise and renew quotes"),
            ("record_outcome", "Can record what customers answered"),
        )
        constraints = (
            models.UniqueConstraint(fields=["number", "revision"], name="one_row_per_number_and_revision"),
            models.UniqueConstraint(
                fields=["number"],
                condition=Q(lifecycle_status__in=["sent", "accepted", "declined", "expired"]),
                name="one_current_revision_per_number",
            ),
            models.CheckConstraint(
                condition=Q(
                    lifecycle_status__in=[
                        "draft",
                        "proposed",
                        "approved",
                        "sent",
                        "accepted",
                        "declined",
                        "expired",
                        "superseded",
                        "cancelled",
                    ]
                ),
                name="quote_status_known",
            ),
            models.CheckConstraint(condition=Q(number__isnull=True) | ~Q(number=""), name="quote_number_not_empty"),
            models.CheckConstraint(
                condition=Q(lifecycle_status__in=["draft", "proposed", "cancelled"]) | Q(number__isnull=False),
                name="approved_quote_has_number",
            ),
            models.CheckConstraint(
                condition=~Q(lifecycle_status__in=["sent", "accepted", "declined", "expired"])
                | Q(sent_at__isnull=False, valid_until__isnull=False) & ~Q(content_hash=""),
                name="sent_quote_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(revision=1, parent__isnull=True) | Q(revision__gt=1, parent__isnull=False),
                name="later_revision_has_parent",
            ),
            models.CheckConstraint(condition=Q(prices_from__lte=F("prices_to")), name="quote_prices_from_to"),
            models.CheckConstraint(condition=school_year_known(), name="quote_school_year_known"),
        )
        indexes = (
            models.Index(fields=["customer", "school_year", "lifecycle_status"]),
            models.Index(fields=["lifecycle_status", "valid_until"]),
        )

    def __str__(self) -> str:
        if self.number is None:
            return f"Draft {self.pk} for {self.customer.code}"
        return f"{self.number} r{self.revision}"

    @property
    def school_year_text(self) -> str:
        return school_year_text(self.school_year)

    @property
    def is_frozen(self) -> bool:
        """Approved or later: the content is what was approved, and only its fate still changes."""
        return self.lifecycle_status not in self.EDITABLE

    def move_to(self, status: str) -> None:
        """Change state along the table; assumes the row is locked by the caller's transaction, and does not save."""
        if status not in self.TRANSITIONS[self.Status(self.lifecycle_status)]:
            raise ValueError(f"A quote cannot go from {self.lifecycle_status} to {status}.")
        self.lifecycle_status = status

    def total(self) -> Decimal | None:
        """Sum of the rounded lines; None unless every line has a quantity and a price."""
        return total(line.extended for line in self.lines.all())


class QuoteLine(Specification):
    """The contract's `quote_lines`. The same item may stand twice, on two price bases."""

    class Award(models.TextChoices):
        PENDING = "pending", "No answer yet"
        AWARDED = "awarded", "Awarded"
        NOT_AWARDED = "not_awarded", "Not awarded"

    OUTCOME_FIELDS = frozenset({"award_status", "po_number", "po_date", "award_note"})

    quote = models.ForeignKey(Quote, on_delete=models.CASCADE, related_name="lines", db_index=False)
    position = models.PositiveIntegerField()
    spec_item = models.ForeignKey(
        SpecItem,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="quote_lines",
        help_text="Empty when the code matched nothing.",
    )
    item_code = models.CharField(max_length=60, db_index=True)
    description = models.CharField(max_length=200, blank=True)
    price_basis = models.CharField(max_length=10, choices=BASIS_CHOICES, default=PriceBasis.COMMERCIAL.value)
    price_source = models.CharField(max_length=8, choices=SOURCE_CHOICES, default=PriceSource.MISSING.value)
    override_reason = models.CharField(max_length=300, blank=True)
    case_price = models.DecimalField(**PRICE, null=True, blank=True)
    pass_through_value = models.DecimalField(**PRICE, null=True, blank=True)
    net_price = models.DecimalField(**PRICE, null=True, blank=True, help_text="Dollars a case on our invoice.")
    quantity = models.DecimalField(
        "estimated annual usage", max_digits=14, decimal_places=3, null=True, blank=True, help_text="Cases."
    )
    notes = models.CharField(max_length=300, blank=True, help_text="Printed: lead time, minimum, substitution.")
    cost_basis = models.DecimalField(**PRICE, null=True, blank=True, help_text="Our cost when it was priced.")
    cost_date = models.DateField(null=True, blank=True)
    award_status = models.CharField(max_length=11, choices=Award, default=Award.PENDING)
    po_number = models.CharField("PO number", max_length=60, blank=True)
    po_date = models.DateField("PO date", null=True, blank=True)
    award_note = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("quote", "position")
        constraints = (
            models.UniqueConstraint(fields=["quote", "position"], name="position_once_per_quote"),
            models.UniqueConstraint(fields=["quote", "item_code", "price_basis"], name="item_and_basis_once_per_quote"),
            models.CheckConstraint(condition=~Q(item_code=""), name="quote_line_has_code"),
            models.CheckConstraint(condition=BASIS_KNOWN, name="quote_line_basis_known"),
            models.CheckConstraint(
                condition=Q(
                    price_source="missing",
                    case_price__isnull=True,
                    pass_through_value__isnull=True,
                    net_price__isnull=True,
                )
                | Q(
                    price_source__in=["master", "override", "prior"],
                    case_price__isnull=False,
                    net_price__isnull=False,
                    case_price__gt=0,
                    net_price__gt=0,
                ),
                name="quote_line_priced_or_missing",
            ),
            models.CheckConstraint(
                condition=Q(case_price__isnull=True)
                | PASS_THROUGH_FITS
                & (
                    Q(price_basis="noi", net_price__lt=F("case_price"))
                    | ~Q(price_basis="noi") & Q(net_price=F("case_price"))
                ),
                name="quote_line_net_of_pass_through",
            ),
            models.CheckConstraint(
                condition=~Q(price_source="override") | ~Q(override_reason=""), name="quote_line_override_has_reason"
            ),
            models.CheckConstraint(condition=COST_WITH_DATE, name="quote_line_cost_with_date"),
            models.CheckConstraint(
                condition=Q(quantity__isnull=True) | Q(quantity__gt=0), name="quote_line_quantity_positive"
            ),
            models.CheckConstraint(
                condition=Q(award_status="awarded")
                | Q(award_status__in=["pending", "not_awarded"], po_number="", po_date__isnull=True),
                name="quote_line_po_only_when_awarded",
            ),
            models.CheckConstraint(
                condition=Q(po_number="", po_date__isnull=True) | ~Q(po_number="") & Q(po_date__isnull=False),
                name="quote_line_po_with_date",
            ),
            *specification_constraints("quote_line"),
        )

    def __str__(self) -> str:
        return f"{self.position}. {self.item_code}"

    @property
    def price(self) -> Price | None:
        if self.case_price is None:
            return None
        return Price(PriceBasis(self.price_basis), self.case_price, self.pass_through_value)

    @property
    def extended(self) -> Decimal | None:
        """Cents, from the net price; None without a price or a quantity."""
        if self.net_price is None or self.quantity is None:
            return None
        return extended(self.net_price, self.quantity)

    def margin(self, floor_percent: Decimal) -> Margin | None:
        """For those who may see cost only."""
        price = self.price
        return None if price is None else Margin(price.received, self.cost_basis, floor_percent)

    def set_price(self, price: Price, source: PriceSource, *, reason: str = "") -> None:
        """All price columns together; an override needs its reason."""
        self.price_basis, self.price_source, self.override_reason = price.basis.value, source.value, reason
        self.case_price, self.pass_through_value = price.case_price, price.pass_through_value
        self.net_price = price.net

    def copy_specification(self, spec_item: SpecItem) -> None:
        """Take over what the item is today."""
        self.spec_item, self.item_code, self.description = spec_item, spec_item.item_code, spec_item.name
        for name in SPECIFICATION_FIELDS:
            setattr(self, name, getattr(spec_item, name))

    def save(self, *args: Any, **kwargs: Any) -> None:
        """A line of a frozen quote changes only in what the customer answered to it."""
        changing = set(kwargs.get("update_fields") or ())
        if not self._state.adding and self.quote.is_frozen and not (changing and changing <= self.OUTCOME_FIELDS):
            raise TypeError("A line of an approved quote is fixed: revise the quote instead.")
        super().save(*args, **kwargs)
