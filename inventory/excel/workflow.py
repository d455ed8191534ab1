"""The daily sync as a declared workflow: the gate, posting and record of a count, with a workbook as its source."""

from datetime import timedelta
from functools import partial

from approvals.afterwards import event_completed
from approvals.contract import (
    ActionType,
    AfterAction,
    Check,
    ContextQuery,
    Gate,
    Input,
    Retry,
    Step,
    Trigger,
    When,
    Workflow,
    block,
    warn,
)
from inventory.excel import closing, context, decision_page, gate, storing
from inventory.excel.gate import EXCEL
from inventory.excel.submission import WORKFLOW
from inventory.variance import gate as variance_gate

EXCEL_SYNC = Workflow(
    key=WORKFLOW,
    title="Excel sync",
    summary="Workbook, compared with inventory_balance net of movements since its as-of time; small differences "
    "posted, larger ones decided by a person, NetSuite inventoryadjustment push.",
    trigger=Trigger(description="Morning sync 09:00 on business days; each workbook that is uploaded or dropped"),
    inputs=(
        Input("location_id", "integer"),
        Input("as_of", "string"),
        Input("reading", "object"),
        Input("auto_fix", "boolean", required=False),
    ),
    read_inputs=context.read_inputs,
    context=(
        ContextQuery("location", "inventory_locations", context.load_location),
        ContextQuery("current_balances", "inventory_balance", context.load_balances),
        ContextQuery("tolerance", "guardrails", context.load_tolerance),
    ),
    preconditions=(
        block("location_exists", "location_id IN (SELECT id FROM inventory_locations)", context.location_exists),
        block("rows_non_empty", "some row states a quantity", context.rows_non_empty),
        block("as_of_has_come", "as_of <= now", context.as_of_has_come),
        block("something_is_known", "some row is about an item kept at the location", context.something_is_known),
        warn("as_of_recent", "as_of within 24 hours", context.as_of_recent),
        warn("no_pending_pushes", "no adjustment of the location still on its way", context.no_pending_pushes),
    ),
    gate=Gate(
        risk=variance_gate.RISK, proposes=gate.ENVELOPE, waived="every row matches or is within the first tier"
    ),
    steps=(
        Step("compare_rows", "d1_write", storing.compare_rows_step, When.AT_ONCE,
             {"table": "inventory_sync_line", "operation": "insert"}),
        Step("open_new_items", "d1_write", storing.open_new_items_step, When.AT_ONCE,
             {"table": "items, inventory_balance", "operation": "insert"}),
        Step("stage_differences", "stage_proposed_action", gate.stage_differences_step, When.AT_ONCE,
             {"action_type": gate.ADJUSTMENT, "entity_type": "inventory_location"}),
        Step("hitl_approve", "stage_proposed_action", gate.hitl_approve_step, When.AT_ONCE,
             {"action_type": gate.SIGN_OFF, "entity_type": "workflow_run"}),
        Step("manager_summary", "hitl_email_draft", closing.manager_summary_step, When.AT_ONCE,
             {"tool": "propose_email_to_customer", "mailbox": "setting INVENTORY_MANAGER_MAILBOX",
              "template": closing.SUMMARY_TEMPLATE, "if": "anything is pending"}),
        Step("ns_push_adjustments", "ns_push", closing.ns_push_adjustments_step, When.EACH_BATCH,
             {"record_type": "inventoryadjustment", "queue": "NS_PUSH_QUEUE", "on_failure": "retry_3_then_alert"}),
        Step("d1_update_balances", "d1_write", closing.d1_update_balances_step, When.EACH_BATCH,
             {"table": "inventory_balance", "operation": "update"}),
        Step("kv_invalidate_inventory", "kv_invalidate", closing.kv_invalidate_inventory_step, When.EACH_BATCH,
             {"keys": "inventory:zone:<zone_id>, inventory:summary"}),
        Step("reflexion_write", "d1_write", closing.reflexion_write_step, When.WHEN_DECIDED,
             {"table": "reflexion_log", "operation": "insert", "tags": "inventory,excel_sync,variance"}),
    ),
    afterwards=(
        AfterAction("log_run", "INSERT workflow_run_log", closing.log_run),
        AfterAction("event_completed", "FIRE event workflow.completed", event_completed),
    ),
    verify=(
        Check("rows_accounted", timedelta(minutes=5), "rows in = rows accounted for", closing.rows_accounted),
        Check("adjustments_pushed", timedelta(minutes=60), "n >= staged_count", closing.adjustments_pushed),
        Check("balances_updated", timedelta(minutes=120), "n >= staged_count", closing.balances_updated),
    ),
    retry=Retry(
        attempts=3, first_delay=timedelta(milliseconds=2000), longest=timedelta(milliseconds=60_000), alert=True
    ),
)  # fmt: skip

ENVELOPE = ActionType(
    key=gate.ENVELOPE,
    title="Excel sync",
    live=lambda actions: {action.pk: dict(action.payload) for action in actions},
    decided=lambda decision: None,
)
ADJUSTMENT = ActionType(
    key=gate.ADJUSTMENT,
    title="Excel sync",
    live=partial(variance_gate.live_lines, EXCEL),
    decided=partial(variance_gate.decide_lines, EXCEL),
    page=decision_page.lines_page,
    template="inventory/decision_lines.html",
)
SIGN_OFF = ActionType(
    key=gate.SIGN_OFF,
    title="Sign-off of a sync",
    live=partial(variance_gate.live_sign_off, EXCEL),
    decided=partial(variance_gate.decide_sign_off, EXCEL),
    objection=partial(variance_gate.sign_off_objection, EXCEL),
    page=decision_page.sign_off_page,
    template="inventory/decision_sign_off.html",
)
