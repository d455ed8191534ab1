"""What this app declares to the engine and the gate."""

from approvals.registry import register_action_type, register_schedule, register_workflow
from inventory.counting import workflow
from inventory.day_end import schedule
from inventory.excel import morning
from inventory.excel import workflow as excel
from inventory.mirror import action_types
from inventory.wms import reconciling_schedule, rollout_sign_off

register_workflow(workflow.INVENTORY_RECONCILIATION)
register_action_type(workflow.ENVELOPE)
register_action_type(workflow.ADJUSTMENT)
register_action_type(workflow.SIGN_OFF)
register_action_type(action_types.ENVELOPE)
register_action_type(action_types.CORRECTION)
register_action_type(action_types.SIGN_OFF)
register_workflow(excel.EXCEL_SYNC)
register_action_type(excel.ENVELOPE)
register_action_type(excel.ADJUSTMENT)
register_action_type(excel.SIGN_OFF)
register_schedule(morning.MORNING_SYNC)
register_schedule(schedule.END_OF_DAY)
register_schedule(reconciling_schedule.RECONCILIATION)
register_action_type(rollout_sign_off.SWITCH_SIGN_OFF)
