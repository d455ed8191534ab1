"""A button's page: what will change and why, then a POST. The GET changes nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from approvals.admin.links import page_of
from approvals.refusals import Refused


@dataclass(frozen=True)
class Input:
    """One more field to fill in; `kind` is HTML's type, `hint` stands below it. `carry_out` reads it from the POST."""

    name: str
    kind: str
    value: str
    label: str = ""
    hint: str = ""


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
    if request.method == "POST":
        problems = _carried_out(request, question)
        if not problems:
            return redirect(back)
    return _page(request, screen, question, back, problems)


def ask_of_selected(request: HttpRequest, screen: ModelAdmin, question: Question) -> HttpResponse:
    """The same for an action on a list's chosen rows: the list posts to show the question, its page to carry it out."""
    back = request.get_full_path()
    problems: list[str] = []
    if "apply" in request.POST:
        problems = _carried_out(request, question)
        if not problems:
            return redirect(back)
    kept = [(name, request.POST.get(name, "0")) for name in ("action", "select_across", "index")]
    kept += [(ACTION_CHECKBOX_NAME, pk) for pk in request.POST.getlist(ACTION_CHECKBOX_NAME)]
    hidden = [Input(name, "hidden", value) for name, value in (*kept, ("apply", "1"))]
    return _page(request, screen, replace(question, inputs=[*question.inputs, *hidden]), back, problems)


def _carried_out(request: HttpRequest, question: Question) -> list[str]:
    """What stands against it; nothing when it is done."""
    reason = request.POST.get("reason", "").strip()
    if question.asks_reason and not reason:
        return ["Say why: this is kept with the decision."]
    try:
        messages.success(request, question.carry_out(reason))
    except Refused as refusal:
        return refusal.problems
    return []


def _page(
    request: HttpRequest, screen: ModelAdmin, question: Question, back: str, problems: Sequence[str]
) -> HttpResponse:
    context = {
        **screen.admin_site.each_context(request),
        "title": question.title,
        "question": question,
        "problems": problems,
        "reason": request.POST.get("reason", "").strip(),
        "back": back,
        "opts": screen.opts,
    }
    return TemplateResponse(request, "approvals/confirm.html", context, status=409 if problems else 200)
