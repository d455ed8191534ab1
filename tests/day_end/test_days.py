"""17:00 on business days: each place its report, whoever wakes us; and the days that were missed."""

from datetime import date, timedelta

import pytest

from approvals import registry
from approvals.clock import at
from approvals.models import Alert, ScheduledSlot
from approvals.schedules import run_due_slots
from approvals.ticking import tick
from inventory.day_end import days, schedule
from inventory.day_end.days import missing_days
from inventory.day_end.reporting import make_report
from inventory.day_end.schedule import END_OF_DAY, last_day_over
from inventory.models import DayEndReport
from tests import factories as make
from tests.day_end.conftest import local
from tests.day_end.finding import synced

pytestmark = pytest.mark.django_db
MONDAY = date(2026, 11, 23)


def made():
    return list(DayEndReport.objects.order_by("business_date").values_list("business_date", "location__code"))


def slot_of(day):
    return ScheduledSlot.objects.get(schedule=END_OF_DAY.key, slot_at__date=day)


def test_a_tick_after_five_makes_the_report_once(shop):
    shop.keeps("L", 100)
    with at(local(11, 23, 16, 59)):
        tick()
    assert made() == [(date(2026, 11, 20), "MAIN")]  # Friday's, caught up
    for hour in (17, 18, 23):
        with at(local(11, 23, hour)):
            tick()
    assert made()[1:] == [(MONDAY, "MAIN")]
    assert slot_of(MONDAY).detail == "MAIN: nothing to update."


def test_every_place_gets_its_own(shop):
    shop.keeps("L", 100)
    crate = make.stock(10, home=shop.home, code="C")
    shop.sells(local(11, 23, 9), (crate, 1))
    make.zone("E", "EAST")
    with at(local(11, 23, 17)):
        run_due_slots()
    assert made() == [(MONDAY, "MAIN")]


def test_nothing_owed_is_said(db):
    with at(local(11, 23, 17)):
        run_due_slots()
    assert slot_of(MONDAY).detail == "No report is owed: no stock is kept in Excel, and there were no orders."


def test_missed_days_are_told_and_can_be_made_by_hand(shop, settings):
    settings.BUSINESS_HOLIDAYS = (date(2026, 11, 26),)
    shop.keeps("L", 100)
    with at(local(11, 23, 17)):
        run_due_slots()
    with at(local(11, 30, 9)):
        run_due_slots()
        assert last_day_over() == date(2026, 11, 27)
        missing = missing_days(last_day_over())
        assert [day.business_date.day for day in missing] == [25, 24]
        make_report(business_date=date(2026, 11, 24), location=shop.location)
        assert [day.business_date.day for day in missing_days(last_day_over())] == [25]


def test_days_count_from_the_first_sync_or_report_and_for_excel_only(shop):
    with at(local(11, 23, 18)):
        assert missing_days(MONDAY) == []
    with at(local(11, 19, 9)):
        synced(shop.location)
    assert missing_days(MONDAY) == []  # nothing there is kept in Excel
    shop.keeps("L", 100)
    assert [day.business_date.day for day in missing_days(MONDAY)] == [23, 20, 19]


def test_what_lies_long_back_is_not_held_up_to_anybody(shop):
    shop.keeps("L", 100)
    with at(local(1, 5, 9)):
        synced(shop.location)
    assert min(day.business_date for day in missing_days(MONDAY)) >= MONDAY - days.LOOKED_BACK


def test_a_failing_end_of_day_says_so_with_the_cure(shop, monkeypatch):
    shop.keeps("L", 100)

    def fail(**_):
        raise RuntimeError("no paper")

    with monkeypatch.context() as patch:
        patch.setattr(schedule, "make_report", fail)
        with at(local(11, 23, 17)):
            for _ in range(3):
                run_due_slots()
    message = Alert.objects.get(key=f"slot-{END_OF_DAY.key}", resolved_at=None).message
    assert message.endswith("make the report by hand on the End of day page.")
    assert slot_of(MONDAY).status == "failed"
    with at(local(11, 24, 17)):
        run_due_slots()
        assert [day.business_date for day in missing_days(last_day_over())] == []
    assert made() == [(date(2026, 11, 24), "MAIN")]


@pytest.mark.parametrize("first", [local(3, 5), local(10, 29)])
def test_each_business_day_has_its_report_through_a_change_of_clocks(shop, first, monkeypatch):
    monkeypatch.setattr(registry, "_workflows", {})
    shop.keeps("L", 100)
    for hours in range(0, 7 * 24, 6):
        with at(first + timedelta(hours=hours)):
            run_due_slots()
    days_made = [day for day, _ in made()]
    assert len(days_made) == 6
    assert all(day.weekday() < 5 for day in days_made)


def test_the_slot_is_known_by_its_title(shop):
    assert END_OF_DAY in registry.schedules()
    assert END_OF_DAY.when.cron == "0 17 * * MON-FRI"
