"""The e-mail that carries a quote: a draft of its own for a second approval, to the customer's quote contacts only."""

from collections.abc import Sequence

from django.db import transaction

from approvals.alerts import raise_alert
from approvals.clock import now
from approvals.contract import Done, Skipped, StepResult
from approvals.mail.drafting import Attachment, propose_email
from approvals.models import OutboundEmail, ProposedAction, WorkflowRun
from quotes.documents.storing import ALIAS, pdf_name
from quotes.models import Quote
from quotes.outgoing import approved_draft, outgoing_objection
from quotes.recipients import quote_contacts
from quotes.steps import quote_of

TEMPLATE = "send_quote_to_customer"
Status = Quote.Status


def send_email_step(run: WorkflowRun) -> StepResult:
    """`send_email`: the draft, with the stored PDF bound by its hash."""
    quote = quote_of(run)
    if quote is None:
        return Skipped("There is no quote.")
    contacts = quote_contacts(quote.customer_id)
    if not contacts:
        return Skipped(f"{quote.customer} has no contact for quotes. Mark one, or send the quote by hand.")
    letterhead = approved_draft(quote).heading["letterhead"]
    draft = propose_email(
        mailbox=contacts[0].email,
        cc=[contact.email for contact in contacts[1:]],
        template=TEMPLATE,
        subject=f"Quote {quote} for school year {quote.school_year_text}",
        body=body_of(quote, contacts[0].name, letterhead),
        run=run,
        entity_ref=f"quote:{quote.pk}:{TEMPLATE}",
        reply_to=letterhead["email"],
        attachments=[_attachment(quote)] if quote.include_pdf else [],
    )
    return Done(f"Draft “{draft.payload['subject']}” waits for approval.")


def _attachment(quote: Quote) -> Attachment:
    return Attachment(
        name=f"{quote.number}-r{quote.revision}.pdf",
        path=pdf_name(quote.pk, quote.revision, quote.pdf_hash),
        sha256=quote.pdf_hash,
        storage=ALIAS,
    )


def body_of(quote: Quote, name: str, letterhead: dict[str, str]) -> str:
    """Nothing of cost or margin comes near it."""
    count = quote.lines.count()
    lines = f"{count} item{'s' if count != 1 else ''}"
    where = "The quote is attached as a PDF." if quote.include_pdf else "Ask us for the document at any time."
    replaced = f"It takes the place of revision {quote.parent.revision}." if quote.parent else ""
    valid = f"The offer is valid until {quote.valid_until:%B %-d, %Y}." if quote.valid_until else ""
    signature = "\n".join(filter(None, (letterhead["name"], letterhead["phone"], letterhead["email"])))
    return "\n\n".join(
        filter(
            None,
            (
                f"Dear {name},",
                f"this is our quote {quote} for {quote.customer.name}, school year {quote.school_year_text}: {lines}.",
                replaced,
                f"{where} {valid}".strip(),
                "To accept, answer this e-mail with your purchase order number and the lines you award.",
                signature,
            ),
        )
    )


def quote_of_draft(draft: ProposedAction) -> Quote | None:
    return Quote.objects.select_related("customer", "parent").filter(workflow_run=draft.workflow_run_id).first()


def recipients_objection(draft: ProposedAction, recipients: Sequence[str]) -> list[str]:
    """Prices of one district must not reach another: only its own contacts are written to."""
    quote = quote_of_draft(draft)
    if quote is None:
        return ["The quote of this draft is gone. Reject the draft."]
    known = {contact.email.lower() for contact in quote_contacts(quote.customer_id)}
    return [
        f"“{address}” is no quote contact of {quote.customer}. If it belongs to them, add it to their contacts "
        "and mark it for quotes."
        for address in recipients
        if address.lower() not in known
    ]


def may_leave(email: OutboundEmail) -> str:
    """Asked before every attempt to send."""
    quote = quote_of_draft(email.action)
    if quote is None:
        return "The quote of this e-mail is gone. Cancel it."
    strangers = recipients_objection(email.action, [email.recipient, *email.cc])
    return outgoing_objection(quote) or " ".join(strangers)


def has_left(email: OutboundEmail) -> None:
    """The quote is sent, the revision before it no longer current; in the transaction that records the e-mail."""
    quote = Quote.objects.select_for_update().get(workflow_run=email.action.workflow_run_id)
    if quote.lifecycle_status == Status.SENT:
        return
    if quote.lifecycle_status != Status.APPROVED:
        raise_alert(
            key=f"quote-sent-{quote.pk}",
            severity="critical",
            message=f"{quote} reached the customer although it is {quote.get_lifecycle_status_display().lower()}. "
            "Tell the customer which quote counts.",
            link=f"/admin/approvals/outboundemail/{email.pk}/change/",
        )
        return
    mark_sent(quote)


def mark_sent(quote: Quote) -> None:
    """From approved to sent; earlier revisions of the number are superseded. `quote` is locked by the caller."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("A quote is marked as sent in the transaction that knows of its sending.")
    earlier = Quote.objects.select_for_update().filter(number=quote.number, revision__lt=quote.revision)
    for before in earlier.filter(lifecycle_status__in=(*Quote.CURRENT, Status.APPROVED)):
        before.move_to(Status.SUPERSEDED)
        before.save(update_fields=["lifecycle_status"])
    quote.move_to(Status.SENT)
    quote.sent_at = now()
    quote.save(update_fields=["lifecycle_status", "sent_at"])
