"""Which stretch of time a report is about.

A report is made at the end of its business day, while goods may still leave: what leaves afterwards, and on the days
without work that follow, belongs to the next report. So every order is counted in one report.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from approvals.business_days import beginning_of, business_day_before
from inventory.models import DayEndReport, Location


@dataclass(frozen=True)
class Span:
    """After `begin`, up to and including `end`."""

    begin: datetime
    end: datetime


def span_of(business_date: date, location: Location, made_at: datetime) -> Span:
    """`made_at`: when the report was or is being made."""
    before = business_day_before(business_date)
    reports = DayEndReport.objects.filter(location=location, business_date__range=(before, business_date))
    earlier = reports.exclude(business_date=business_date).order_by("-business_date").first()
    # A report made later than its day has counted no more than the day.
    begin = min(earlier.made_at, end_of(earlier.business_date)) if earlier else end_of(before)
    return Span(begin, min(made_at, end_of(business_date)))


def end_of(day: date) -> datetime:
    """Midnight after the day, where the company is."""
    return beginning_of(day + timedelta(days=1))
