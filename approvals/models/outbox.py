"""Events on their way out: who subscribes, and what became of each event there."""

from typing import Any

from django.db import models
from django.db.models import Case, F, Q, Value, When

from approvals.clock import now
from approvals.models.record import Event

MOST_PER_CALL = 100
DEAD_FIRST = Case(When(status="dead", then=Value(0)), default=Value(1))


class OutboxHead(models.Model):
    """One row: the last position given to an event. Locked while positions are given."""

    position = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.position} events in order"


class Subscription(models.Model):
    """A receiver of events. `cursor` is the position up to which its deliveries are written down."""

    class State(models.TextChoices):
        ACTIVE = "active", "Active"
        PAUSED = "paused", "Paused"
        DISABLED = "disabled", "Disabled"

    TRANSITIONS: dict[str, set[str]] = {
        State.ACTIVE: {State.PAUSED, State.DISABLED},
        State.PAUSED: {State.ACTIVE},
        State.DISABLED: {State.ACTIVE, State.PAUSED},
    }
    EVERY = "*"

    name = models.SlugField(max_length=60, unique=True)
    url = models.CharField(max_length=500, blank=True)
    event_names = models.JSONField(default=list, help_text="Names of events; * stands for all.")
    events_per_call = models.PositiveSmallIntegerField(
        default=1,
        help_text="1: each event is a call of its own (application/cloudevents+json). More: a call carries up to so "
        "many, as a JSON array (application/cloudevents-batch+json), taken or refused as a whole; what comes twice "
        "is known by the id inside each event.",
    )
    state = models.CharField(max_length=8, choices=State, default=State.ACTIVE)
    state_reason = models.CharField(max_length=500, blank=True)
    cursor = models.PositiveBigIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0, help_text="Rounds of calls that all failed, one after the other.")
    rests_until = models.DateTimeField(null=True, blank=True, help_text="Until then nothing is sent.")
    lease_holder = models.CharField(max_length=200, blank=True)
    lease_token = models.PositiveBigIntegerField(default=0)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=now)

    class Meta:
        ordering = ("name",)
        permissions = (("manage_subscription", "Can create, change, pause and replay subscriptions"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(state__in=["active", "paused", "disabled"]), name="subscription_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(state="disabled") | ~Q(state_reason=""), name="subscription_disabled_has_reason"
            ),
            models.CheckConstraint(condition=~Q(state="active") | ~Q(url=""), name="subscription_active_has_address"),
            models.CheckConstraint(
                condition=Q(events_per_call__range=(1, MOST_PER_CALL)), name="subscription_events_per_call_in_range"
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def wants_every_event(self) -> bool:
        return self.EVERY in self.event_names


class SubscriptionSecret(models.Model):
    """A signing secret, sealed. During a rotation two are valid, and every message carries both signatures."""

    subscription = models.ForeignKey(Subscription, on_delete=models.CASCADE, related_name="secrets")
    sealed = models.TextField(editable=False)
    created_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        default_permissions = ()

    def __str__(self) -> str:
        return f"secret {self.pk} of {self.subscription}"


class Delivery(models.Model):
    """One event on its way to one subscription."""

    class Status(models.TextChoices):
        PENDING = "pending", "Waiting"
        SENDING = "sending", "Being sent"
        RETRYING = "retrying", "To be tried again"
        DELIVERED = "delivered", "Delivered"
        DEAD = "dead", "Dead letter"
        SKIPPED = "skipped", "Skipped"

    TRANSITIONS: dict[str, set[str]] = {
        Status.PENDING: {Status.SENDING},
        Status.SENDING: {Status.PENDING, Status.RETRYING, Status.DELIVERED, Status.DEAD},
        Status.RETRYING: {Status.SENDING},
        Status.DELIVERED: {Status.PENDING},
        Status.DEAD: {Status.PENDING, Status.SKIPPED},
        Status.SKIPPED: {Status.PENDING},
    }
    OPEN = (Status.PENDING, Status.SENDING, Status.RETRYING)
    FINAL = (Status.DELIVERED, Status.DEAD, Status.SKIPPED)

    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="deliveries", db_index=False)
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="deliveries")
    position = models.PositiveBigIntegerField(help_text="The event's.")
    subject = models.CharField(max_length=120, help_text="The event's.")
    status = models.CharField(max_length=9, choices=Status, default=Status.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=now)
    lease_token = models.PositiveBigIntegerField(default=0, help_text="Of the lease it is, or was last, sent under.")
    last_attempt_at = models.DateTimeField(null=True, blank=True)
    last_status = models.PositiveSmallIntegerField(null=True, blank=True, help_text="HTTP status of the last answer.")
    last_answer = models.CharField(max_length=500, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        verbose_name_plural = "deliveries"
        permissions = (("resolve_delivery", "Can retry and skip dead letters"),)
        constraints = (
            models.UniqueConstraint(fields=["subscription", "event"], name="one_delivery_per_subscription_and_event"),
            models.CheckConstraint(
                condition=Q(status__in=["pending", "sending", "retrying", "delivered", "dead", "skipped"]),
                name="delivery_status_known",
            ),
            models.CheckConstraint(
                condition=~Q(status="delivered") | Q(delivered_at__isnull=False), name="delivered_has_its_moment"
            ),
        )
        indexes = (
            models.Index(
                fields=["subscription", "position"],
                condition=Q(status__in=["pending", "sending", "retrying"]),
                name="delivery_open_in_order",
            ),
            models.Index(
                fields=["subscription", "subject", "position"],
                condition=Q(status__in=["retrying", "sending"]),
                name="delivery_unsettled_of_subject",
            ),
            models.Index(fields=["status", "delivered_at"], name="delivery_by_end"),
            models.Index(DEAD_FIRST, F("id").desc(), name="delivery_dead_first"),
        )

    def __str__(self) -> str:
        return f"{self.event} to {self.subscription}"

    @property
    def has_failed_last(self) -> bool:
        """Also before it was given up and a person or a replay made it wait again."""
        if self.last_status is None:
            return self.last_answer != ""
        return not 200 <= self.last_status < 300

    @classmethod
    def moved(cls, rows: "models.QuerySet[Delivery]", *, to: str, **changes: Any) -> int:
        """Change the state of those among `rows` that may change to it; returns how many did."""
        origins = [frm for frm, goals in cls.TRANSITIONS.items() if to in goals]
        return rows.filter(status__in=origins).update(status=to, **changes)
