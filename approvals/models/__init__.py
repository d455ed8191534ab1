from approvals.models.actions import ProposedAction
from approvals.models.audit import AuditEntry, AuditHead
from approvals.models.guardrails import Guardrail
from approvals.models.outbound import OutboundEmail
from approvals.models.record import Alert, Event, JournalEntry, VerifyCheck
from approvals.models.runs import RunStep, ScheduledSlot, TickMark, WorkflowRun
from approvals.models.tokens import EditToken

__all__ = [
    "Alert",
    "AuditEntry",
    "AuditHead",
    "EditToken",
    "Event",
    "Guardrail",
    "JournalEntry",
    "OutboundEmail",
    "ProposedAction",
    "RunStep",
    "ScheduledSlot",
    "TickMark",
    "VerifyCheck",
    "WorkflowRun",
]
