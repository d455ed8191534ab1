"""What happened to a quote after its approval, told where it is looked for: audit trail, events, journal."""

import json
from typing import Any

from approvals import audit
from approvals.models import Event, JournalEntry
from quotes.models import Quote

TAG = "quotes"


def tell(quote: Quote, what: str, sentence: str, *, by: Any, **details: Any) -> None:
    """`what` completes `quote.`; belongs inside the transaction that did it. `by` None: the clock did it."""
    ref = f"quote:{quote.pk}"
    facts = json.loads(json.dumps({"quote": str(quote), "customer": quote.customer.code, **details}, default=str))
    audit.append(actor=by, verb=f"quote.{what}", entity_ref=ref, details=facts)
    Event.objects.create(name=f"quote.{what}", subject=ref, payload=facts, workflow_run=quote.workflow_run)
    JournalEntry.objects.create(
        workflow_run=quote.workflow_run,
        entity_type="quote",
        entity_id=str(quote.pk),
        outcome=what,
        tags=TAG,
        narrative=sentence,
    )
