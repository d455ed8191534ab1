"""The company's calendar: settings BUSINESS_DAYS and BUSINESS_HOLIDAYS, read where COUNT_TIME_ZONE is."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from approvals.contract import WEEKDAYS, BusinessDays, Daily


def business_days() -> BusinessDays:
    weekdays = frozenset(WEEKDAYS.index(name) for name in settings.BUSINESS_DAYS)
    return BusinessDays(weekdays, frozenset(settings.BUSINESS_HOLIDAYS))


def business_day_of(at: datetime) -> date:
    """The calendar day it is then where the company is, whether worked on or not."""
    return at.astimezone(ZoneInfo(settings.COUNT_TIME_ZONE)).date()


def beginning_of(day: date) -> datetime:
    """Midnight before the day, where the company is."""
    return datetime.combine(day, time(), ZoneInfo(settings.COUNT_TIME_ZONE))


def every_business_day(hour: int, minute: int = 0) -> Daily:
    return Daily(
        cron=f"{minute} {hour} * * {_cron_days(business_days().weekdays)}",
        hour=hour,
        minute=minute,
        time_zone=settings.COUNT_TIME_ZONE,
        days=business_days(),
    )


def days_between(first: date, last: date) -> Iterator[date]:
    """The business days of the span, both ends included, the latest first."""
    calendar, day = business_days(), last
    while day >= first:
        if day in calendar:
            yield day
        day -= timedelta(days=1)


def business_day_before(day: date) -> date:
    """The last business day before `day`; a year of holidays ends the search at that."""
    return next(days_between(day - timedelta(days=400), day - timedelta(days=1)), day - timedelta(days=1))


def _cron_days(weekdays: frozenset[int]) -> str:
    """MON-FRI where they follow each other, MON,WED where not: day 0 is Sunday in cron, so names it is."""
    days = sorted(weekdays)
    if len(days) > 2 and days == list(range(days[0], days[-1] + 1)):
        return f"{WEEKDAYS[days[0]]}-{WEEKDAYS[days[-1]]}"
    return ",".join(WEEKDAYS[day] for day in days)
