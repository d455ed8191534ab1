"""The feed of a warehouse system (WMS): who sends, what was said word for word, and what became of it.

Only `inventory.wms` writes these rows. Sequences are the sender's own numbers: they order its updates, not its clock.
"""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from approvals import correlation
from approvals.clock import now
from approvals.outbox.addresses import check_address
from approvals.refusals import Refused
from inventory.models.items import Item
from inventory.models.places import Location
from inventory.models.stock import QUANTITY

MOST_UPDATES = 1_000  # a request
MOST_BYTES = 5 * 1024 * 1024  # what the web process reads of any request


class WmsClient(models.Model):
    """A warehouse system that speaks for one location."""

    wms_id = models.SlugField("WMS id", max_length=40, unique=True, help_text="What it sends as X-WMS-Client.")
    name = models.CharField(max_length=100)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="wms_clients")
    is_enabled = models.BooleanField(default=True, help_text="A disabled client is refused, whatever it signs.")
    updates_per_minute = models.PositiveIntegerField(
        default=60_000,
        validators=[MinValueValidator(MOST_UPDATES)],
        help_text="Above this rate its requests are told to come again later.",
    )
    body_limit = models.PositiveIntegerField(
        default=1024 * 1024,
        validators=[MinValueValidator(1024), MaxValueValidator(MOST_BYTES)],
        help_text="Bytes of one request.",
    )
    furthest_jump = models.BigIntegerField(
        default=1_000_000,
        validators=[MinValueValidator(1), MaxValueValidator(2**62)],
        help_text="A sequence more than this above the highest is taken for a mistake and quarantined. If it is none, "
        "raise this and retake the update.",
    )
    backfill_url = models.CharField(
        "backfill address",
        max_length=500,
        blank=True,
        help_text="Where it is asked for missing updates, by a signed GET with ?from= and &to=. Empty: never.",
    )
    created_at = models.DateTimeField(default=now, editable=False)
    history = HistoricalRecords()

    class Meta:
        ordering = ("wms_id",)
        verbose_name = "WMS client"
        permissions = (("manage_wmskey", "Can issue and retire keys of WMS clients"),)
        constraints = (
            models.UniqueConstraint(
                fields=["location"],
                condition=Q(is_enabled=True),
                name="one_enabled_wms_per_location",
                violation_error_message="Another enabled WMS client speaks for this location. Disable that one first.",
            ),
            models.CheckConstraint(
                condition=Q(updates_per_minute__gte=MOST_UPDATES, body_limit__gte=1024, body_limit__lte=MOST_BYTES),
                name="wms_limits_let_a_request_through",
                violation_error_message=f"Let at least {MOST_UPDATES} updates a minute and 1,024 bytes through, and at "
                "most 5 MB.",
            ),
            models.CheckConstraint(
                condition=Q(furthest_jump__gte=1, furthest_jump__lte=2**62),
                name="wms_sequences_may_go_on",
                violation_error_message="Let the next sequence through: the furthest jump is at least 1.",
            ),
        )

    def __str__(self) -> str:
        return self.wms_id

    def clean(self) -> None:
        if self.backfill_url:
            try:
                check_address(self.backfill_url)
            except Refused as refusal:
                raise ValidationError({"backfill_url": refusal.problems}) from refusal


class WmsIntake(models.Model):
    """How far a client's feed has come, and what it may still send. Its requests wait for one another at this row."""

    client = models.OneToOneField(WmsClient, on_delete=models.CASCADE, related_name="intake")
    highest_sequence = models.BigIntegerField(null=True, blank=True)
    allowance = models.FloatField(help_text="Updates it may send at `refilled_at`; it fills up with time.")
    refilled_at = models.DateTimeField(default=now)
    taken_at = models.DateTimeField(null=True, blank=True, help_text="When the last message was taken.")

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"Intake of {self.client}"


