"""The printed declaration names everything the client's contract names, and the stored page is up to date."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

CONTRACT_NAMES = (
    *("compute_variance", "classify_variance", "stage_adjustments", "hitl_approve", "ns_push_adjustments"),
    *("d1_update_balances", "kv_invalidate_inventory", "variance_summary_notify", "recompute_cost_basis"),
    *("reflexion_write", "runner_log_run", "runner_reflexion", "log_run", "reflexion", "event_completed"),
    *("counts_logged", "adjustments_pushed", "d1_balances_updated"),
    *("max_attempts", "backoff", "base_ms", "max_ms", "alert_on_final_failure"),
    *("proposed_actions", "inventory_count_log", "inventory_balance", "workflow_run_log", "reflexion_log"),
    *("workflow_verify_results", "workflow.completed", "NS_PUSH_QUEUE", "recompute_assembly_cost_rollup"),
    *("propose_email_to_customer", "weekly_variance_summary", "inventory:summary", "retry_3_then_alert"),
    *("zone_exists", "counts_non_empty", "counted_at_recent", "no_pending_movements", "0 6 * * MON"),
    *("current_balances", "recent_movements", "variance_tolerance", "workflow_inventory_reconciliation"),
)


@pytest.fixture
def printed(settings, tmp_path):
    """What the command prints, writing its page into a folder of the test."""
    (tmp_path / "docs").mkdir()
    settings.BASE_DIR = tmp_path
    out = StringIO()
    call_command("describe_workflows", stdout=out)
    return out.getvalue()


@pytest.mark.parametrize("name", CONTRACT_NAMES)
def test_every_name_of_the_contract_is_printed(printed, name):
    assert name in printed


def test_the_ten_fan_out_targets_stand_in_the_contracts_order(printed):
    section = printed.split("### 6 ")[1].split("### 7 ")[0]
    names = [row.split("|")[2].strip() for row in section.splitlines() if row.startswith("| #") and "Name" not in row]
    assert names == list(CONTRACT_NAMES[:10])


def test_the_chart_shows_every_step_once(printed):
    chart = printed.split("```mermaid")[1].split("```")[0]
    for number, name in enumerate(CONTRACT_NAMES[:10], 1):
        assert chart.count(f"{number}. {name}<br/>") == 1


def test_a_changed_page_is_stale_until_it_is_written_again(printed, settings):
    page = settings.BASE_DIR / "docs" / "workflows.md"
    assert page.read_text(encoding="utf-8") == printed.rstrip("\n") + "\n"
    page.write_text(page.read_text(encoding="utf-8").replace("hitl_approve", "approve"), encoding="utf-8")
    with pytest.raises(CommandError, match="stale") as failure:
        call_command("describe_workflows", "--check")
    assert failure.value.returncode == 1
    call_command("describe_workflows", stdout=StringIO())
    call_command("describe_workflows", "--check", stdout=StringIO())


def test_the_projects_own_page_is_up_to_date():
    call_command("describe_workflows", "--check", stdout=StringIO())
