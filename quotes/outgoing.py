"""A written quote on its way out: is it still what was approved, and may it go?

Asked before its e-mail is sent and before its estimate is pushed, for both may happen days after the approval.
"""

from dataclasses import replace

from approvals.models import ProposedAction
from quotes import drafts
from quotes.contents_of import document_of
from quotes.context import QUOTE_DRAFT
from quotes.documents.contents import QuoteDocument, content_hash
from quotes.drafts import Draft
from quotes.models import Quote
from quotes.revisions import last_revision, superseded_by_next, waiting_revision
from quotes.school_years import SchoolYear
from quotes.standing import customer_now, expired, first_of, master_prices, moved_prices

Status = Quote.Status
OUTGOING = (Status.APPROVED, Status.SENT, Status.ACCEPTED)


def approved_draft(quote: Quote) -> Draft:
    """What somebody approved; `LookupError` when this quote came about without an approval."""
    action = ProposedAction.objects.filter(
        workflow_run=quote.workflow_run_id, action_type=QUOTE_DRAFT, status=ProposedAction.Status.APPROVED
    ).first()
    if quote.workflow_run_id is None or action is None:
        raise LookupError(f"{quote} was never approved.")
    return drafts.read(action.payload)


def document_of_quote(quote: Quote) -> QuoteDocument:
    """As the customer sees it: the approved frame around the quote's own rows. Raises LookupError."""
    columns = ("valid_until", "prices_from", "prices_to", "bid_reference", "notes")
    draft = replace(
        approved_draft(quote),
        school_year=SchoolYear(quote.school_year),
        drafted_at=quote.generated_at,
        **{name: getattr(quote, name) for name in columns},
    )
    return document_of(
        draft,
        quote.lines.order_by("position"),
        number=quote.number or "",
        revision=quote.revision,
        supersedes=superseded_by_next(quote.parent),
    )


def outgoing_objection(quote: Quote) -> str:
    """Why this quote must not leave now, as a sentence; "" when nothing is in the way. Reads everything afresh."""
    if quote.lifecycle_status not in OUTGOING:
        return f"{quote} is {quote.get_lifecycle_status_display().lower()}."
    sentences = [_replacement(quote), customer_now(quote.customer_id), _change(quote)]
    if quote.lifecycle_status != Status.ACCEPTED:  # an accepted price binds us, whatever the master says by now
        sentences += [_expiry(quote), _drift(quote)]
    return next(filter(None, sentences), "")


def _replacement(quote: Quote) -> str:
    """A quote that was not sent yet gives way to its next revision as soon as there is one."""
    if quote.lifecycle_status != Status.APPROVED:
        return ""
    if waiting := waiting_revision(quote):
        return f"{quote} is being revised (“{waiting.title}”), so its approval no longer counts."
    if last_revision(quote) != quote.revision:
        return f"A later revision of {quote.number} is approved, so this one no longer counts."
    return ""


def _expiry(quote: Quote) -> str:
    return expired(quote.valid_until) if quote.valid_until else f"{quote} does not say until when it is valid."


def _change(quote: Quote) -> str:
    """Whatever way a row was changed since: the approval was for other words and figures."""
    try:
        now_reads = content_hash(document_of_quote(quote))
    except LookupError as problem:
        return str(problem)
    if now_reads == quote.content_hash:
        return ""
    return f"{quote} was changed after it was approved, so the approval is void. Revise it and have that approved."


def _drift(quote: Quote) -> str:
    lines = list(quote.lines.order_by("position"))
    moved = moved_prices(lines, master_prices(quote.customer_id, SchoolYear(quote.school_year), lines))
    return " ".join([*first_of(moved), "Revise the quote, or set the pricing master right."]) if moved else ""
