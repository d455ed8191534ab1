"""The buttons of a quote's page: each a page that says what will happen, a POST, and one operation."""

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse

from approvals.admin.confirming import Input, Question, ask
from approvals.admin.links import page_of
from approvals.refusals import Refused
from quotes.admin.drafting import require_may_draft
from quotes.documents.storing import PdfDamaged, pdf_name, read_pdf
from quotes.models import Quote, QuoteLine
from quotes.outcomes import RECORD, LineAnswer, cancel_quote, record_answer, undo_answer
from quotes.revising import extend_quote
from quotes.standing import today

EXTENSION = timedelta(days=30)
Award = QuoteLine.Award


def _quote(screen: "ModelAdmin[Any]", request: HttpRequest, pk: int) -> Quote:
    if not screen.has_view_permission(request):
        raise PermissionDenied
    return get_object_or_404(Quote.objects.select_related("customer"), pk=pk)


def _require_may_record(request: HttpRequest) -> None:
    if not request.user.has_perm(RECORD):
        raise PermissionDenied("You may not record what customers answered. Ask for the quote manager role.")


def pdf_page(screen: "ModelAdmin[Any]", request: HttpRequest, pk: int) -> HttpResponse:
    """The stored bytes, compared with the hash the quote holds; never drawn again."""
    quote = _quote(screen, request, pk)
    if not quote.pdf_hash:
        messages.error(request, f"No PDF of {quote} is stored{'' if quote.include_pdf else ': none was asked for'}.")
        return redirect(page_of(quote))
    try:
        content = read_pdf(pdf_name(quote.pk, quote.revision, quote.pdf_hash), quote.pdf_hash)
    except PdfDamaged as damage:
        messages.error(request, str(damage))
        return redirect(page_of(quote))
    response = HttpResponse(content, content_type="application/pdf")
    kind = "attachment" if "download" in request.GET else "inline"
    response["Content-Disposition"] = f'{kind}; filename="{quote.number}-r{quote.revision}.pdf"'
    response["Cache-Control"] = "private, no-store"
    return response


# -- what the customer answered --------------------------------------------------------------------------------


def answer_page(screen: "ModelAdmin[Any]", request: HttpRequest, pk: int) -> HttpResponse:
    _require_may_record(request)
    quote = _quote(screen, request, pk)
    problems: list[str] = []
    if request.method == "POST":
        try:
            return _record(request, quote)
        except Refused as refusal:
            problems = refusal.problems
    lines = list(quote.lines.order_by("position"))
    context = {
        **screen.admin_site.each_context(request),
        "title": f"What {quote.customer.name} answered to {quote}",
        "opts": screen.opts,
        "quote": quote,
        "problems": problems,
        "rows": [_row(line, request.POST) for line in lines],
        "waiting": sum(line.award_status == Award.PENDING for line in lines),
        "today": today().isoformat(),
        "given": request.POST,
        "back": page_of(quote),
    }
    return TemplateResponse(request, "quotes/answer.html", context)


def _row(line: QuoteLine, posted: Any) -> dict[str, Any]:
    return {
        "line": line,
        "award": posted.get(f"award-{line.pk}", ""),
        "note": posted.get(f"note-{line.pk}", ""),
    }


def _record(request: HttpRequest, quote: Quote) -> HttpResponse:
    answered_on, po_date = (_day(request, name) for name in ("answered_on", "po_date"))
    po_number = request.POST.get("po_number", "").strip()
    everything = request.POST.get("all", "")
    answers = []
    for line in quote.lines.filter(award_status=Award.PENDING).order_by("position"):
        award = everything or request.POST.get(f"award-{line.pk}", "")
        if award:
            po = (po_number, po_date) if award == Award.AWARDED else ("", None)
            answers.append(LineAnswer(line.pk, award, *po, request.POST.get(f"note-{line.pk}", "")))
    recorded = record_answer(
        quote_id=quote.pk,
        answers=answers,
        answered_on=answered_on or today(),
        by=request.user,
        reason=request.POST.get("reason", ""),
    )
    messages.success(request, f"Recorded: {recorded} is {recorded.get_lifecycle_status_display().lower()}.")
    return redirect(page_of(recorded))


def _day(request: HttpRequest, name: str) -> date | None:
    text = request.POST.get(name, "").strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as problem:
        raise Refused(f"“{text[:20]}” is no date. Write it as 2026-07-15.") from problem


def take_back_page(screen: "ModelAdmin[Any]", request: HttpRequest, pk: int) -> HttpResponse:
    _require_may_record(request)
    quote = _quote(screen, request, pk)

    def carry_out(reason: str) -> str:
        undo_answer(quote_id=quote.pk, by=request.user, reason=reason)
        return f"The answer to {quote} is taken back; it waits for one again."

    question = Question(
        title=f"Take the answer to {quote} back?",
        consequences=(
            "Every line waits for an answer again; what was recorded stays in the audit trail.",
            "Price changes that nobody has decided yet are withdrawn. Once one was approved this is refused.",
        ),
        button="Take it back",
        carry_out=carry_out,
        asks_reason=True,
        is_dangerous=True,
    )
    return ask(request, screen, quote, question)


# -- the offer itself ------------------------------------------------------------------------------------------


def extend_page(screen: "ModelAdmin[Any]", request: HttpRequest, pk: int) -> HttpResponse:
    require_may_draft(request)
    quote = _quote(screen, request, pk)

    def carry_out(_: str) -> str:
        valid_until = _day(request, "valid_until")
        if valid_until is None:
            raise Refused("Give the new last day of the offer.")
        run = extend_quote(quote_id=quote.pk, valid_until=valid_until, by=request.user)
        return f"{run.subject}: the extension waits for approval."

    usual = max(today(), quote.valid_until or today()) + EXTENSION
    question = Question(
        title=f"Extend {quote}?",
        consequences=(
            f"It stood until the end of {quote.valid_until:%b %d, %Y}."
            if quote.valid_until
            else "It names no last day.",
            "The next revision is drafted with the same lines and prices, and waits for approval.",
            f"{quote} stays as it is until that revision is sent.",
        ),
        button="Draft the extension",
        carry_out=carry_out,
        inputs=(Input("valid_until", "date", request.POST.get("valid_until", usual.isoformat()), "Valid until"),),
    )
    return ask(request, screen, quote, question)


def cancel_page(screen: "ModelAdmin[Any]", request: HttpRequest, pk: int) -> HttpResponse:
    quote = _quote(screen, request, pk)

    def carry_out(reason: str) -> str:
        cancel_quote(quote_id=quote.pk, by=request.user, reason=reason)
        return f"{quote} is cancelled."

    consequences = ["It cannot be revived; a new quote takes its place. The number is not given again."]
    if quote.lifecycle_status == Quote.Status.APPROVED:
        consequences.append("Its e-mail is not sent any more. A draft of it that waits for approval is withdrawn.")
    if quote.lifecycle_status == Quote.Status.SENT:
        consequences.append("The customer has it already and is not told by the program: tell them.")
    if quote.push is not None:
        consequences.append(f"NetSuite's estimate ({quote.push.get_status_display().lower()}) is closed there by hand.")
    question = Question(
        title=f"Cancel {quote}?",
        consequences=consequences,
        button="Cancel the quote",
        carry_out=carry_out,
        asks_reason=True,
        is_dangerous=True,
    )
    return ask(request, screen, quote, question)
