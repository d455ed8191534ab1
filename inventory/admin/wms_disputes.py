"""Where a person and a WMS disagree: open ones first, and the button that ends one in favour of the WMS."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.decorators import action, display

from approvals.admin.confirming import Question, ask
from approvals.admin.links import link_to
from approvals.templatetags.figures import quantity
from inventory.admin.stating import may_state
from inventory.admin.stock import ItemSearch
from inventory.admin.wms_feed import Standing
from inventory.checking.disputing import accept_word
from inventory.models import WmsDispute, WmsUpdate
from inventory.wms.disputes import comes_to, newest_word

COLOURS = {
    "": "danger", "agreed": "success", "overtaken": "warning", "accepted": "info", "restated": "", "rejected": "",
}  # fmt: skip


@admin.register(WmsDispute)
class WmsDisputeAdmin(ItemSearch):
    empty_hint = (
        "Nobody disputes a WMS. Where its figure is wrong, open the balance and press “State what is really there”."
    )
    list_display = ("item", "location", "found", "theirs", "standing", "stated_by", "opened_at", "closed_at")
    list_filter = (Standing, ("client", RelatedDropdownFilter), ("location", RelatedDropdownFilter))
    list_filter_submit = True
    list_select_related = ("item", "location", "stated_by")
    fields = (
        *("item_link", "location", "found", "theirs", "disputed_update", "now_says", "standing", "reason"),
        *("stated_by", "opened_at", "sync_link", "closed_at", "closed_by", "closing_update"),
    )
    readonly_fields = (
        *("item_link", "found", "theirs", "disputed_update", "now_says", "standing", "sync_link", "closing_update"),
    )
    actions_detail = ("accept",)

    @display(description="Found by a person")
    def found(self, dispute: WmsDispute) -> str:
        return f"{quantity(dispute.quantity)} {dispute.item.unit}"

    @display(description="By the WMS")
    def theirs(self, dispute: WmsDispute) -> str:
        return f"{quantity(dispute.wms_on_hand)} {dispute.item.unit}"

    @display(description="Standing", label=COLOURS)
    def standing(self, dispute: WmsDispute) -> tuple[str, str]:
        return dispute.outcome, dispute.get_outcome_display()

    @admin.display(description="Item")
    def item_link(self, dispute: WmsDispute) -> str:
        return link_to(dispute.item)

    @admin.display(description="Disputed update")
    def disputed_update(self, dispute: WmsDispute) -> str:
        return _update(dispute, dispute.wms_sequence)

    @admin.display(description="Update that ended it")
    def closing_update(self, dispute: WmsDispute) -> str:
        return "–" if dispute.closing_sequence is None else _update(dispute, dispute.closing_sequence)

    @admin.display(description="The WMS says now")
    def now_says(self, dispute: WmsDispute) -> str:
        word = newest_word(dispute.item, dispute.location)
        return f"{quantity(comes_to(word))} {dispute.item.unit} (sequence {word.sequence})" if word else "–"

    @admin.display(description="What it posted")
    def sync_link(self, dispute: WmsDispute) -> str:
        return link_to(dispute.sync)

    def has_accept_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """A POST that comes too late gets a sentence, not a 403."""
        if not (self.has_view_permission(request) and may_state(request)):
            return False
        if object_id is None or request.method == "POST":
            return True
        return WmsDispute.objects.filter(pk=str(object_id), closed_at=None).exists()

    @action(description="Accept the WMS's word", url_path="accept", permissions=["accept"], icon="task_alt")
    def accept(self, request: HttpRequest, object_id: str) -> HttpResponse:
        dispute = get_object_or_404(WmsDispute.objects.select_related("item", "location"), pk=object_id)

        def carry_out(_reason: str) -> str:
            line = accept_word(dispute_id=dispute.pk, by=request.user)
            waits = line is not None and line.proposed_action is not None
            return f"The WMS's word stands.{' The difference is large: it waits for an approver.' if waits else ''}"

        question = Question(
            title=f"Accept the WMS's word on {dispute}?",
            consequences=[
                f"{dispute.stated_by} found {self.found(dispute)}; the WMS says {self.now_says(dispute)}.",
                "The dispute ends and the balance becomes what the WMS says, goods moved since included.",
            ],
            button="Accept it",
            carry_out=carry_out,
        )
        return ask(request, self, dispute, question)


def _update(dispute: WmsDispute, sequence: int) -> str:
    row = WmsUpdate.objects.filter(client=dispute.client_id, sequence=sequence).exclude(reason="key_reused").first()
    return link_to(row, f"sequence {sequence}")
