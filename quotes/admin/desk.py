"""What waits for those who draft and follow up quotes, on the first page."""

from typing import Any

from django.urls import reverse

from approvals.admin.desks import Desk, Pile, Task, add_desk
from approvals.admin.links import list_of, page_of
from approvals.models import ProposedAction
from quotes.admin.quotes import SOON
from quotes.context import QUOTE_DRAFT
from quotes.models import Quote
from quotes.standing import today

SHOWN = 6
HINT = "Quotes you draft appear here until they are approved, and sent ones until they are answered."


def quoting(user: Any) -> Desk | None:
    """Who decides has the drafts on the approver's desk already."""
    if not user.has_perm("quotes.draft_quote"):
        return None
    drafts = [] if user.has_perm("approvals.decide_proposedaction") else [_drafts(user)]
    return Desk([*drafts, _unanswered()], HINT, ("Draft a quote", reverse("admin:quotes_quote_draft")))


def _drafts(user: Any) -> Pile:
    drafts = ProposedAction.objects.filter(action_type=QUOTE_DRAFT, status=ProposedAction.Status.PENDING)
    opens = user.has_perm("approvals.view_proposedaction")
    shown = drafts.select_related("envelope").order_by("pk")[:SHOWN]
    tasks = [
        Task(draft.title, "", page_of(draft.envelope or draft) if opens else "", draft.proposed_at) for draft in shown
    ]
    return Pile("Drafts waiting for approval", "hourglass_top", drafts.count(), tasks, list_of(Quote))


def _unanswered() -> Pile:
    """Sent, without an answer, and soon without effect."""
    day = today()
    ending = Quote.objects.filter(lifecycle_status=Quote.Status.SENT, valid_until__range=(day, day + SOON))
    shown = ending.select_related("customer").order_by("valid_until", "pk")[:SHOWN]
    tasks = [
        Task(
            title=f"{quote} for {quote.customer.name}",
            detail=f"Valid until {quote.valid_until:%b %-d}",
            url=page_of(quote),
            since=quote.sent_at or quote.generated_at,
        )
        for quote in shown
    ]
    return Pile("No answer yet, ending soon", "event_busy", ending.count(), tasks, list_of(Quote, expiring="soon"))


add_desk(quoting)
