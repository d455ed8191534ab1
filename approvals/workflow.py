"""The action types that belong to no domain."""

from approvals.mail.sending import EMAIL_DRAFT_TYPE
from approvals.registry import register_action_type

register_action_type(EMAIL_DRAFT_TYPE)
