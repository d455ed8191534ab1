"""Revisions under one number: which quote may be revised, and what the next one is called."""

from django.db.models import Max
from django.utils import timezone

from approvals.models import ProposedAction
from approvals.refusals import Refused
from quotes.context import QUOTE_DRAFT
from quotes.documents.contents import Superseded
from quotes.models import Quote
from quotes.wishes import QuoteWish

Status = Quote.Status
REVISABLE = (Status.APPROVED, *Quote.CURRENT)


def problems_with(wish: QuoteWish) -> list[str]:
    """Why the quote of `quote_id` cannot be revised by this wish; nothing when none is asked for."""
    if wish.quote_id is None:
        return []
    quote = Quote.objects.filter(pk=wish.quote_id).first()
    if quote is None:
        return [f"There is no quote {wish.quote_id} to revise."]
    problems = []
    if (quote.customer_id, quote.school_year) != (wish.customer_id, wish.school_year.start):
        problems.append(f"{quote} is of another customer or year. A revision keeps both; draft a new quote instead.")
    if quote.lifecycle_status not in REVISABLE:
        problems.append(f"{quote} is {quote.get_lifecycle_status_display().lower()}; it cannot be revised.")
    if last_revision(quote) != quote.revision:
        problems.append(f"{quote} is not the latest revision. Revise the latest one of {quote.number}.")
    if waiting := waiting_revision(quote):
        problems.append(f"{quote} is being revised already: decide “{waiting.title}”, or change that draft.")
    return problems


def lock_for_revision(wish: QuoteWish) -> Quote | None:
    """The quote to revise, locked, so that two people cannot stage its next revision at once. Raises Refused."""
    if wish.quote_id is None:
        return None
    quote = Quote.objects.select_for_update().get(pk=wish.quote_id)
    problems = problems_with(wish)
    if problems:
        raise Refused(problems)
    return quote


def last_revision(quote: Quote) -> int:
    return Quote.objects.filter(number=quote.number).aggregate(last=Max("revision"))["last"] or quote.revision


def next_revision(parent: Quote | None) -> int:
    return last_revision(parent) + 1 if parent else 1


def waiting_revision(quote: Quote) -> ProposedAction | None:
    """The draft of its next revision that nobody has decided yet."""
    waiting = ProposedAction.objects.filter(action_type=QUOTE_DRAFT, status=ProposedAction.Status.PENDING)
    return waiting.filter(payload__revises=quote.pk).first()


def superseded_by_next(parent: Quote | None) -> Superseded | None:
    """How the next revision names the one it takes the place of."""
    return Superseded(revision=parent.revision, dated=timezone.localdate(parent.generated_at)) if parent else None
