"""The fan-out after approval: the quote is written, drawn, told to NetSuite, and noted on the customer's profile.

The e-mail is in `quotes.emails`. Each step may be called again after a crash and then finds what it did.
"""

from enum import StrEnum
from typing import Any

from django.db.models import Q

from approvals import audit
from approvals.clock import now
from approvals.contract import Done, Skipped, StepResult
from approvals.failpoints import reach
from approvals.models import WorkflowRun
from approvals.set_based import insert_rows
from netsuite import queue
from netsuite.estimates import ESTIMATE
from quotes import drafts, estimates, gate
from quotes.documents.contents import content_hash
from quotes.documents.storing import store_pdf
from quotes.drafts import Draft
from quotes.models import Catalog, CustomerProfile, Quote, QuoteLine
from quotes.numbering import take_number
from quotes.outgoing import document_of_quote
from quotes.revisions import next_revision
from quotes.standing import master_prices, take_costs

LINE_COLUMNS = {column.name: column.attname for column in QuoteLine._meta.concrete_fields if column.name != "id"}


class QuoteFailpoint(StrEnum):
    PDF_STORED = "after_storing_pdf"
    """The file lies in its place, no row knows of it."""


def quote_of(run: WorkflowRun) -> Quote | None:
    return Quote.objects.select_related("customer", "push").filter(workflow_run=run).first()


def write_quote_step(run: WorkflowRun) -> StepResult:
    """`write_quote`: number and revision are fixed, quote and lines inserted, together."""
    undecided = gate.gate_result(run)
    if undecided:
        return undecided
    quote = quote_of(run)
    if quote is None:
        quote = _write(run)
    return Done(f"{quote}, {quote.lines.count()} lines.")


def _write(run: WorkflowRun) -> Quote:
    action = gate.draft_action(run)
    draft = drafts.read(action.payload)
    parent = Quote.objects.select_for_update().get(pk=draft.revises) if draft.revises else None
    quote = Quote.objects.create(
        number=parent.number if parent else take_number(draft.school_year),
        revision=next_revision(parent),
        parent=parent,
        lifecycle_status=Quote.Status.APPROVED,
        catalog=Catalog.objects.filter(code=draft.catalog).first() if draft.catalog else None,
        workflow_run=run,
        created_by_id=run.started_by_id,
        **_columns(draft),
    )
    _write_lines(quote, draft)
    quote.content_hash = content_hash(document_of_quote(quote))
    quote.save(update_fields=["content_hash"])
    audit.append(
        actor=action.decided_by,
        verb="quote.written",
        entity_ref=f"quote:{quote.pk}",
        details={"number": quote.number, "revision": quote.revision, "content_hash": quote.content_hash},
    )
    return quote


def _columns(draft: Draft) -> dict[str, Any]:
    return {
        "customer_id": draft.customer_id,
        "school_year": draft.school_year.start,
        "generated_at": draft.drafted_at,
        "valid_until": draft.valid_until,
        "prices_from": draft.prices_from,
        "prices_to": draft.prices_to,
        "include_pdf": draft.include_pdf,
        "bid_reference": draft.bid_reference,
        "notes": draft.notes,
    }


def _write_lines(quote: Quote, draft: Draft) -> None:
    """With the cost of today: the snapshot that later margins are judged by."""
    take_costs(draft.lines, master_prices(draft.customer_id, draft.school_year, draft.lines))
    for line in draft.lines:
        line.quote = quote
    rows = [[getattr(line, attname) for attname in LINE_COLUMNS.values()] for line in draft.lines]
    insert_rows(QuoteLine, list(LINE_COLUMNS), rows)


def render_and_store(run: WorkflowRun) -> None:
    """Ahead of `render_pdf`, for a drawing takes seconds and the shelf may be another machine.

    The same quote draws the same bytes under the same name, so a second time changes nothing.
    """
    quote = quote_of(run)
    if quote is None or not quote.include_pdf or quote.pdf_hash:
        return
    from quotes.documents.rendering import render_pdf

    document = document_of_quote(quote)
    stored = store_pdf(quote.pk, quote.revision, document, render_pdf(document))
    reach(QuoteFailpoint.PDF_STORED)
    Quote.objects.filter(pk=quote.pk, pdf_hash="").update(pdf_hash=stored.sha256)


def render_pdf_step(run: WorkflowRun) -> StepResult:
    """`render_pdf`: what `render_and_store` left."""
    quote = quote_of(run)
    if quote is None:
        return Skipped("There is no quote.")
    if not quote.include_pdf:
        return Skipped("No PDF was asked for.")
    if not quote.pdf_hash:
        raise RuntimeError(f"The PDF of {quote} is not stored.")
    return Done(f"Stored, SHA-256 {quote.pdf_hash[:12]}.")


def ns_push_step(run: WorkflowRun) -> StepResult:
    """`ns_push`: the estimate is queued. Whether it may still go is asked when its turn comes."""
    quote = quote_of(run)
    if quote is None:
        return Skipped("There is no quote.")
    if quote.push is None:
        quote.push = queue.enqueue(
            record_type=ESTIMATE,
            external_id=estimates.external_id(quote),
            record=estimates.estimate_of(quote),
            label=f"Quote {quote} for {quote.customer}",
            line_count=quote.lines.count(),
            workflow_run=run,
        )
        quote.save(update_fields=["push"])
    return Done(f"Estimate {quote.push.external_id} is in the queue.")


def ar_forecast_touch_step(run: WorkflowRun) -> StepResult:
    """`ar_forecast_touch`: UPDATE customer_profiles SET last_quote_event=now."""
    quote = quote_of(run)
    if quote is None:
        return Skipped("There is no quote.")
    moment = now()
    profile, _ = CustomerProfile.objects.get_or_create(customer=quote.customer)
    later = CustomerProfile.objects.filter(Q(last_quote_event=None) | Q(last_quote_event__lt=moment), pk=profile.pk)
    if later.exists():
        profile.last_quote_event = moment
        profile.save(update_fields=["last_quote_event"])
    return Done(f"Last quote event of {quote.customer} is {moment:%Y-%m-%d %H:%M} UTC.")
