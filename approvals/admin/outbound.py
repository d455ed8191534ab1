"""E-mail that left, or is about to."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from approvals.admin.confirming import Question, ask
from approvals.admin.links import link_to
from approvals.admin.record import RecordAdmin
from approvals.mail.resolving import PERMISSION, RULES, Resolution, resolve_email
from approvals.models import OutboundEmail

COLOURS = {
    "queued": "info", "sending": "info", "sent": "success", "held": "warning", "unclear": "danger", "cancelled": "",
}  # fmt: skip
QUESTIONS = {
    Resolution.RELEASE: ("Send it now?", "The conditions are checked once more, then it leaves as it was approved."),
    Resolution.CANCEL: ("Cancel this e-mail?", "It will never be sent. To send something else, stage a new draft."),
    Resolution.ARRIVED: ("Did it arrive?", "You asked the recipient or looked into the mailbox, and it is there."),
    Resolution.SEND_AGAIN: ("Send it again?", "You made sure that it never arrived. Otherwise a second copy goes out."),
}


@admin.register(OutboundEmail)
class OutboundEmailAdmin(RecordAdmin):
    empty_hint = "Approved e-mail appears here on its way out. Drafts wait under “To decide”."
    list_display = ("subject", "recipient", "state", "queued_at", "sent_at")
    list_filter = (("status", ChoicesDropdownFilter),)
    list_filter_submit = True
    search_fields = ("subject", "recipient")
    fields = (
        *("subject", "recipient", "copies", "reply_to", "state", "problem", "body", "attached", "approved_as"),
        *("template", "attempts", "queued_at", "next_attempt_at", "sending_since", "sent_at"),
    )
    readonly_fields = ("state", "approved_as", "copies", "attached")
    list_select_related = ("action",)
    actions_detail = ("release", "arrived", "send_again", "cancel")

    @display(description="State", label=COLOURS)
    def state(self, email: OutboundEmail) -> tuple[str, str]:
        return email.status, email.get_status_display()

    @admin.display(description="Copy to")
    def copies(self, email: OutboundEmail) -> str:
        return ", ".join(email.cc) or "–"

    @admin.display(description="Attached")
    def attached(self, email: OutboundEmail) -> str:
        return ", ".join(f"{file['name']} ({file['sha256'][:12]})" for file in email.attachments) or "–"

    @admin.display(description="Approved as")
    def approved_as(self, email: OutboundEmail) -> str:
        return link_to(email.action)

    def _may(self, request: HttpRequest, object_id: Any, resolution: Resolution) -> bool:
        """Whether to offer the button. A POST that comes too late gets a sentence, not a 403."""
        if not (self.has_view_permission(request) and request.user.has_perm(PERMISSION)):
            return False
        email = OutboundEmail.objects.filter(pk=str(object_id)).first()
        return email is None or request.method == "POST" or email.status == RULES[resolution].frm

    def has_release_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may(request, object_id, Resolution.RELEASE)

    def has_cancel_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may(request, object_id, Resolution.CANCEL)

    def has_arrived_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may(request, object_id, Resolution.ARRIVED)

    def has_send_again_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may(request, object_id, Resolution.SEND_AGAIN)

    def _ask(self, request: HttpRequest, object_id: str, resolution: Resolution) -> HttpResponse:
        email = get_object_or_404(OutboundEmail, pk=object_id)
        title, consequence = QUESTIONS[resolution]
        question = Question(
            title=title,
            consequences=[f"“{email.subject}” to {email.recipient}. {email.problem}", consequence],
            button=title.rstrip("?"),
            carry_out=lambda reason: resolve_email(
                email_id=email.pk, resolution=resolution, by=request.user, reason=reason
            ),
            asks_reason=True,
            is_dangerous=resolution in {Resolution.CANCEL, Resolution.SEND_AGAIN},
        )
        return ask(request, self, email, question)

    @action(
        description="Send now", url_path="release", permissions=["release"], icon="send", variant=ActionVariant.PRIMARY
    )
    def release(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._ask(request, object_id, Resolution.RELEASE)

    @action(description="It arrived", url_path="arrived", permissions=["arrived"], icon="mark_email_read")
    def arrived(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._ask(request, object_id, Resolution.ARRIVED)

    @action(description="Send again", url_path="send-again", permissions=["send_again"], icon="forward_to_inbox")
    def send_again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._ask(request, object_id, Resolution.SEND_AGAIN)

    @action(description="Cancel", url_path="cancel", permissions=["cancel"], icon="block", variant=ActionVariant.DANGER)
    def cancel(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._ask(request, object_id, Resolution.CANCEL)
