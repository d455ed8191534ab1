"""What the customer answered, line by line, and how such a record is taken back.

Districts award single lines of a bid, and answer by purchase order outside any portal: somebody here types it in.
A quote is accepted with its first awarded line, declined when no line was awarded, and otherwise still open.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction

from approvals.mail.drafting import EMAIL_DRAFT
from approvals.models import ProposedAction
from approvals.refusals import Refused
from approvals.withdrawals import withdraw
from quotes.models import Quote, QuoteLine
from quotes.price_updates import applied_updates, lock_updates, propose_price_updates, waiting_updates
from quotes.standing import today
from quotes.telling import tell

RECORD, DRAFT = "quotes.record_outcome", "quotes.draft_quote"
Status, Award = Quote.Status, QuoteLine.Award
ANSWERABLE = (Status.SENT, Status.ACCEPTED, Status.EXPIRED)
ANSWERED = (Status.ACCEPTED, Status.DECLINED)
PO_LENGTH, NOTE_LENGTH = 60, 300
WITHDRAWABLE = (Status.DRAFT, Status.PROPOSED, Status.APPROVED, Status.SENT)


@dataclass(frozen=True)
class LineAnswer:
    """A purchase order belongs to an awarded line, its number and date together."""

    line_id: int
    award: str
    po_number: str = ""
    po_date: date | None = None
    note: str = ""


def record_answer(
    *, quote_id: int, answers: Sequence[LineAnswer], answered_on: date, by: Any, reason: str = ""
) -> Quote:
    """Record what the customer answered to these lines on that day; the others keep waiting.

    An answer given in time counts even when it is typed in after the quote has expired. Awarded prices that differ
    from the pricing master are proposed to it. Raises Refused with every problem at once.
    """
    _must(by, RECORD, "record what customers answered")
    with transaction.atomic():
        quote = _locked(quote_id)
        lines = {line.pk: line for line in quote.lines.all()}
        problems = [*_problems_of(quote, answered_on), *_problems_with(answers, lines)]
        awarded = [answer for answer in answers if answer.award == Award.AWARDED]
        if not awarded and not reason.strip():
            problems.append("Say why nothing was awarded: price, product, another supplier, no answer to a bid…")
        if problems:
            raise Refused(problems)
        _write(lines, answers)
        _settle(quote, list(lines.values()), reason)
        proposed = propose_price_updates(quote, [lines[answer.line_id] for answer in awarded], by=by)
        _tell_answer(quote, list(lines.values()), answers, answered_on, proposed, by)
    return quote


def undo_answer(*, quote_id: int, by: Any, reason: str) -> Quote:
    """Take a mistaken record back: the quote waits for its answer again, price changes nobody decided are withdrawn.

    Refused once an awarded price has reached the pricing master.
    """
    _must(by, RECORD, "take back what customers answered")
    with transaction.atomic():
        quote = _locked(quote_id)
        if quote.lifecycle_status not in ANSWERED:
            raise Refused(f"{quote} is {_state(quote)}: there is no answer to take back.")
        lock_updates(quote)
        if applied_updates(quote).exists():
            raise Refused(
                f"Prices of {quote} were taken into the pricing master already. Correct the prices there, or revise "
                "the quote."
            )
        if not reason.strip():
            raise Refused("Say why the answer is taken back.")
        sentence = f"{by} took the answer to {quote} back: {reason}"
        withdraw(dict.fromkeys(waiting_updates(quote), sentence))
        answered = {line.pk: line for line in quote.lines.exclude(award_status=Award.PENDING)}
        was = [_told(line) for line in answered.values()]
        _write(answered, [LineAnswer(pk, Award.PENDING) for pk in answered])
        quote.move_to(Status.SENT)
        quote.outcome_note = ""
        quote.save(update_fields=["lifecycle_status", "outcome_note"])
        tell(
            quote,
            "reopened",
            f"{by} took the recorded answer to {quote} back: {reason}",
            by=by,
            reason=reason,
            answers=was,
        )
    return quote


def cancel_quote(*, quote_id: int, by: Any, reason: str) -> Quote:
    """Withdraw a quote before the customer answers. E-mail drafts nobody approved go with it.

    What was queued for NetSuite is decided there: this writes to no other system.
    """
    with transaction.atomic():
        quote = _locked(quote_id)
        _must(by, DRAFT if quote.lifecycle_status in Quote.EDITABLE else RECORD, "cancel this quote")
        if quote.lifecycle_status not in WITHDRAWABLE:
            raise Refused(f"{quote} is {_state(quote)} and stays so. Revise it to offer something else.")
        if not reason.strip():
            raise Refused("Say why the quote is cancelled.")
        before = quote.lifecycle_status
        quote.move_to(Status.CANCELLED)
        quote.outcome_note = reason
        quote.save(update_fields=["lifecycle_status", "outcome_note"])
        withdraw(dict.fromkeys(_waiting_emails(quote), f"{by} cancelled {quote}: {reason}"))
        tell(quote, "cancelled", f"{by} cancelled {quote}: {reason}", by=by, reason=reason, was=before)
    return quote


def _locked(quote_id: int) -> Quote:
    return Quote.objects.select_for_update(of=("self",)).select_related("customer").get(pk=quote_id)


def _must(by: Any, permission: str, act: str) -> None:
    if not (by.is_active and by.has_perm(permission)):
        raise Refused(f"{by} may not {act}. Ask an administrator for the quote manager role.")


def _state(quote: Quote) -> str:
    return str(quote.get_lifecycle_status_display()).lower()


def _problems_of(quote: Quote, answered_on: date) -> list[str]:
    if quote.lifecycle_status not in ANSWERABLE:
        return [f"{quote} is {_state(quote)}, so no answer to it can be recorded."]
    if answered_on > today():
        return [f"{answered_on} is in the future. Give the day the customer answered."]
    if quote.valid_until is not None and answered_on > quote.valid_until:
        return [
            f"{quote} stood until the end of {quote.valid_until}; an answer of {answered_on} came too late. "
            "Extend the quote, and record the answer to the new revision."
        ]
    return []


def _problems_with(answers: Sequence[LineAnswer], lines: Mapping[int, QuoteLine]) -> list[str]:
    if not answers:
        return ["Nothing was chosen. Say of at least one line whether it was awarded."]
    problems = []
    for answer in answers:
        line = lines.get(answer.line_id)
        if line is None:
            problems.append(f"Line {answer.line_id} does not belong to this quote. Reload the page.")
        else:
            problems += [f"Line {line}: {problem}" for problem in _problems_of_line(line, answer)]
    return problems


def _problems_of_line(line: QuoteLine, answer: LineAnswer) -> list[str]:
    problems = []
    if line.award_status != Award.PENDING:
        state = str(line.get_award_status_display()).lower()
        problems.append(f"it is {state} already. Take the answer back first, if that was a mistake.")
    if answer.award not in {Award.AWARDED, Award.NOT_AWARDED}:
        problems.append(f"“{answer.award}” is no answer. Choose awarded or not awarded.")
    if bool(answer.po_number.strip()) != bool(answer.po_date):
        problems.append("a PO number and its date belong together. Fill in both, or neither.")
    elif answer.po_number and answer.award != Award.AWARDED:
        problems.append("a purchase order belongs to an awarded line only.")
    if answer.po_date and answer.po_date > today():
        problems.append(f"the PO date {answer.po_date} is in the future.")
    for name, text, longest in (("PO number", answer.po_number, PO_LENGTH), ("note", answer.note, NOTE_LENGTH)):
        if len(text) > longest:
            problems.append(f"the {name} is longer than {longest} characters.")
    return problems


def _write(lines: Mapping[int, QuoteLine], answers: Sequence[LineAnswer]) -> None:
    """Only the columns that stay open on a frozen quote."""
    for answer in answers:
        line = lines[answer.line_id]
        line.award_status, line.award_note = answer.award, answer.note.strip()
        line.po_number, line.po_date = answer.po_number.strip(), answer.po_date
    written = [lines[answer.line_id] for answer in answers]
    QuoteLine.objects.bulk_update(written, sorted(QuoteLine.OUTCOME_FIELDS), batch_size=500)


def _settle(quote: Quote, lines: list[QuoteLine], reason: str) -> None:
    """The state that follows from all lines."""
    awards = {line.award_status for line in lines}
    if Award.AWARDED in awards:
        after = Status.ACCEPTED
    elif Award.PENDING not in awards:
        after = Status.DECLINED
    else:
        after = Status(quote.lifecycle_status)
    if after != quote.lifecycle_status:
        quote.move_to(after)
    quote.outcome_note = reason.strip() or quote.outcome_note
    quote.save(update_fields=["lifecycle_status", "outcome_note"])


def _tell_answer(
    quote: Quote,
    lines: list[QuoteLine],
    answers: Sequence[LineAnswer],
    answered_on: date,
    proposed: int,
    by: Any,
) -> None:
    awarded = sum(line.award_status == Award.AWARDED for line in lines)
    what = {Status.ACCEPTED: "accepted", Status.DECLINED: "declined"}.get(Status(quote.lifecycle_status), "answered")
    changes = f" Proposed to the pricing master: {proposed}." if proposed else ""
    note = f" {quote.outcome_note}" if quote.outcome_note else ""
    recorded = {answer.line_id for answer in answers}
    tell(
        quote,
        what,
        f"{quote.customer} answered {quote} on {answered_on}: {awarded} of {len(lines)} lines awarded, recorded by "
        f"{by}.{note}{changes}",
        by=by,
        answered_on=answered_on,
        reason=quote.outcome_note,
        answers=[_told(line) for line in lines if line.pk in recorded],
    )


def _told(line: QuoteLine) -> dict[str, Any]:
    return {
        "item_code": line.item_code,
        "price_basis": line.price_basis,
        "award": line.award_status,
        "po_number": line.po_number,
        "po_date": line.po_date,
        "note": line.award_note,
    }


def _waiting_emails(quote: Quote) -> list[int]:
    if quote.workflow_run_id is None:
        return []
    drafts = ProposedAction.objects.filter(
        workflow_run=quote.workflow_run_id, action_type=EMAIL_DRAFT, status=ProposedAction.Status.PENDING
    )
    return list(drafts.select_for_update().order_by("pk").values_list("pk", flat=True))
