"""The beat table as data. Run by celery beat, shown and switched off or on in the admin.

Beat only wakes: what is due is decided by rows, so an entry that fires twice, late or never
costs nothing but time. The ticks also find what a missed entry should have started.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

from approvals.business_days import every_business_day


@dataclass(frozen=True)
class Cron:
    """Five fields as in crontab(5), read in COUNT_TIME_ZONE."""

    expression: str

    def row(self) -> dict[str, Any]:
        minute, hour, day_of_month, month_of_year, day_of_week = self.expression.split()
        crontab, _ = CrontabSchedule.objects.get_or_create(
            minute=minute,
            hour=hour,
            day_of_month=day_of_month,
            month_of_year=month_of_year,
            day_of_week=day_of_week.lower(),
            timezone=settings.COUNT_TIME_ZONE,
        )
        return {"crontab": crontab, "interval": None, "expire_seconds": 3600}


@dataclass(frozen=True)
class Every:
    """A fixed interval, in whole seconds."""

    interval: timedelta

    def row(self) -> dict[str, Any]:
        seconds = int(self.interval.total_seconds())
        interval, _ = IntervalSchedule.objects.get_or_create(every=seconds, period=IntervalSchedule.SECONDS)
        # A wake-up nobody took within its interval is followed by a fresh one.
        return {"interval": interval, "crontab": None, "expire_seconds": seconds}


@dataclass(frozen=True)
class Entry:
    name: str
    task: str
    schedule: Cron | Every
    reason: str


SCHEDULE = (
    Entry(
        name="Work that is due",
        task="approvals.tasks.tick",
        schedule=Every(timedelta(seconds=30)),
        reason="Advances runs, retries, verify checks and missed slots, whatever the broker lost.",
    ),
    Entry(
        name="Push to NetSuite",
        task="netsuite.tasks.drain",
        schedule=Every(timedelta(seconds=30)),
        reason="Sends every queued push that is due, one at a time.",
    ),
    Entry(
        name="Events out",
        task="approvals.tasks.deliver",
        schedule=Every(timedelta(seconds=5)),
        reason="Puts committed events in order and sends subscribers what is due.",
    ),
    Entry(
        name="Compare with NetSuite",
        task="inventory.mirror.tasks.mirror",
        schedule=Every(timedelta(minutes=5)),
        reason="Reads NetSuite's balances beside ours; a lasting difference becomes a proposed correction.",
    ),
    Entry(
        name="Quotes that run out",
        task="quotes.tasks.expire",
        schedule=Every(timedelta(minutes=5)),
        reason="Marks sent quotes as expired once their last day is over where the company is.",
    ),
    Entry(
        name="Look for stock workbooks",
        task="inventory.excel.tasks.look_into_folders",
        schedule=Every(timedelta(minutes=1)),
        reason="Syncs a workbook that was dropped into a location's watched folder.",
    ),
    Entry(
        name="Morning Excel sync",
        task="inventory.excel.tasks.morning_sync",
        schedule=Cron(every_business_day(9).cron),
        reason="09:00 on business days: syncs what lies in the folders, and asks for the workbooks that are missing.",
    ),
    Entry(
        name="Weekly cycle count",
        task="inventory.counting.tasks.weekly_cycle_count",
        schedule=Cron("0 6 * * MON"),
        reason="Monday 06:00 where the counts are made: chooses the zone and issues its walk-sheet.",
    ),
    Entry(
        name="End-of-day report",
        task="inventory.day_end.tasks.end_of_day",
        schedule=Cron(every_business_day(17).cron),
        reason="17:00 on business days: what was sold, what to enter in Excel, and what is still open.",
    ),
    Entry(
        name="Reconcile with the WMS",
        task="inventory.wms.tasks.reconcile",
        schedule=Cron(every_business_day(23).cron),
        reason="23:00 on business days: holds what each WMS said last against our balances, and tells what differs.",
    ),
)


def install_schedule() -> list[str]:
    """Write the table into django-celery-beat's rows and return the names written.

    Safe to repeat. An entry that an operator switched off stays off.
    """
    with transaction.atomic():
        for entry in SCHEDULE:
            fields = {"task": entry.task, "description": entry.reason, **entry.schedule.row()}
            PeriodicTask.objects.update_or_create(name=entry.name, defaults=fields)
    return [entry.name for entry in SCHEDULE]
