"""The client's contract “Customer quote”, one field per heading, what this app declares to the engine and the gate."""

from datetime import timedelta

from approvals.afterwards import event_completed
from approvals.contract import (
    ActionType,
    AfterAction,
    Check,
    ContextQuery,
    EmailKind,
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
from approvals.registry import register_action_type, register_email_kind, register_workflow
from netsuite.estimates import ESTIMATE
from netsuite.permits import register_permit
from quotes import closing, context, decision_page, emails, estimates, gate, price_updates, steps, wishes
from quotes.drafting import WORKFLOW

CUSTOMER_QUOTE = Workflow(
    key=WORKFLOW,
    title="Customer quote",
    summary="Draft priced from the pricing master, human approval, then the quote with its lines, its PDF, an e-mail "
    "draft with an approval of its own, the NetSuite estimate, and the mark on the customer's profile.",
    trigger=Trigger(description="proposed_actions approved with action_type=quote_draft; a draft starts the run"),
    inputs=(
        Input("customer_id", "integer"),
        Input("item_codes", "array"),
        Input("school_year", "string"),
        Input("quote_id", "integer", required=False),
        Input("catalog", "string", required=False),
        Input("include_pdf", "boolean", required=False),
        Input("lines", "array of item code, quantity, price of its own with a reason", required=False),
    ),
    read_inputs=wishes.read,
    context=(
        ContextQuery("customer", "customers", context.load_customer),
        ContextQuery("customer_programs", "customer_programs", context.load_programs),
        ContextQuery("current_pricing", "pricing_master, spec_items, guardrails", context.load_pricing),
        ContextQuery("open_quotes", "quotes, proposed_actions", context.load_open_quotes),
    ),
    preconditions=(
        block("customer_exists", "customer.id IS NOT NULL", context.customer_exists),
        warn("items_resolved", "all item_codes match spec_items.item_code", context.items_resolved),
        block("customer_not_on_hold", "customer.entitystatus is active", context.customer_not_on_hold),
        warn("margin_floor", "all (price - cost) x 100 >= 15 x price, cost known", context.margin_floor_held),
        warn("price_present", "all lines have a price; approval is refused without", context.price_present),
    ),
    gate=Gate(risk=gate.RISK, proposes=gate.ENVELOPE, waived="never: every quote is decided by a person"),
    steps=(
        Step("write_quote", "d1_write", steps.write_quote_step, When.WHEN_DECIDED,
             {"tables": "quotes, quote_lines", "operation": "INSERT quotes, INSERT quote_lines (batch)"}),
        Step("render_pdf", "http_call", steps.render_pdf_step, When.WHEN_DECIDED,
             {"artifact": "quotes/{id}.pdf", "if": "include_pdf"}, ahead=steps.render_and_store),
        Step("send_email", "hitl_email_draft", emails.send_email_step, When.WHEN_DECIDED,
             {"tool": emails.TEMPLATE}),
        Step("ns_push", "ns_push", steps.ns_push_step, When.WHEN_DECIDED,
             {"record_type": "estimate", "queue": "NS_PUSH_QUEUE", "payload": "quote_with_lines",
              "on_failure": "retry_3_then_alert"}),
        Step("ar_forecast_touch", "d1_write", steps.ar_forecast_touch_step, When.WHEN_DECIDED,
             {"operation": "UPDATE customer_profiles SET last_quote_event=now WHERE customer_id=?"}),
    ),
    afterwards=(
        AfterAction("log_run", "INSERT workflow_runs", closing.log_run),
        AfterAction("reflexion", "INSERT reflexion_log with tags=quote,customer:?,school_year:?", closing.reflexion),
        AfterAction("event_completed", "FIRE event workflow.completed", event_completed),
    ),
    verify=(
        Check("quote_persisted", timedelta(minutes=5), "one quote, approved or later", closing.quote_persisted),
        Check("pdf_stored", timedelta(minutes=5), "the stored file has the hash of the quote", closing.pdf_stored,
              asks_elsewhere=True),
        Check("email_sent", timedelta(minutes=5), "the approved e-mail was sent", closing.email_sent),
    ),
    retry=Retry(
        attempts=3, first_delay=timedelta(milliseconds=1500), longest=timedelta(milliseconds=30_000), alert=True
    ),
)  # fmt: skip

ENVELOPE = ActionType(
    key=gate.ENVELOPE,
    title="Customer quote",
    live=lambda actions: {action.pk: dict(action.payload) for action in actions},
    decided=lambda decision: None,
)
QUOTE_DRAFT = ActionType(
    key=context.QUOTE_DRAFT,
    title="Customer quote",
    live=gate.live_drafts,
    decided=lambda decision: None,
    objection=gate.objection_to,
    page=decision_page.draft_page,
    template="quotes/decision_quote.html",
)
QUOTE_EMAIL = EmailKind(
    template=emails.TEMPLATE,
    may_leave=emails.may_leave,
    has_left=emails.has_left,
    objection=emails.recipients_objection,
)

register_workflow(CUSTOMER_QUOTE)
register_action_type(ENVELOPE)
register_action_type(QUOTE_DRAFT)
register_email_kind(QUOTE_EMAIL)
register_permit(ESTIMATE, estimates.may_be_pushed)
register_action_type(price_updates.ENVELOPE_TYPE)
register_action_type(price_updates.UPDATE_TYPE)
