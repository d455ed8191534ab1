"""What this app declares to the engine and the gate."""

from approvals.registry import register_action_type, register_workflow
from inventory.counting.gate import ADJUSTMENT_TYPE, ENVELOPE_TYPE, SIGN_OFF_TYPE
from inventory.counting.workflow import INVENTORY_RECONCILIATION

register_workflow(INVENTORY_RECONCILIATION)
register_action_type(ENVELOPE_TYPE)
register_action_type(ADJUSTMENT_TYPE)
register_action_type(SIGN_OFF_TYPE)