class WmsKey(models.Model):
    """A signing secret, sealed. Several are valid at once, so that a client can change to a new one without a gap."""

    client = models.ForeignKey(WmsClient, on_delete=models.CASCADE, related_name="keys")
    label = models.CharField(max_length=80, help_text="Where it is used, so that it can be retired with confidence.")
    sealed = models.TextField(editable=False)
    created_at = models.DateTimeField(default=now, editable=False)
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ("-id",)
        verbose_name = "WMS key"
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.label} of {self.client}"


class WmsMessage(models.Model):
    """One request, or one file: taken once, and answered the same however often it comes."""

    class Source(models.TextChoices):
        API = "api", "Signed request"
        FILE = "file", "File"
        ASKED = "ask", "Asked for (backfill)"

    OUTCOMES = ("applied", "unchanged", "superseded", "quarantined", "compared", "duplicate")

    client = models.ForeignKey(WmsClient, on_delete=models.PROTECT, related_name="messages", db_index=False)
    webhook_id = models.CharField("message id", max_length=255)
    source = models.CharField(max_length=4, choices=Source)
    body_hash = models.CharField(max_length=64, help_text="SHA-256 of the body.")
    schema_version = models.CharField(max_length=20)
    received_at = models.DateTimeField(default=now)
    correlation_id = models.CharField(
        max_length=correlation.LONGEST,
        blank=True,
        default=correlation.current,
        db_default="",
        help_text="Of the request.",
    )
    answer = models.TextField(help_text="The body of our answer, JSON, as it was given.")
    updates_sent = models.PositiveIntegerField()
    applied = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    superseded = models.PositiveIntegerField(default=0)
    quarantined = models.PositiveIntegerField(default=0)
    compared = models.PositiveIntegerField(default=0)
    duplicate = models.PositiveIntegerField(default=0, help_text="Known already; not stored again.")

    class Meta:
        ordering = ("-id",)
        verbose_name = "WMS message"
        default_permissions = ("view",)
        constraints = (
            models.UniqueConstraint(fields=["client", "webhook_id"], name="wms_message_taken_once"),
            models.CheckConstraint(
                condition=Q(
                    updates_sent=F("applied")
                    + F("unchanged")
                    + F("superseded")
                    + F("quarantined")
                    + F("compared")
                    + F("duplicate")
                ),
                name="wms_message_adds_up",
            ),
        )
        indexes = (
            models.Index(fields=["received_at"]),
            models.Index(fields=["client", "id"], name="wms_messages_in_order"),
            models.Index(fields=["correlation_id"], name="wms_message_by_correlation"),
        )

    def __str__(self) -> str:
        return f"{self.webhook_id} of {self.client}"

    def tally(self) -> dict[str, int]:
        """{outcome: updates}, of those there are."""
        return {outcome: number for outcome in self.OUTCOMES if (number := getattr(self, outcome))}


