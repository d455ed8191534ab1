"""What this app declares to the engine and the gate."""

from approvals.registry import register_action_type, register_workflow
from inventory.counting import workflow

register_workflow(workflow.INVENTORY_RECONCILIATION)
register_action_type(workflow.ENVELOPE)
register_action_type(workflow.ADJUSTMENT)
register_action_type(workflow.SIGN_OFF)
