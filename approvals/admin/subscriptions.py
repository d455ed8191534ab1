"""Who gets our events, how far behind they are, and what a person may do about it."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.timezone import localtime, make_aware
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from approvals.admin.confirming import Input, Question, ask
from approvals.admin.links import list_of
from approvals.admin.paging import CappedList
from approvals.admin.record import RecordAdmin
from approvals.clock import now
from approvals.models import Delivery, Subscription
from approvals.models.outbox import MOST_PER_CALL
from approvals.outbox import subscriptions as operations
from approvals.outbox.standing import Standing, standings
from approvals.refusals import Refused
from approvals.templatetags.figures import age

WHOLE = re.compile("[0-9]{1,6}")
MOST_HOURS = 24 * 90
COLOURS = {"active": "success", "paused": "warning", "disabled": "danger"}
State = Subscription.State


class SubscriptionList(CappedList):
    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        for row in standings(self.result_list):
            listed: Any = row.subscription
            listed.standing = row


@admin.register(Subscription)
class SubscriptionAdmin(RecordAdmin):
    empty_hint = "Nobody gets our events yet. Press “New subscription”, or run seed_subscriptions."
    list_display = ("name", "state_label", "wanted", "waiting", "oldest", "dead_letters", "url")
    list_filter = (("state", ChoicesDropdownFilter),)
    list_filter_submit = True
    search_fields = ("name", "url")
    ordering = ("name",)
    fields = (
        *("name", "state_label", "state_reason", "url", "wanted", "waiting", "oldest", "dead_letters", "deliveries"),
        *("events_per_call", "secrets", "cursor", "failures", "rests_until", "lease_expires_at", "created_at"),
    )
    readonly_fields = ("state_label", "wanted", "waiting", "oldest", "dead_letters", "deliveries", "secrets")
    actions_list = ("new",)
    actions_detail = ("change_address", "rotate", "pause", "resume", "replay")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[CappedList]:
        return SubscriptionList

    @display(description="State", label=COLOURS)
    def state_label(self, subscription: Subscription) -> tuple[str, str]:
        return subscription.state, subscription.get_state_display()

    @admin.display(description="Events")
    def wanted(self, subscription: Subscription) -> str:
        return "all" if subscription.wants_every_event else ", ".join(subscription.event_names)

    @admin.display(description="Not delivered yet")
    def waiting(self, subscription: Subscription) -> str:
        return f"{_standing(subscription).waiting:,}"

    @admin.display(description="Oldest of them")
    def oldest(self, subscription: Subscription) -> str:
        since = _standing(subscription).oldest
        return age(since) if since else "–"

    @admin.display(description="Dead letters")
    def dead_letters(self, subscription: Subscription) -> str:
        dead = _standing(subscription).dead
        where = list_of(Delivery, subscription__id__exact=subscription.pk, status__exact="dead")
        return format_html('<a class="cs-link" href="{}">{}</a>', where, dead) if dead else "0"

    @admin.display(description="Deliveries")
    def deliveries(self, subscription: Subscription) -> str:
        where = list_of(Delivery, subscription__id__exact=subscription.pk)
        return format_html('<a class="cs-link" href="{}">What was sent, and what was answered</a>', where)

    @admin.display(description="Signing secrets")
    def secrets(self, subscription: Subscription) -> str:
        valid = [row for row in subscription.secrets.all() if row.expires_at is None or row.expires_at > now()]
        ends = [f"one until {localtime(row.expires_at):%Y-%m-%d %H:%M}" for row in valid if row.expires_at]
        return "; ".join([f"{len(valid)} valid", *ends])

    def _may(self, request: HttpRequest, object_id: Any = None, *states: str) -> bool:
        """Whether to offer the button. A POST that comes too late gets a sentence, not a 403."""
        if not (self.has_view_permission(request) and request.user.has_perm(operations.PERMISSION)):
            return False
        if object_id is None or request.method == "POST":
            return True
        row = Subscription.objects.filter(pk=str(object_id)).first()
        return row is None or not states or row.state in states

    def has_manage_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may(request, object_id)

    def has_pause_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may(request, object_id, State.ACTIVE, State.DISABLED)

    def has_resume_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may(request, object_id, State.PAUSED, State.DISABLED)

    @action(description="New subscription", url_path="new", permissions=["manage"], icon="add")
    def new(self, request: HttpRequest) -> HttpResponse:
        made: list[tuple[Subscription, str]] = []

        def carry_out(_reason: str) -> str:
            made.append(
                operations.create_subscription(
                    name=request.POST.get("name", "").strip(), by=request.user, **_typed(request)
                )
            )
            return f"{made[0][0].name} gets events from now on."

        question = Question(
            title="New subscription",
            consequences=[
                "Its events are sent to this address from now on, with everything they contain, amounts included.",
                "Messages are signed by the Standard Webhooks scheme; you see the secret once, on the next page.",
            ],
            button="Create",
            carry_out=carry_out,
            inputs=(
                Input("name", "text", request.POST.get("name", ""), "Name (a-z, 0-9, _ and -)"),
                *_fields(request, "", "*", 1),
            ),
            back=reverse("admin:approvals_subscription_changelist"),
        )
        answer = ask(request, self, None, question)
        return self._show_secret(request, *made[0]) if made else answer

    @action(description="Change address or events", url_path="address", permissions=["manage"], icon="edit")
    def change_address(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = get_object_or_404(Subscription, pk=object_id)

        def carry_out(_reason: str) -> str:
            operations.change_subscription(subscription_id=row.pk, by=request.user, **_typed(request))
            return "Changed. What was not delivered yet goes to the new address."

        question = Question(
            title=f"Where do the events of {row.name} go?",
            consequences=["Events that were not wanted until now come only by a replay."],
            button="Change",
            carry_out=carry_out,
            inputs=_fields(request, row.url, ", ".join(row.event_names), row.events_per_call),
        )
        return ask(request, self, row, question)

    @action(description="Rotate secret", url_path="rotate", permissions=["manage"], icon="key")
    def rotate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = get_object_or_404(Subscription, pk=object_id)
        made: list[str] = []

        def carry_out(_reason: str) -> str:
            hours = _hours(request.POST.get("hours", ""))
            made.append(
                operations.rotate_secret(subscription_id=row.pk, by=request.user, overlap=timedelta(hours=hours))
            )
            return f"{row.name} has a new secret."

        question = Question(
            title=f"A new secret for {row.name}?",
            consequences=["Until the old one ends, each message carries both signatures. 0 hours end it at once."],
            button="Rotate",
            carry_out=carry_out,
            inputs=(Input("hours", "number", request.POST.get("hours", "24"), "Hours the old one stays valid"),),
        )
        answer = ask(request, self, row, question)
        return self._show_secret(request, row, made[0]) if made else answer

    @action(description="Pause", url_path="pause", permissions=["pause"], icon="pause", variant=ActionVariant.DANGER)
    def pause(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = get_object_or_404(Subscription, pk=object_id)

        def carry_out(reason: str) -> str:
            operations.pause_subscription(subscription_id=row.pk, by=request.user, reason=reason)
            return f"{row.name} is paused."

        question = Question(
            title=f"Pause {row.name}?",
            consequences=["Nothing is sent until it is resumed. Events wait, none is lost."],
            button="Pause",
            carry_out=carry_out,
            asks_reason=True,
        )
        return ask(request, self, row, question)

    @action(
        description="Resume",
        url_path="resume",
        permissions=["resume"],
        icon="play_arrow",
        variant=ActionVariant.PRIMARY,
    )
    def resume(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = get_object_or_404(Subscription, pk=object_id)

        def carry_out(_reason: str) -> str:
            operations.resume_subscription(subscription_id=row.pk, by=request.user)
            return f"{row.name} is active again."

        waits = f"{_standing(row).waiting:,} events wait; they are sent in order, oldest first."
        question = Question(
            title=f"Resume {row.name}?",
            consequences=[row.state_reason, waits] if row.state_reason else [waits],
            button="Resume",
            carry_out=carry_out,
        )
        return ask(request, self, row, question)

    @action(description="Replay", url_path="replay", permissions=["manage"], icon="replay")
    def replay(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = get_object_or_404(Subscription, pk=object_id)
        usual = localtime(now() - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")

        def carry_out(reason: str) -> str:
            since = _moment(request.POST.get("since", ""))
            operations.replay(subscription_id=row.pk, since=since, by=request.user, reason=reason)
            return "The events since then are sent once more."

        question = Question(
            title=f"Send events to {row.name} once more?",
            consequences=[
                "Everything that occurred from that moment on is sent again in order, under the same ids: a receiver "
                "that keeps the ids takes each once.",
                "Dead letters and skipped events of that time are sent too.",
            ],
            button="Replay",
            carry_out=carry_out,
            inputs=(Input("since", "datetime-local", request.POST.get("since", usual), "From (local time)"),),
            asks_reason=True,
        )
        return ask(request, self, row, question)

    def _show_secret(self, request: HttpRequest, subscription: Subscription, text: str) -> HttpResponse:
        """The one page that shows it, never cached."""
        context = {
            **self.admin_site.each_context(request),
            "title": f"The signing secret of {subscription.name}",
            "subscription": subscription,
            "secret_text": text,
            "opts": self.opts,
        }
        response = TemplateResponse(request, "approvals/secret_issued.html", context)
        response["Cache-Control"] = "no-store"
        return response

    def get_queryset(self, request: HttpRequest) -> QuerySet[Subscription]:
        return super().get_queryset(request).defer("lease_holder")


def _standing(subscription: Any) -> Standing:
    """Read once for a page."""
    if not hasattr(subscription, "standing"):
        [subscription.standing] = standings([subscription])
    found: Standing = subscription.standing
    return found


def _fields(request: HttpRequest, url: str, event_names: str, events_per_call: int) -> Sequence[Input]:
    most = request.POST.get("events_per_call", str(events_per_call))
    hint = str(Subscription._meta.get_field("events_per_call").help_text)
    return (
        Input("url", "url", request.POST.get("url", url), "Address, like https://example.com/events"),
        Input("event_names", "text", request.POST.get("event_names", event_names), "Events, by commas; * is all"),
        Input("events_per_call", "number", most, f"Most events in one call, 1 to {MOST_PER_CALL}", hint),
    )


def _typed(request: HttpRequest) -> dict[str, Any]:
    typed: dict[str, Any] = {
        "url": request.POST.get("url", "").strip(),
        "event_names": request.POST.get("event_names", "").split(","),
    }
    if (most := request.POST.get("events_per_call")) is not None:
        typed["events_per_call"] = _whole(most) or 0  # refused with what else is wrong
    return typed


def _hours(text: str) -> int:
    hours = _whole(text)
    if hours is None or hours > MOST_HOURS:
        raise Refused(f"Give the hours as a whole number from 0 to {MOST_HOURS}.")
    return hours


def _whole(text: str) -> int | None:
    return int(text) if WHOLE.fullmatch(text.strip()) else None


def _moment(text: str) -> datetime:
    try:
        return make_aware(datetime.fromisoformat(text))
    except ValueError:
        raise Refused("Give the moment as a date and a time.") from None