class WmsUpdate(models.Model):
    """One line of a message: what was said, what it means here, and what became of it."""

    class State(models.TextChoices):
        APPLIED = "applied", "Applied"
        UNCHANGED = "unchanged", "Unchanged"
        SUPERSEDED = "superseded", "Superseded"
        QUARANTINED = "quarantined", "Quarantined"
        COMPARED = "compared", "Compared only"

    TRANSITIONS: dict[str, set[str]] = {
        State.APPLIED: set(),
        # What did nothing when it came is applied once the WMS has the say, as long as it is the newest word.
        State.UNCHANGED: {State.APPLIED},
        State.SUPERSEDED: set(),
        State.COMPARED: {State.APPLIED, State.UNCHANGED},
        State.QUARANTINED: {State.APPLIED, State.UNCHANGED, State.SUPERSEDED, State.COMPARED},
    }

    class Reason(models.TextChoices):
        NONE = "", "-"
        UNKNOWN_SCHEMA = "unknown_schema", "Unknown schema version"
        UNREADABLE = "unreadable", "Cannot be read"
        WRONG_CLIENT = "wrong_client", "Speaks for another WMS"
        KEY_REUSED = "key_reused", "Sequence used twice"
        UNKNOWN_SKU = "unknown_sku", "Unknown item"
        NOT_SELLABLE = "not_sellable", "Not sellable stock"
        NEGATIVE = "negative", "Negative quantity"
        NOT_WHOLE = "not_whole", "Not a whole quantity"
        TOO_LARGE = "too_large", "Too large"
        BELOW_ZERO = "below_zero", "More has left since than it says"
        TOO_FAR_AHEAD = "too_far_ahead", "Sequence too far ahead"

    # The message's own client; its foreign key is checked there.
    client = models.ForeignKey(
        WmsClient, on_delete=models.PROTECT, related_name="updates", db_index=False, db_constraint=False
    )
    message = models.ForeignKey(WmsMessage, on_delete=models.PROTECT, related_name="updates")
    position = models.PositiveSmallIntegerField(help_text="Where it stood in the message, from 0.")
    sequence = models.BigIntegerField(null=True, blank=True)
    sku = models.CharField("SKU", max_length=100, help_text="As it was said.")
    payload = models.TextField(help_text="The update as it came, JSON.")
    payload_hash = models.CharField(max_length=64)
    schema_version = models.CharField(max_length=20)
    received_at = models.DateTimeField()
    item = models.ForeignKey(
        Item, null=True, blank=True, on_delete=models.PROTECT, related_name="wms_updates", db_index=False
    )
    quantity = models.DecimalField(**QUANTITY, null=True, blank=True)
    status = models.CharField(max_length=40, blank=True)
    as_of = models.DateTimeField(null=True, blank=True, help_text="When it was true, by the sender's clock.")
    state = models.CharField(max_length=11, choices=State)
    reason = models.CharField(max_length=14, choices=Reason, default=Reason.NONE, blank=True)
    why = models.CharField(max_length=300, blank=True)
    delta = models.DecimalField(
        **QUANTITY, null=True, blank=True, help_text="What it changed on hand by, or would have if it only compares."
    )
    on_hand = models.DecimalField(**QUANTITY, null=True, blank=True, help_text="By its word, when it came.")
    retaken_at = models.DateTimeField(
        null=True, blank=True, help_text="When it was judged again last, after it had been quarantined."
    )

    class Meta:
        ordering = ("-id",)
        verbose_name = "WMS update"
        default_permissions = ("view",)
        permissions = (("retake_wmsupdate", "Can have quarantined updates of a WMS taken again"),)
        constraints = (
            models.UniqueConstraint(
                fields=["client", "sequence"], condition=~Q(reason="key_reused"), name="wms_sequence_used_once"
            ),
            models.CheckConstraint(
                condition=Q(state="quarantined") & ~Q(reason="") | ~Q(state="quarantined") & Q(reason=""),
                name="wms_quarantined_for_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(state="quarantined")
                | Q(sequence__isnull=False, item__isnull=False, quantity__gte=0, as_of__isnull=False),
                name="wms_update_understood",
            ),
            models.CheckConstraint(
                condition=~Q(state="applied") | (Q(delta__isnull=False, on_hand__gte=0) & ~Q(delta=0)),
                name="wms_applied_moves_to_zero_or_more",
            ),
            models.CheckConstraint(
                condition=~Q(state="unchanged") | Q(delta=0, on_hand__gte=0), name="wms_unchanged_moves_nothing"
            ),
        )
        indexes = (
            models.Index(fields=["item", "sequence"]),
            models.Index(fields=["client", "-id"], condition=Q(state="quarantined"), name="wms_quarantined"),
        )

    def __str__(self) -> str:
        return f"{self.client_id}/{self.sequence}: {self.sku}"


