"""Drafts for tests: a district with a contact, priced items, staged and decided as people would."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import Permission

from approvals import operations
from approvals.models import ProposedAction, WorkflowRun
from quotes.drafting import draft_quote
from quotes.gate import draft_action
from quotes.models import Quote
from quotes.wishes import LineWish
from tests import factories
from tests.quotes import factories as make

YEAR = "2026-27"


def somebody(*permissions: str) -> Any:
    """A member of staff with exactly these permissions."""
    made = factories.user()
    made.is_staff = True
    made.save()
    for name in permissions:
        label, codename = name.split(".")
        made.user_permissions.add(Permission.objects.get(content_type__app_label=label, codename=codename))
    return made


def quoter() -> Any:
    return somebody("quotes.draft_quote")


def approver(*permissions: str) -> Any:
    """Without the sight of cost, unless told otherwise."""
    return somebody("approvals.decide_proposedaction", "approvals.view_proposedaction", *permissions)


def wishes(*items: Any, quantity: int | None = None) -> list[LineWish]:
    return [LineWish(item.item_code, None if quantity is None else Decimal(quantity)) for item in items]


def district(**fields: Any) -> Any:
    return make.customer(**{"contact": "pat@district.example.org", **fields})


def priced(who: Any, count: int = 1, **price: Any) -> list[Any]:
    items = [make.spec_item() for _ in range(count)]
    for item in items:
        make.master_price(who, item, **price)
    return items


def draft(who: Any = None, lines: Sequence[LineWish] | None = None, **wanted: Any) -> WorkflowRun:
    """A staged draft of two priced lines, unless told otherwise. Without a PDF: drawing one takes most of a second."""
    who = who or district()
    lines = wishes(*priced(who, 2)) if lines is None else lines
    by = wanted.pop("by", None) or quoter()
    wanted.setdefault("include_pdf", False)
    return draft_quote(customer_id=who.pk, school_year=wanted.pop("year", YEAR), lines=lines, by=by, **wanted)


def approve(run: WorkflowRun, note: str = "", by: Any = None) -> Quote:
    """Approve what the run proposes, bound to how it reads now; returns the quote it became."""
    decide(draft_action(run), by or approver(), note)
    return Quote.objects.get(workflow_run=run)


def decide(action: ProposedAction, by: Any, note: str = "", verdict: str = "approved") -> ProposedAction:
    seen = operations.content_hash(operations.live_numbers(action))
    return operations.decide(action_id=action.pk, by=by, seen_hash=seen, via="admin", verdict=verdict, note=note)


def email_draft(run: WorkflowRun) -> ProposedAction:
    return run.proposed_actions.get(action_type="propose_email_to_customer")
