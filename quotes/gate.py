"""The approval of a draft: what is staged, what a decision is bound to, and what keeps it from being approved.

One envelope per run holds one `quote_draft`. A decision is bound to the hash of all that the customer would see and
to the warnings as they read at that moment.
"""

from dataclasses import dataclass
from typing import Any

from approvals.contract import Skipped, StepResult, Waiting
from approvals.models import ProposedAction, WorkflowRun
from approvals.operations import Decision
from approvals.refusals import Refused
from quotes import drafts
from quotes.contents_of import document_of
from quotes.context import QUOTE_DRAFT, customer_ref
from quotes.documents.contents import QuoteDocument, content_hash
from quotes.drafts import Draft
from quotes.models import Customer, Quote
from quotes.revisions import next_revision, superseded_by_next
from quotes.standing import Standing, standing_of

ENVELOPE = "workflow_customer_quote"
RISK = 3
Status = ProposedAction.Status


def stage(run: WorkflowRun, customer: Customer, draft: Draft, *, revises: Quote | None) -> ProposedAction:
    """The envelope with its one `quote_draft`. Belongs inside the transaction that starts the run."""
    title = title_of(customer, draft, revises)
    envelope = ProposedAction.objects.create(
        action_type=ENVELOPE,
        title=title,
        risk=RISK,
        workflow_run=run,
        entity_type="customer",
        entity_ref=run.entity_ref,
        payload={"customer": str(customer), "school_year": str(draft.school_year), "lines": len(draft.lines)},
    )
    return ProposedAction.objects.create(
        action_type=QUOTE_DRAFT,
        title=title,
        risk=RISK,
        workflow_run=run,
        envelope=envelope,
        entity_type="customer",
        entity_ref=customer_ref(customer.pk),
        payload=drafts.stored(draft),
    )


def title_of(customer: Customer, draft: Draft, revises: Quote | None) -> str:
    what = f"Revision of {revises}" if revises else "Quote"
    count = f"{len(draft.lines)} line{'s' if len(draft.lines) != 1 else ''}"
    return f"{what} for {customer}, {draft.school_year}, {count}"[:200]


def restage(action: ProposedAction, customer: Customer, draft: Draft, *, revises: Quote | None) -> None:
    """Put a changed draft in the place of the one that waits; `action` is locked."""
    action.payload, action.title = drafts.stored(draft), title_of(customer, draft, revises)
    action.save(update_fields=["payload", "title"])
    ProposedAction.objects.filter(lines=action).update(title=action.title)


def lock_draft(action_id: int) -> ProposedAction:
    """A draft nobody has decided, locked with its run, as the gate does. Raises Refused."""
    found = ProposedAction.objects.filter(pk=action_id, action_type=QUOTE_DRAFT).first()
    if found is None:
        raise Refused(f"There is no draft {action_id}. Choose one from the list of what waits for approval.")
    WorkflowRun.objects.select_for_update(of=("self",)).only("pk").get(proposed_actions=found)
    action = ProposedAction.objects.select_for_update().get(pk=action_id)
    if action.status != Status.PENDING:
        state = action.get_status_display().lower()
        raise Refused(f"This draft is already {state}; it stays as it was decided. Revise the quote instead.")
    return action


def run_of(action: ProposedAction) -> WorkflowRun:
    return WorkflowRun.objects.get(proposed_actions=action)


def draft_action(run: WorkflowRun) -> ProposedAction:
    return run.proposed_actions.select_related("decided_by").get(action_type=QUOTE_DRAFT)


def gate_result(run: WorkflowRun) -> StepResult | None:
    """Why a step must not act yet, or never; None once the draft is approved."""
    action = draft_action(run)
    if action.status == Status.PENDING:
        return Waiting("The draft waits for approval.")
    if action.status == Status.APPROVED:
        return None
    return Skipped(f"The draft was {action.get_status_display().lower()}.")


@dataclass(frozen=True)
class Offered:
    """A draft as it stands now."""

    draft: Draft
    document: QuoteDocument
    standing: Standing
    parent: Quote | None


def offered(action: ProposedAction) -> Offered:
    """In a constant number of queries."""
    draft = drafts.read(action.payload)
    parent = Quote.objects.filter(pk=draft.revises).first() if draft.revises else None
    document = document_of(draft, draft.lines, revision=next_revision(parent), supersedes=superseded_by_next(parent))
    return Offered(draft, document, standing_of(draft), parent)


def live_drafts(actions: list[ProposedAction]) -> dict[int, dict[str, Any]]:
    """What a decision is bound to. No figure of cost is in it, only what follows for the warnings."""
    return {action.pk: _live(offered(action)) for action in actions}


def _live(now_offered: Offered) -> dict[str, Any]:
    return {
        "content": content_hash(now_offered.document),
        "warnings": list(now_offered.standing.warnings),
        "moved": list(now_offered.standing.moved),
    }


def objection_to(decision: Decision) -> str:
    """Why this draft cannot be approved now, as a sentence; rejecting is always possible."""
    for action in decision.verdicts.get(Status.APPROVED, []):
        standing = offered(action).standing
        if standing.blocks:
            return " ".join(standing.blocks)
        if standing.warnings and not decision.note.strip():
            return f"Write in the note why this may go out in spite of: {' '.join(standing.warnings)}"
    return ""
