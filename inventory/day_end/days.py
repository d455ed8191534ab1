"""Which locations are owed a report, and for which days none was made."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Min, Q

from approvals.business_days import business_day_of, days_between
from approvals.clock import now
from inventory.day_end.span import end_of, span_of
from inventory.excel.morning import kept_by_workbooks
from inventory.models import DayEndReport, ExcelSync, Location, Order

LOOKED_BACK = timedelta(days=60)


@dataclass(frozen=True)
class Missing:
    business_date: date
    location: Location

    @property
    def due_at(self) -> datetime:
        return end_of(self.business_date)


def locations_due(business_date: date) -> list[Location]:
    """Those with stock kept in Excel, and those with orders since the report before."""
    kept = set(kept_by_workbooks())
    return [place for place in Location.objects.all() if place in kept or _has_orders(place, business_date)]


def _has_orders(location: Location, business_date: date) -> bool:
    span = span_of(business_date, location, now())
    placed = Q(placed_at__gt=span.begin, placed_at__lte=span.end)
    closed = Q(closed_at__gt=span.begin, closed_at__lte=span.end)
    return Order.objects.filter(placed | closed, location=location).exists()


def missing_days(until: date) -> list[Missing]:
    """Business days up to `until` without a report, the latest first, from each location's first report or sync on.

    Locations with stock kept in Excel only: others are owed a report on days with orders alone.
    """
    earliest = until - LOOKED_BACK
    made = set(DayEndReport.objects.filter(business_date__gte=earliest).values_list("business_date", "location_id"))
    begun, places = _first_days(), kept_by_workbooks()
    return [
        Missing(day, place)
        for day in days_between(earliest, until)
        for place in places
        if place.pk in begun and begun[place.pk] <= day and (day, place.pk) not in made
    ]


def _first_days() -> dict[int, date]:
    reports = DayEndReport.objects.order_by().values("location").annotate(first=Min("business_date"))
    first: dict[int, date] = {row["location"]: row["first"] for row in reports}
    syncs = ExcelSync.objects.order_by().values("location").annotate(first=Min("submitted_at"))
    for row in syncs:
        day = business_day_of(row["first"])
        first[row["location"]] = min(day, first.get(row["location"], day))
    return first
