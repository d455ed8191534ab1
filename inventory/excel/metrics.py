"""Figures of the workbooks for monitoring, one of each for a location that lives by its workbook."""

from collections.abc import Iterator

from prometheus_client.metrics_core import Metric

from approvals.business_days import business_day_of
from approvals.clock import now
from approvals.metrics import gauge, register
from approvals.schedules import latest_slot
from inventory.excel.ledger_side import last_workbook
from inventory.excel.morning import MORNING_SYNC, kept_by_workbooks


def workbooks() -> Iterator[Metric]:
    """`awaited` follows our calendar and time zone, which PromQL cannot: 09:00 is not an hour of UTC."""
    due = latest_slot(MORNING_SYNC.when, now())
    last = {location.code: last_workbook(location) for location in kept_by_workbooks()}
    yield gauge(
        "excel_sync_last_success_timestamp_seconds",
        "When a workbook was last synced.",
        [((code,), sync.submitted_at if sync else None) for code, sync in last.items()],
        "location",
    )
    yield gauge("excel_sync_due_timestamp_seconds", "When workbooks of a business day were last due (09:00).", due)
    yield gauge(
        "excel_sync_awaited",
        "1 when no workbook of that business day, or a later one, has come.",
        [((code,), sync is None or business_day_of(sync.as_of) < business_day_of(due)) for code, sync in last.items()],
        "location",
    )


register("workbooks", workbooks, is_slow=True)
