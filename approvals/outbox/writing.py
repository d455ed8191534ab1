"""Many events at once, in two statements."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from approvals import correlation, tracing
from approvals.clock import now
from approvals.models import Event, WorkflowRun
from approvals.outbox.waking import wake_on_commit
from approvals.set_based import insert_rows

COLUMNS = ("name", "subject", "payload", "workflow_run", "occurred_at", "uid", "correlation_id")


@dataclass(frozen=True)
class Draft:
    name: str
    subject: str
    payload: dict[str, Any] = field(default_factory=dict)
    occurred_at: datetime | None = None


def write_events(drafts: Sequence[Draft], *, workflow_run: WorkflowRun | None = None) -> int:
    """Insert them inside the caller's transaction, in this order, and wake a deliverer after its commit."""
    run, moment = (workflow_run.pk if workflow_run else None), now()
    traceparent = tracing.traceparent()
    cause: tuple[str, ...] = (correlation.current(), traceparent) if traceparent else (correlation.current(),)
    rows = [
        (draft.name, draft.subject, draft.payload, run, draft.occurred_at or moment, uuid.uuid4(), *cause)
        for draft in drafts
    ]
    if rows:
        insert_rows(Event, (*COLUMNS, "traceparent") if traceparent else COLUMNS, rows)
        wake_on_commit()
    return len(rows)
