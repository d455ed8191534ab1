"""School districts: who they are, whom a quote goes to, and which programs they take part in."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from simple_history.models import HistoricalRecords

from quotes.entity_status import STATUS_CHOICES, EntityStatus
from quotes.models.years import school_year_known, school_year_text


class Customer(models.Model):
    """The contract's `customers`. `entitystatus` decides whether a quote may be made, sent and pushed."""

    class DeliveryTerms(models.TextChoices):
        DELIVERED = "delivered", "Delivered, unloaded"
        FOB = "fob", "FOB our warehouse"
        FEE_PER_DROP = "fee_per_drop", "Fee per drop"

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField("legal name", max_length=200)
    entitystatus = models.CharField(
        "status",
        max_length=8,
        choices=STATUS_CHOICES,
        default=EntityStatus.UNKNOWN.value,
        help_text="Only an active customer is quoted; on hold and unknown block drafting, sending and NetSuite.",
    )
    terms = models.CharField("payment terms", max_length=60, blank=True, help_text="Printed on quotes: Net 30.")
    netsuite_id = models.CharField("NetSuite internal id", max_length=20, blank=True)
    bill_to = models.TextField(blank=True)
    deliver_to = models.TextField(blank=True, help_text="Sites, or “per attached list”.")
    delivery_terms = models.CharField(max_length=12, choices=DeliveryTerms, default=DeliveryTerms.DELIVERED)
    delivery_notes = models.CharField(max_length=200, blank=True, help_text="Minimum drop, days, lead time.")
    tax_exempt = models.BooleanField(default=True)
    tax_certificate = models.CharField(max_length=60, blank=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ("name", "code")
        constraints = (
            models.CheckConstraint(condition=~Q(code="") & ~Q(name=""), name="customer_has_code_and_name"),
            models.CheckConstraint(
                condition=Q(entitystatus__in=["active", "hold", "inactive", "unknown"]), name="customer_status_known"
            ),
            models.CheckConstraint(
                condition=Q(delivery_terms__in=["delivered", "fob", "fee_per_drop"]),
                name="customer_delivery_terms_known",
            ),
        )

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @property
    def may_be_quoted(self) -> bool:
        return self.entitystatus == EntityStatus.ACTIVE


class CustomerContact(models.Model):
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="contacts", db_index=False)
    name = models.CharField(max_length=120)
    title = models.CharField(max_length=120, blank=True)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=40, blank=True)
    receives_quotes = models.BooleanField(default=False, help_text="Quotes go only to contacts with this mark.")
    is_active = models.BooleanField(default=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ("customer", "name")
        constraints = (
            models.UniqueConstraint(
                "customer", Lower("email"), condition=~Q(email=""), name="contact_once_per_customer_and_address"
            ),
            models.CheckConstraint(condition=Q(receives_quotes=False) | ~Q(email=""), name="quote_contact_has_address"),
        )
        indexes = (models.Index(fields=["customer", "receives_quotes"]),)

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>" if self.email else self.name

    def clean(self) -> None:
        if self.receives_quotes and not self.email:
            raise ValidationError({"email": "Quotes go to this contact by e-mail. Fill in the address."})


class CustomerProgram(models.Model):
    """The contract's `customer_programs`. A code we do not know is kept as it is; a removed one keeps its row."""

    class Kind(models.TextChoices):
        MEAL = "meal", "Meal program"
        PROCESSING = "processing", "USDA Foods processing"
        PURCHASING = "purchasing", "Co-op or award"
        OTHER = "other", "Other"

    class Status(models.TextChoices):
        ACTIVE = "active", "Active"
        INACTIVE = "inactive", "Inactive"

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="programs", db_index=False)
    program_code = models.CharField(max_length=40, help_text="NSLP, SBP, CACFP, NOI, a co-op's name...")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.OTHER)
    school_year = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="The year it begins in; empty for every year."
    )
    reference = models.CharField(max_length=80, blank=True, help_text="Agreement, bid or award number.")
    status = models.CharField(max_length=8, choices=Status, default=Status.ACTIVE)
    deleted_at = models.DateTimeField(null=True, blank=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ("customer", "program_code", "school_year")
        constraints = (
            models.UniqueConstraint(
                fields=["customer", "program_code", "school_year"],
                condition=Q(deleted_at__isnull=True, school_year__isnull=False),
                name="program_once_per_customer_and_year",
            ),
            models.UniqueConstraint(
                fields=["customer", "program_code"],
                condition=Q(deleted_at__isnull=True, school_year__isnull=True),
                name="program_once_per_customer_for_every_year",
            ),
            models.CheckConstraint(condition=~Q(program_code=""), name="program_has_code"),
            models.CheckConstraint(condition=Q(status__in=["active", "inactive"]), name="program_status_known"),
            models.CheckConstraint(
                condition=Q(kind__in=["meal", "processing", "purchasing", "other"]), name="program_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(school_year__isnull=True) | school_year_known(), name="program_school_year_known"
            ),
        )

    def __str__(self) -> str:
        year = school_year_text(self.school_year)
        return f"{self.program_code} {year}".strip()


class CustomerProfile(models.Model):
    """The contract's `customer_profiles`: what the AR and credit forecast looks at."""

    customer = models.OneToOneField(Customer, on_delete=models.CASCADE, related_name="profile")
    last_quote_event = models.DateTimeField(null=True, blank=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ("customer",)

    def __str__(self) -> str:
        return f"Profile of {self.customer.code}"
