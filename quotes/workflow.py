"""What this app declares to the engine and the gate."""

from approvals.registry import register_action_type
from quotes import price_updates

register_action_type(price_updates.ENVELOPE_TYPE)
register_action_type(price_updates.UPDATE_TYPE)
