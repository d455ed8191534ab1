from approvals.models.actions import ProposedAction
from approvals.models.audit import AuditEntry, AuditHead
from approvals.models.guardrails import Guardrail
from approvals.models.outbound import OutboundEmail
from approvals.models.outbox import Delivery, OutboxHead, Subscription, SubscriptionSecret
from approvals.models.record import Alert, Event, JournalEntry, VerifyCheck
from approvals.models.runs import RunStep, ScheduledSlot, TickMark, WorkflowRun
from approvals.models.tokens import EditToken

__all__ = [
    "Alert",
    "AuditEntry",
    "AuditHead",
    "Delivery",
    "EditToken",
    "Event",
    "Guardrail",
    "JournalEntry",
    "OutboundEmail",
    "OutboxHead",
    "ProposedAction",
    "RunStep",
    "ScheduledSlot",
    "Subscription",
    "SubscriptionSecret",
    "TickMark",
    "VerifyCheck",
    "WorkflowRun",
]
