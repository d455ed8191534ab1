"""A button's page: what will change and why, then a POST. The GET changes nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from approvals.admin.links import page_of
from approvals.refusals import Refused


@dataclass(frozen=True)
class Input:
    """One more field to fill in; `kind` is HTML's type. `carry_out` reads it from the POST."""

    name: str
    kind: str
    value: str
    label: str = ""


@dataclass(frozen=True)
class Question:
    """`consequences` are sentences; `carry_out` gets the reason and returns the sentence shown afterwards."""

    title: str
    consequences: Sequence[str]
    button: str
    carry_out: Callable[[str], str]
    asks_reason: bool = False
    inputs: Sequence[Input] = ()
    is_dangerous: bool = False
    back: str = ""


def ask(request: HttpRequest, screen: ModelAdmin, row: Model | None, question: Question) -> HttpResponse:
    """Show the question; on POST carry it out and go back to the row. A refusal is shown, not raised."""
    back = question.back or (page_of(row) if row else "")
    problems: list[str] = []
    reason = request.POST.get("reason", "").strip()
    if request.method == "POST":
        if question.asks_reason and not reason:
            problems = ["Say why: this is kept with the decision."]
        else:
            try:
                messages.success(request, question.carry_out(reason))
            except Refused as refusal:
                problems = refusal.problems
            else:
                return redirect(back)
    context = {
        **screen.admin_site.each_context(request),
        "title": question.title,
        "question": question,
        "problems": problems,
        "reason": reason,
        "back": back,
        "opts": screen.opts,
    }
    return TemplateResponse(request, "approvals/confirm.html", context, status=409 if problems else 200)
