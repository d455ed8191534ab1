"""17:00 on business days: a report for every location that is owed one."""

from datetime import date, datetime

from approvals.business_days import business_day_of, every_business_day
from approvals.clock import now
from approvals.contract import Schedule
from approvals.schedules import latest_slot
from inventory.day_end.days import locations_due
from inventory.day_end.document import summary_of
from inventory.day_end.reporting import make_report


def make_reports(slot_at: datetime) -> str:
    """The slot's own day, also when it is caught up later."""
    day = business_day_of(slot_at)
    reports = [make_report(business_date=day, location=place) for place in locations_due(day)]
    if not reports:
        return "No report is owed: no stock is kept in Excel, and there were no orders."
    return "; ".join(f"{report.location.code}: {summary_of(report)}" for report in reports) + "."


END_OF_DAY = Schedule(
    key="end_of_day_report",
    title="End-of-day report",
    when=every_business_day(17),
    on_slot=make_reports,
    by_hand="make the report by hand on the End of day page",
)


def last_day_over() -> date:
    """The last business day whose report is due by now."""
    return business_day_of(latest_slot(END_OF_DAY.when, now()))
