"""Editing an e-mail draft before it is decided."""

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from approvals.admin.links import page_of
from approvals.mail.drafting import SUBJECT_LENGTH, edit_email
from approvals.models import ProposedAction
from approvals.refusals import Refused


def edit_draft(request: HttpRequest, screen: ModelAdmin, draft: ProposedAction) -> HttpResponse:
    """The form; on POST save it and go back to the decision. What was typed survives a refusal."""
    typed = {
        "mailbox": draft.payload["mailbox"],
        "cc": ", ".join(draft.payload.get("cc", [])),
        "subject": draft.payload["subject"],
        "body": draft.payload["body"],
    }
    problems: list[str] = []
    if request.method == "POST":
        typed = {name: request.POST.get(name, "") for name in typed}
        try:
            edit_email(
                action_id=draft.pk,
                by=request.user,
                mailbox=typed["mailbox"],
                cc=typed["cc"].replace(";", ",").split(","),
                subject=typed["subject"],
                body=typed["body"],
            )
        except Refused as refusal:
            problems = refusal.problems
        else:
            messages.success(request, "Saved. It is sent only after somebody approves it.")
            return redirect(page_of(draft))
    context = {
        **screen.admin_site.each_context(request),
        "title": "Edit the e-mail",
        "opts": screen.opts,
        "draft": draft,
        "typed": typed,
        "problems": problems,
        "subject_length": SUBJECT_LENGTH,
        "back": page_of(draft),
    }
    return TemplateResponse(request, "approvals/edit_email.html", context, status=409 if problems else 200)
