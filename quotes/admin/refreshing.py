"""Taking today's prices into a draft that waits for approval."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from approvals.admin.confirming import Question, ask
from approvals.admin.links import page_of
from approvals.models import ProposedAction
from quotes.context import QUOTE_DRAFT
from quotes.drafting import PERMISSION, redraft_quote
from quotes.gate import offered

SHOWN = 20


def refresh_view(request: HttpRequest, pk: int) -> HttpResponse:
    """`pk` is the `quote_draft`."""
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    action = get_object_or_404(ProposedAction.objects.select_related("envelope"), pk=pk, action_type=QUOTE_DRAFT)
    moved = offered(action).standing.moved
    question = Question(
        title=f"Refresh the prices: {action.title}",
        consequences=[
            *moved[:SHOWN],
            *([f"And {len(moved) - SHOWN} more."] if len(moved) > SHOWN else []),
            *([] if moved else ["No price of the pricing master has changed since the draft was made."]),
            "The draft takes today's prices, specifications, addresses and date. Prices of its own stay as they are.",
            "Whoever looked at it must look again before approving.",
        ],
        button="Refresh the prices",
        carry_out=lambda reason: _refresh(action, request),
        back=page_of(action.envelope or action),
    )
    return ask(request, admin.site.get_model_admin(ProposedAction), None, question)


def _refresh(action: ProposedAction, request: HttpRequest) -> str:
    redraft_quote(action_id=action.pk, by=request.user)
    return "Refreshed. Look at the draft as it reads now."
