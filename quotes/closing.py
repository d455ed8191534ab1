"""The contract's post actions and verify checks of a quote."""

from datetime import timedelta

from django.db.models import Sum

from approvals.clock import now
from approvals.contract import CheckResult, Failed, NotYet, Passed, Waived, passed_if
from approvals.mail.drafting import EMAIL_DRAFT
from approvals.models import JournalEntry, OutboundEmail, ProposedAction, RunStep, WorkflowRun
from quotes.documents.storing import PdfDamaged, pdf_name, read_pdf
from quotes.gate import draft_action
from quotes.models import Quote
from quotes.pricing import price_text
from quotes.steps import quote_of

TO_LEAVE = timedelta(hours=1)  # from the approval of an e-mail to its sending
LOOK_AGAIN = timedelta(minutes=15)
ActionStatus = ProposedAction.Status


def log_run(run: WorkflowRun) -> None:
    """`log_run`: the run row is workflow_runs; this fills its summary."""
    quote = quote_of(run)
    decided = draft_action(run).get_status_display().lower()
    run.summary = {"decision": decided} | (_facts(quote) if quote else {})
    run.save(update_fields=["summary"])


def _facts(quote: Quote) -> dict[str, str | int | bool]:
    total = quote.total()
    return {
        "quote": str(quote),
        "customer": quote.customer.code,
        "lines": quote.lines.count(),
        "total": "" if total is None else price_text(total),
        "pdf": bool(quote.pdf_hash),
        "estimate": quote.push.external_id if quote.push else "",
    }


def reflexion(run: WorkflowRun) -> None:
    """`reflexion`: INSERT reflexion_log with tags=quote,customer:?,school_year:?."""
    action = draft_action(run)
    quote = quote_of(run)
    retried = run.steps.aggregate(failures=Sum("attempts"))["failures"] or 0
    skipped = run.steps.filter(status=RunStep.Status.SKIPPED).count()
    what = f"became {quote}" if quote else f"was {action.get_status_display().lower()}"
    reason = f" Reason: {action.reason_note.rstrip('.')}." if action.reason_note else ""
    JournalEntry.objects.create(
        workflow_run=run,
        entity_type="customer",
        entity_id=str(action.payload["customer_id"]),
        outcome="quoted" if quote else "not quoted",
        tags=f"quote,customer:{action.payload['customer_id']},school_year:{action.payload['school_year']}",
        narrative=f"{action.title} {what}, decided by {action.decided_by}.{reason} {len(action.payload['warnings'])} "
        f"warnings were shown, {skipped} steps were not needed, {retried} attempts failed on the way.",
    )


# -- verify checks: this run's own rows ------------------------------------------------------------------------


def _undecided(run: WorkflowRun) -> CheckResult | None:
    """Nothing can be verified before somebody decided, and nothing is to be verified after a rejection."""
    action = draft_action(run)
    if action.status == ActionStatus.PENDING:
        return NotYet("The draft waits for approval", now() + LOOK_AGAIN)
    if action.status != ActionStatus.APPROVED:
        return Waived(f"The draft was {action.get_status_display().lower()}")
    return None


def quote_persisted(run: WorkflowRun) -> CheckResult:
    """SELECT id, lifecycle_status FROM quotes WHERE id=?"""
    undecided = _undecided(run)
    if undecided:
        return undecided
    quote = quote_of(run)
    if quote is None:
        return Failed("no quote")
    whole = quote.lines.count() == len(draft_action(run).payload["lines"])
    return passed_if(whole and quote.is_frozen, f"{quote}, {quote.lifecycle_status}, {quote.lines.count()} lines")


def pdf_stored(run: WorkflowRun) -> CheckResult:
    """The file is read back and hashed; waived when no PDF was asked for."""
    undecided = _undecided(run)
    if undecided:
        return undecided
    quote = quote_of(run)
    if quote is None:
        return Failed("no quote")
    if not quote.include_pdf:
        return Waived("No PDF was asked for")
    if not quote.pdf_hash:
        return Failed("no PDF is stored")
    try:
        size = len(read_pdf(pdf_name(quote.pk, quote.revision, quote.pdf_hash), quote.pdf_hash))
    except PdfDamaged as problem:
        return Failed(str(problem))
    return Passed(f"{size} bytes, SHA-256 {quote.pdf_hash[:12]}")


def email_sent(run: WorkflowRun) -> CheckResult:
    """SELECT id FROM outbound_email_log WHERE related_quote_id=? ORDER BY sent_at DESC LIMIT 1.

    Not yet until the e-mail's own approval, however long that takes; from then it has an hour.
    """
    undecided = _undecided(run)
    if undecided:
        return undecided
    draft = run.proposed_actions.filter(action_type=EMAIL_DRAFT).first()
    if draft is None:
        return _without_draft(run)
    if draft.status == ActionStatus.PENDING:
        return NotYet("The e-mail waits for its own approval", now() + LOOK_AGAIN)
    if draft.status in {ActionStatus.REJECTED, ActionStatus.WITHDRAWN}:
        return Waived(f"The e-mail was {draft.get_status_display().lower()}: {draft.reason_note}")
    return _sent(OutboundEmail.objects.get(action=draft))


def _without_draft(run: WorkflowRun) -> CheckResult:
    if run.steps.filter(name="send_email", status=RunStep.Status.SKIPPED).exists():
        return Waived("The customer has no contact for quotes")
    return Failed("no e-mail was drafted")


def _sent(email: OutboundEmail) -> CheckResult:
    if email.status == OutboundEmail.Status.SENT:
        return Passed(f"sent to {email.recipient} at {email.sent_at:%Y-%m-%d %H:%M} UTC")
    if email.status == OutboundEmail.Status.CANCELLED:
        return Waived("A person cancelled the e-mail")
    deadline = email.queued_at + TO_LEAVE
    found = f"{email.get_status_display()}. {email.problem}".strip()
    return NotYet(found, min(deadline, now() + LOOK_AGAIN)) if now() < deadline else Failed(found)
