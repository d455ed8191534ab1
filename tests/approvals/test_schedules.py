"""Slots: whatever beat does (misses, doubles, fires late), each Monday runs once and only the latest one."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from approvals import registry
from approvals.clock import at
from approvals.contract import Trigger, Weekly
from approvals.models import Alert, ScheduledSlot
from approvals.schedules import latest_slot, next_slot, run_due_slots
from approvals.ticking import tick
from inventory.counting.submission import WORKFLOW
from inventory.models import CountSheet, Zone
from tests import factories as make

NEW_YORK = ZoneInfo("America/New_York")
MONDAY = Weekly(cron="0 6 * * MON", weekday=0, hour=6, time_zone="America/New_York")


@pytest.fixture(autouse=True)
def only_the_count(monkeypatch):
    """Other schedules have slots of their own."""
    monkeypatch.setattr(registry, "_schedules", {})


def local(month, day, hour=0, minute=0, year=2026):
    return datetime(year, month, day, hour, minute, tzinfo=NEW_YORK)


@pytest.mark.parametrize(
    ("moment", "slot"),
    [
        (local(11, 23, 6), local(11, 23, 6)),  # on the dot
        (local(11, 23, 5, 59), local(11, 16, 6)),
        (local(11, 29, 23, 59), local(11, 23, 6)),  # Sunday night
        (local(3, 9, 6), local(3, 9, 6)),  # the Monday after clocks went forward
        (local(3, 9, 5, 59), local(3, 2, 6)),
        (local(11, 2, 6), local(11, 2, 6)),  # the Monday after clocks went back
        (local(11, 2, 5, 59), local(10, 26, 6)),
    ],
)
def test_the_latest_slot_is_six_in_the_morning_local_time(moment, slot):
    assert latest_slot(MONDAY, moment.astimezone(ZoneInfo("UTC"))) == slot
    assert latest_slot(MONDAY, moment).hour == 6


def test_a_slot_is_six_local_whatever_utc_says():
    assert latest_slot(MONDAY, local(3, 2, 12)).astimezone(ZoneInfo("UTC")).hour == 11
    assert latest_slot(MONDAY, local(3, 9, 12)).astimezone(ZoneInfo("UTC")).hour == 10


@pytest.mark.parametrize("day", [local(3, 4), local(10, 28), local(7, 1)])
def test_the_next_slot_is_the_next_monday_at_six(day):
    following = next_slot(MONDAY, day)
    assert (following.weekday(), following.hour) == (0, 6)
    assert day < following <= day + timedelta(days=7)
    assert latest_slot(MONDAY, following) == following


@pytest.fixture
def zone_with_stock(db):
    home = make.zone()
    make.stock(5, home=home)
    return home


def slots():
    return list(ScheduledSlot.objects.order_by("slot_at").values_list("slot_at", "status"))


def test_a_tick_puts_out_the_sheet_once(zone_with_stock):
    with at(local(11, 23, 6)):
        assert tick().slots_run == 1
        assert tick().slots_run == 0
    with at(local(11, 23, 18)):
        assert tick().slots_run == 0
    assert slots() == [(local(11, 23, 6), "done")]
    assert CountSheet.objects.get().zone == zone_with_stock


def test_a_monday_that_beat_slept_through_is_caught_up_once(zone_with_stock):
    with at(local(11, 16, 6, 1)):
        tick()
    CountSheet.objects.all().delete()
    for hour in (9, 10, 23):
        with at(local(11, 25, hour)):
            tick()
    assert slots() == [(local(11, 16, 6), "done"), (local(11, 23, 6), "done")]
    sheet = CountSheet.objects.get()
    assert sheet.planned_for == local(11, 23).date()  # the Monday it is for, not the day it was caught up


def test_three_missed_mondays_are_one_run(zone_with_stock):
    with at(local(11, 2, 7)):
        tick()
    with at(local(11, 26, 7)):
        assert [tick().slots_run, tick().slots_run] == [1, 0]
    assert slots() == [(local(11, 2, 6), "done"), (local(11, 23, 6), "done")]
    assert CountSheet.objects.count() == 1


@pytest.mark.parametrize("first", [local(2, 23), local(10, 19)])
def test_each_monday_runs_once_through_a_change_of_clocks(zone_with_stock, first):
    for hours in range(0, 28 * 24, 5):
        with at(first.astimezone(ZoneInfo("UTC")) + timedelta(hours=hours)):
            run_due_slots()
    ran = [moment.astimezone(NEW_YORK) for moment, _ in slots()]
    assert len(ran) == 5  # the Monday before the first, and four more
    assert {(moment.weekday(), moment.hour) for moment in ran} == {(0, 6)}


@pytest.fixture
def failing_slot(monkeypatch, db):
    state = {"fails": True, "calls": 0}

    def on_slot(slot_at):
        state["calls"] += 1
        if state["fails"]:
            make.zone("HALF")
            raise RuntimeError("no paper")
        return "Done."

    declared = registry.workflow(WORKFLOW)
    trigger = Trigger("test", weekly=MONDAY, on_slot=on_slot)
    monkeypatch.setitem(registry._workflows, WORKFLOW, replace(declared, trigger=trigger))
    return state


def test_a_failing_slot_is_tried_three_times_then_says_so(failing_slot):
    for minute in range(5):
        with at(local(11, 23, 6, minute)):
            tick()
    slot = ScheduledSlot.objects.get()
    assert (slot.status, slot.attempts, failing_slot["calls"]) == ("failed", 3, 3)
    assert "no paper" in Alert.objects.get(key=f"slot-{WORKFLOW}").message
    assert not Zone.objects.filter(code="HALF").exists()
    failing_slot["fails"] = False
    with at(local(11, 30, 6)):
        tick()
    assert not Alert.objects.filter(key=f"slot-{WORKFLOW}", resolved_at=None).exists()


def test_an_unfinished_slot_is_passed_over_for_a_later_one(failing_slot):
    with at(local(11, 23, 6)):
        tick()
    failing_slot["fails"] = False
    with at(local(11, 30, 6)):
        tick()
    assert slots() == [(local(11, 23, 6), "passed_over"), (local(11, 30, 6), "done")]
