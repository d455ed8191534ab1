"""The declaration says what the client's contract of the customer quote says, by its names and in its order."""

from datetime import timedelta

from approvals.management.workflow_pages import page
from quotes.workflow import CUSTOMER_QUOTE


def names(parts):
    return [part.name for part in parts]


def test_it_carries_the_contracts_names_in_the_contracts_order():
    assert names(CUSTOMER_QUOTE.context) == ["customer", "customer_programs", "current_pricing", "open_quotes"]
    assert [(rule.name, rule.blocks) for rule in CUSTOMER_QUOTE.preconditions] == [
        ("customer_exists", True),
        ("items_resolved", False),
        ("customer_not_on_hold", True),
        ("margin_floor", False),
        ("price_present", False),
    ]
    assert [(step.name, step.kind) for step in CUSTOMER_QUOTE.steps] == [
        ("write_quote", "d1_write"),
        ("render_pdf", "http_call"),
        ("send_email", "hitl_email_draft"),
        ("ns_push", "ns_push"),
        ("ar_forecast_touch", "d1_write"),
    ]
    assert names(CUSTOMER_QUOTE.verify) == ["quote_persisted", "pdf_stored", "email_sent"]
    assert names(CUSTOMER_QUOTE.afterwards) == ["log_run", "reflexion", "event_completed"]
    assert (CUSTOMER_QUOTE.gate.risk, CUSTOMER_QUOTE.gate.proposes) == (3, "workflow_customer_quote")


def test_three_attempts_from_one_and_a_half_to_thirty_seconds():
    retry = CUSTOMER_QUOTE.retry
    assert (retry.attempts, retry.first_delay, retry.longest, retry.alert) == (
        3,
        timedelta(milliseconds=1500),
        timedelta(milliseconds=30_000),
        True,
    )


def test_the_printed_page_names_what_the_contract_targets():
    printed = page([CUSTOMER_QUOTE])
    for name in (
        "send_quote_to_customer",
        "NS_PUSH_QUEUE",
        "retry_3_then_alert",
        "last_quote_event",
        "quote_with_lines",
    ):
        assert name in printed
