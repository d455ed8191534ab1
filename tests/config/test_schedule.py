"""The beat table as rows that an operator may switch off."""

import pytest
from django_celery_beat.models import PeriodicTask

from config.celery import app
from config.schedule import SCHEDULE, install_schedule

pytestmark = pytest.mark.django_db


def test_installing_twice_writes_each_entry_once() -> None:
    install_schedule()
    install_schedule()
    rows = PeriodicTask.objects.filter(name__in=[entry.name for entry in SCHEDULE])
    assert {row.task for row in rows} == {entry.task for entry in SCHEDULE}
    assert rows.count() == len(SCHEDULE)
    assert all(row.enabled for row in rows)


def test_an_entry_switched_off_stays_off() -> None:
    install_schedule()
    PeriodicTask.objects.filter(name="Weekly cycle count").update(enabled=False)
    install_schedule()
    assert not PeriodicTask.objects.get(name="Weekly cycle count").enabled


def test_a_changed_row_returns_to_the_table() -> None:
    install_schedule()
    PeriodicTask.objects.filter(name="Push to NetSuite").update(task="somewhere.else")
    install_schedule()
    assert PeriodicTask.objects.get(name="Push to NetSuite").task == "netsuite.tasks.drain"


def test_the_weekly_count_is_monday_six_where_counts_are_made() -> None:
    install_schedule()
    crontab = PeriodicTask.objects.get(name="Weekly cycle count").crontab
    assert (crontab.minute, crontab.hour, crontab.day_of_week) == ("0", "6", "mon")
    assert str(crontab.timezone) == "America/New_York"


@pytest.mark.parametrize("entry", SCHEDULE, ids=lambda entry: entry.task)
def test_every_entry_names_a_task_that_exists(entry: object) -> None:
    app.loader.import_default_modules()
    assert getattr(entry, "task", None) in app.tasks


def test_the_end_of_day_is_five_on_business_days_where_counts_are_made() -> None:
    install_schedule()
    crontab = PeriodicTask.objects.get(name="End-of-day report").crontab
    assert (crontab.minute, crontab.hour, crontab.day_of_week) == ("0", "17", "mon-fri")
    assert str(crontab.timezone) == "America/New_York"
