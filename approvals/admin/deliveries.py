"""What was sent to whom, and what they answered. Dead letters come first."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateTimeFilter, RelatedDropdownFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from approvals.admin.confirming import Question, ask
from approvals.admin.links import link_to
from approvals.admin.record import RecordAdmin
from approvals.models import Delivery
from approvals.models.outbox import DEAD_FIRST
from approvals.outbox import dead_letters

COLOURS = {
    "pending": "info", "sending": "info", "retrying": "warning", "delivered": "success", "dead": "danger",
    "skipped": "",
}  # fmt: skip


@admin.register(Delivery)
class DeliveryAdmin(RecordAdmin):
    empty_hint = "Events appear here when somebody subscribes to them: see “Subscriptions”."
    list_display = ("event_name", "about", "to", "state", "attempts", "last_status", "next_attempt_at", "delivered_at")
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("subscription", RelatedDropdownFilter),
        ("delivered_at", RangeDateTimeFilter),
    )
    list_filter_submit = True
    list_select_related = ("event", "subscription")
    search_fields = ("=subject", "=event__uid", "=event__correlation_id")
    search_help_text = "Exact subject, the id of an event, or a correlation id"
    ordering = (DEAD_FIRST, "-id")
    fields = (
        *("event_link", "event_id_to_them", "to", "state", "attempts", "last_attempt_at", "last_status"),
        *("last_answer", "next_attempt_at", "delivered_at", "position", "correlation_id"),
    )
    readonly_fields = ("event_link", "event_id_to_them", "to", "state", "correlation_id")
    actions_detail = ("retry", "skip")

    @admin.display(description="Event")
    def event_name(self, delivery: Delivery) -> str:
        return delivery.event.name

    @admin.display(description="Subject")
    def about(self, delivery: Delivery) -> str:
        return delivery.subject

    @admin.display(description="To")
    def to(self, delivery: Delivery) -> str:
        return link_to(delivery.subscription)

    @admin.display(description="Event")
    def event_link(self, delivery: Delivery) -> str:
        return link_to(delivery.event)

    @admin.display(description="Its id to them")
    def event_id_to_them(self, delivery: Delivery) -> str:
        return str(delivery.event.uid)

    @admin.display(description="Correlation id")
    def correlation_id(self, delivery: Delivery) -> str:
        return delivery.event.correlation_id or "–"

    @display(description="State", label=COLOURS)
    def state(self, delivery: Delivery) -> tuple[str, str]:
        return delivery.status, delivery.get_status_display()

    def has_resolve_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether to offer the buttons. A POST that comes too late gets a sentence, not a 403."""
        if not (self.has_view_permission(request) and request.user.has_perm(dead_letters.PERMISSION)):
            return False
        delivery = Delivery.objects.filter(pk=str(object_id)).first()
        return delivery is None or request.method == "POST" or delivery.status == Delivery.Status.DEAD

    @action(
        description="Retry", url_path="retry", permissions=["resolve"], icon="refresh", variant=ActionVariant.PRIMARY
    )
    def retry(self, request: HttpRequest, object_id: str) -> HttpResponse:
        delivery = get_object_or_404(Delivery, pk=object_id)

        def carry_out(reason: str) -> str:
            dead_letters.retry_dead_letter(delivery_id=delivery.pk, by=request.user, reason=reason)
            return "It is sent once more, with a fresh schedule."

        question = Question(
            title="Send this event once more?",
            consequences=[
                f"{delivery.event} goes to {delivery.subscription} again, under the same id.",
                "Later events of its subject may have arrived already.",
            ],
            button="Retry",
            carry_out=carry_out,
            asks_reason=True,
        )
        return ask(request, self, delivery, question)

    @action(description="Skip", url_path="skip", permissions=["resolve"], icon="block", variant=ActionVariant.DANGER)
    def skip(self, request: HttpRequest, object_id: str) -> HttpResponse:
        delivery = get_object_or_404(Delivery, pk=object_id)

        def carry_out(reason: str) -> str:
            dead_letters.skip_dead_letter(delivery_id=delivery.pk, by=request.user, reason=reason)
            return "Skipped."

        question = Question(
            title="Do without this event?",
            consequences=[f"{delivery.subscription} never gets {delivery.event}, unless it is replayed."],
            button="Skip",
            carry_out=carry_out,
            asks_reason=True,
            is_dangerous=True,
        )
        return ask(request, self, delivery, question)
