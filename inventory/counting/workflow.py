"""The client's contract “Inventory reconciliation (cycle count)”, v2, one field per heading."""

from datetime import timedelta
from functools import partial

from django.conf import settings

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
    Weekly,
    When,
    Workflow,
    block,
    warn,
)
from inventory.counting import closing, comparing, context, decision_page, gate, posting
from inventory.counting.gate import COUNT
from inventory.counting.planning import plan_counts
from inventory.counting.submission import WORKFLOW
from inventory.variance import gate as variance_gate

INVENTORY_RECONCILIATION = Workflow(
    key=WORKFLOW,
    title="Inventory reconciliation (cycle count)",
    summary="Count zone, diff to inventory_balance, human decision if variance is beyond the guardrails, NetSuite "
    "inventoryadjustment push, recompute cost basis.",
    trigger=Trigger(
        description="Weekly per-zone cycle count, every Monday 06:00; and each submitted count",
        weekly=Weekly(cron="0 6 * * MON", weekday=0, hour=6, time_zone=settings.COUNT_TIME_ZONE),
        on_slot=plan_counts,
        by_hand="run it by hand on the rotation plan page",
    ),
    inputs=(Input("zone_id", "integer"), Input("counted_at", "string"), Input("counts", "array")),
    read_inputs=context.read_inputs,
    context=(
        ContextQuery("zone", "inventory_zones", context.load_zone),
        ContextQuery("current_balances", "inventory_balance, inventory_zones", context.load_current_balances),
        ContextQuery("recent_movements", "transactions, inventory_zones", context.load_recent_movements),
        ContextQuery("variance_tolerance", "guardrails", context.load_tolerance),
    ),
    preconditions=(
        block("zone_exists", "zone_id IN (SELECT id FROM inventory_zones)", context.zone_exists),
        block("counts_non_empty", "length(counts) > 0", context.counts_non_empty),
        warn("counted_at_recent", "counted_at within 24 hours", context.counted_at_recent),
        warn("no_pending_movements", "no adjustment of the zone still on its way", context.no_pending_movements),
    ),
    gate=Gate(risk=variance_gate.RISK, proposes=COUNT.envelope, waived="every line is within the guardrails"),
    steps=(
        Step("compute_variance", "d1_write", comparing.compute_variance_step, When.AT_ONCE,
             {"table": "inventory_count_log", "operation": "insert"}),
        Step("classify_variance", "flag", comparing.classify_variance_step, When.AT_ONCE,
             {"table": "inventory_count_log", "field": "classification", "value": "needs_review"}),
        Step("stage_adjustments", "stage_proposed_action", gate.stage_adjustments_step, When.AT_ONCE,
             {"action_type": COUNT.adjustment, "entity_type": "inventory_zone"}),
        Step("hitl_approve", "stage_proposed_action", gate.hitl_approve_step, When.AT_ONCE,
             {"action_type": COUNT.sign_off, "entity_type": "workflow_run"}),
        Step("ns_push_adjustments", "ns_push", posting.ns_push_adjustments_step, When.EACH_BATCH,
             {"record_type": "inventoryadjustment", "queue": "NS_PUSH_QUEUE", "on_failure": "retry_3_then_alert"}),
        Step("d1_update_balances", "d1_write", posting.d1_update_balances_step, When.EACH_BATCH,
             {"table": "inventory_balance", "operation": "update"}),
        Step("kv_invalidate_inventory", "kv_invalidate", closing.kv_invalidate_inventory_step, When.EACH_BATCH,
             {"keys": "inventory:zone:<zone_id>, inventory:summary"}),
        Step("variance_summary_notify", "hitl_email_draft", closing.variance_summary_notify_step, When.WHEN_DECIDED,
             {"tool": "propose_email_to_customer", "mailbox": "setting WAREHOUSE_MAILBOX",
              "template": closing.SUMMARY_TEMPLATE}),
        Step("recompute_cost_basis", "chat_tool", closing.recompute_cost_basis_step, When.WHEN_DECIDED,
             {"tool": "recompute_assembly_cost_rollup", "if": "any_adjusted_item IN assembly_bom"}),
        Step("reflexion_write", "d1_write", closing.reflexion_write_step, When.WHEN_DECIDED,
             {"table": "reflexion_log", "operation": "insert", "tags": "inventory,cycle_count,variance"}),
    ),
    afterwards=(
        AfterAction("log_run", "INSERT workflow_run_log", closing.log_run),
        AfterAction("reflexion", "INSERT reflexion_log with tags=inventory,cycle_count", closing.reflexion),
        AfterAction("event_completed", "FIRE event workflow.completed", event_completed),
    ),
    verify=(
        Check("counts_logged", timedelta(minutes=5), "n > 0", closing.counts_logged),
        Check("adjustments_pushed", timedelta(minutes=60), "n >= staged_count", closing.adjustments_pushed),
        Check("d1_balances_updated", timedelta(minutes=120), "n >= staged_count", closing.balances_updated),
    ),
    retry=Retry(
        attempts=3, first_delay=timedelta(milliseconds=2000), longest=timedelta(milliseconds=60_000), alert=True
    ),
)  # fmt: skip

ENVELOPE = ActionType(
    key=COUNT.envelope,
    title="Cycle count",
    live=lambda actions: {action.pk: dict(action.payload) for action in actions},
    decided=lambda decision: None,
    stays_open=partial(variance_gate.stays_open, COUNT),
)
ADJUSTMENT = ActionType(
    key=COUNT.adjustment,
    title="Cycle count",
    live=partial(variance_gate.live_lines, COUNT),
    decided=partial(variance_gate.decide_lines, COUNT),
    can_send_back=True,
    page=decision_page.lines_page,
    template="inventory/decision_lines.html",
)
SIGN_OFF = ActionType(
    key=COUNT.sign_off,
    title="Sign-off of a count",
    live=partial(variance_gate.live_sign_off, COUNT),
    decided=partial(variance_gate.decide_sign_off, COUNT),
    objection=partial(variance_gate.sign_off_objection, COUNT),
    page=decision_page.sign_off_page,
    template="inventory/decision_sign_off.html",
)
