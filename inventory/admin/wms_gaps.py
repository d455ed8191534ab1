"""What a WMS never sent, and what a person may do about it: have it asked for, or give up on it."""

from itertools import islice
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from approvals.admin.confirming import Question, ask, ask_of_selected
from approvals.admin.record import RecordAdmin
from inventory.admin.wms_feed import Standing
from inventory.models import WmsGap
from inventory.wms.backfill_ranges import in_words, missing_ranges
from inventory.wms.backfill_requests import PERMISSION, request_backfill
from inventory.wms.giving_up import give_up_gaps

RANGES_SHOWN = 20
COLOURS = {"open": "danger", "filled": "success", "given_up": "warning"}


@admin.register(WmsGap)
class WmsGapAdmin(RecordAdmin):
    empty_hint = "No sequence was ever jumped over."
    list_display = (
        *("client", "first_missing", "last_missing", "still_missing", "standing", "seen_at", "closed_at"),
        "last_answer",
    )
    list_filter = (Standing, ("client", RelatedDropdownFilter))
    list_filter_submit = True
    list_select_related = ("client",)
    fields = (
        *("client", "first_missing", "last_missing", "still_missing", "missing", "standing"),
        *("seen_at", "alerted_at", "closed_at", "asks", "ask_at", "last_answer"),
        *("given_up_at", "given_up_by", "given_up_reason"),
    )
    readonly_fields = ("standing", "missing")
    actions = ("ask_for", "give_up")
    actions_detail = ("ask_for_one", "give_up_one")

    @display(description="Standing", label=COLOURS)
    def standing(self, gap: WmsGap) -> tuple[str, str]:
        if gap.closed_at is None:
            return "open", "Open"
        return ("given_up", "Given up") if gap.given_up_at else ("filled", "Filled")

    @admin.display(description="Missing sequences")
    def missing(self, gap: WmsGap) -> str:
        return in_words(list(islice(missing_ranges(gap), 1_000)), RANGES_SHOWN) or "none"

    def has_close_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """A POST that comes too late gets a sentence, not a 403."""
        if not (self.has_view_permission(request) and request.user.has_perm(PERMISSION)):
            return False
        if object_id is None or request.method == "POST":
            return True
        return WmsGap.objects.filter(pk=str(object_id), closed_at=None).exists()

    @admin.action(description="Ask for what is missing…", permissions=["close"])
    def ask_for(self, request: HttpRequest, gaps: QuerySet[WmsGap]) -> HttpResponse:
        return ask_of_selected(request, self, _asking(gaps, request.user))

    @action(description="Ask for what is missing", url_path="ask-for", permissions=["close"], icon="call_received")
    def ask_for_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        gap = get_object_or_404(WmsGap, pk=object_id)
        return ask(request, self, gap, _asking(WmsGap.objects.filter(pk=gap.pk), request.user))

    @admin.action(description="Give up on these gaps…", permissions=["close"])
    def give_up(self, request: HttpRequest, gaps: QuerySet[WmsGap]) -> HttpResponse:
        return ask_of_selected(request, self, _giving_up(gaps, request.user))

    @action(
        description="Give up on this gap",
        url_path="give-up",
        permissions=["close"],
        icon="block",
        variant=ActionVariant.DANGER,
    )
    def give_up_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        gap = get_object_or_404(WmsGap, pk=object_id)
        return ask(request, self, gap, _giving_up(WmsGap.objects.filter(pk=gap.pk), request.user))


def _asking(gaps: QuerySet[WmsGap], by: Any) -> Question:
    def carry_out(_reason: str) -> str:
        number = request_backfill(gaps=gaps, by=by)
        return f"{_gaps(number)} will be asked for within seconds. The gap's page shows what was answered."

    return Question(
        title=f"Ask the WMS for {_missing(gaps)}?",
        consequences=[
            "The worker calls the client's backfill address with a signed request for each missing range.",
            "What it answers is taken as any message is: in the order of the sequences, each update once.",
        ],
        button="Ask for it",
        carry_out=carry_out,
    )


def _giving_up(gaps: QuerySet[WmsGap], by: Any) -> Question:
    def carry_out(reason: str) -> str:
        return f"{_gaps(give_up_gaps(gaps=gaps, reason=reason, by=by))} given up."

    return Question(
        title=f"Give up on {_missing(gaps)}?",
        consequences=[
            "For numbers the WMS never used or has lost. Nobody is told of them any more, and no stock changes.",
            "Should one of them come after all, it is taken as any update is.",
        ],
        button="Give up",
        carry_out=carry_out,
        asks_reason=True,
        is_dangerous=True,
    )


def _missing(gaps: QuerySet[WmsGap]) -> str:
    open_ones = list(gaps.filter(closed_at=None).order_by().values_list("still_missing", flat=True))
    number = sum(open_ones)
    return f"{number:,} update{'s' * (number != 1)} of {_gaps(len(open_ones))}"


def _gaps(number: int) -> str:
    return f"{number:,} gap{'s' * (number != 1)}"
