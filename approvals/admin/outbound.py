"""E-mail that left, or is about to."""

from django.contrib import admin
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from approvals.admin.links import link_to
from approvals.admin.record import RecordAdmin
from approvals.models import OutboundEmail

COLOURS = {"queued": "info", "sending": "info", "sent": "success", "unclear": "danger"}


@admin.register(OutboundEmail)
class OutboundEmailAdmin(RecordAdmin):
    list_display = ("subject", "recipient", "state", "queued_at", "sent_at")
    list_filter = (("status", ChoicesDropdownFilter),)
    list_filter_submit = True
    search_fields = ("subject", "recipient")
    fields = (
        *("subject", "recipient", "state", "problem", "body", "approved_as"),
        *("template", "queued_at", "sending_since", "sent_at"),
    )
    readonly_fields = ("state", "approved_as")
    list_select_related = ("action",)

    @display(description="State", label=COLOURS)
    def state(self, email: OutboundEmail) -> tuple[str, str]:
        return email.status, email.get_status_display()

    @admin.display(description="Approved as")
    def approved_as(self, email: OutboundEmail) -> str:
        return link_to(email.action)