class WmsStanding(models.Model):
    """The newest word of a client on an item, applied or only compared."""

    client = models.ForeignKey(WmsClient, on_delete=models.PROTECT, related_name="standings", db_index=False)
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="wms_standings")
    sequence = models.BigIntegerField()
    quantity = models.DecimalField(**QUANTITY)
    as_of = models.DateTimeField()
    taken_at = models.DateTimeField()

    class Meta:
        default_permissions = ("view",)
        verbose_name = "WMS standing"
        constraints = (
            models.UniqueConstraint(fields=["client", "item"], name="one_standing_per_client_and_item"),
            models.CheckConstraint(condition=Q(quantity__gte=0), name="wms_standing_not_negative"),
        )

    def __str__(self) -> str:
        return f"{self.item} by {self.client}: {self.sequence}"


class WmsGap(models.Model):
    """Sequences that were jumped over. What arrives late fills it; the rest is to be sent again."""

    client = models.ForeignKey(WmsClient, on_delete=models.PROTECT, related_name="gaps", db_index=False)
    first_missing = models.BigIntegerField()
    last_missing = models.BigIntegerField()
    still_missing = models.BigIntegerField()
    seen_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    alerted_at = models.DateTimeField(null=True, blank=True)
    ask_at = models.DateTimeField(null=True, blank=True, help_text="When the WMS is asked for it next.")
    asks = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="How often it was asked since a person or the program began to."
    )
    last_answer = models.CharField(max_length=500, blank=True, db_default="")
    given_up_at = models.DateTimeField(null=True, blank=True)
    given_up_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    given_up_reason = models.CharField(max_length=300, blank=True, db_default="")

    class Meta:
        ordering = ("-id",)
        verbose_name = "WMS gap"
        default_permissions = ("view",)
        permissions = (("close_wmsgap", "Can have missing updates asked for and give up on gaps"),)
        constraints = (
            models.UniqueConstraint(fields=["client", "first_missing"], name="wms_gap_begins_once"),
            models.CheckConstraint(
                condition=Q(
                    last_missing__gte=F("first_missing"),
                    still_missing__gte=0,
                    still_missing__lte=F("last_missing") - F("first_missing") + 1,
                ),
                name="wms_gap_is_a_range",
            ),
            models.CheckConstraint(
                condition=Q(still_missing=0, closed_at__isnull=False)
                | Q(still_missing__gt=0, closed_at__isnull=True)
                | Q(still_missing__gt=0, closed_at__isnull=False, given_up_at__isnull=False),
                name="wms_gap_closed_when_filled",
            ),
            models.CheckConstraint(
                condition=Q(given_up_at__isnull=True, given_up_by__isnull=True, given_up_reason="")
                | (
                    Q(given_up_at__isnull=False, given_up_by__isnull=False, ask_at__isnull=True)
                    & ~Q(given_up_reason="")
                ),
                name="wms_gap_given_up_by_somebody",
            ),
        )
        indexes = (
            models.Index(fields=["client", "last_missing"], condition=Q(closed_at__isnull=True), name="wms_gaps_open"),
            models.Index(fields=["ask_at"], condition=Q(ask_at__isnull=False), name="wms_gaps_to_ask_for"),
        )

    def __str__(self) -> str:
        return f"{self.client}: {self.first_missing} to {self.last_missing}"


class OversellIncident(models.Model):
    """More is promised to orders than the warehouse has. Nothing is clamped: a person has to decide who waits."""

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="oversell_incidents", db_index=False)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="oversell_incidents")
    shortfall = models.DecimalField(**QUANTITY, help_text="Promised less on hand, as last seen.")
    worst = models.DecimalField(**QUANTITY, help_text="The largest it has been.")
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        default_permissions = ("view",)
        constraints = (
            models.UniqueConstraint(
                fields=["item", "location"], condition=Q(closed_at__isnull=True), name="one_open_oversell_per_balance"
            ),
            models.CheckConstraint(
                condition=Q(shortfall__gt=0, closed_at__isnull=True) | Q(shortfall=0, closed_at__isnull=False),
                name="open_oversell_is_short",
            ),
        )

    def __str__(self) -> str:
        return f"{self.item} at {self.location.code}"
