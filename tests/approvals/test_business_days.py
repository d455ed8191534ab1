"""Schedules by business day: weekends, holidays, changes of clocks, days nobody was awake on."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from approvals import checks, registry
from approvals.business_days import business_day_before, business_day_of, days_between, every_business_day
from approvals.clock import at
from approvals.contract import BusinessDays, Daily, Schedule
from approvals.models import Alert, ScheduledSlot
from approvals.schedules import MOST_PASSED_OVER, latest_slot, next_slot, run_due_slots

NEW_YORK = ZoneInfo("America/New_York")
THANKSGIVING = date(2026, 11, 26)
WORKWEEK = BusinessDays(frozenset(range(5)), frozenset({THANKSGIVING, date(2026, 12, 25)}))
ZONES = ("America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "America/St_Johns", "UTC")


def daily(hour=17, minute=0, zone="America/New_York", days=WORKWEEK):
    return Daily(f"{minute} {hour} * * MON-FRI", hour, minute, zone, days)


def local(month, day, hour=0, minute=0, year=2026):
    return datetime(year, month, day, hour, minute, tzinfo=NEW_YORK)


@pytest.mark.parametrize(
    ("moment", "slot"),
    [
        (local(11, 23, 17), local(11, 23, 17)),  # Monday, on the dot
        (local(11, 23, 16, 59), local(11, 20, 17)),  # before it, Friday's is the last
        (local(11, 22, 23, 59), local(11, 20, 17)),  # Sunday
        (local(11, 26, 18), local(11, 25, 17)),  # a holiday has none
        (local(11, 27, 9), local(11, 25, 17)),
        (local(3, 9, 17), local(3, 9, 17)),  # the Monday after clocks went forward
        (local(11, 2, 16, 59), local(10, 30, 17)),  # the Monday after clocks went back
    ],
)
def test_the_latest_slot_is_on_a_business_day(moment, slot):
    assert latest_slot(daily(), moment.astimezone(UTC)) == slot


def test_five_in_the_afternoon_stays_so_whatever_utc_says():
    before, after = latest_slot(daily(), local(3, 6, 18)), latest_slot(daily(), local(3, 9, 18))
    assert (before.astimezone(UTC).hour, after.astimezone(UTC).hour) == (22, 21)


calendars = st.builds(
    BusinessDays,
    st.frozensets(st.integers(0, 6), min_size=1),
    st.frozensets(st.dates(date(2026, 1, 1), date(2027, 6, 30)), max_size=20),
)
schedules = st.builds(daily, st.integers(0, 23), st.integers(0, 59), st.sampled_from(ZONES), calendars)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 6, 30), timezones=st.just(UTC))


@given(schedules, moments)
@example(daily(1, 30, days=BusinessDays(frozenset(range(7)))), datetime(2026, 11, 1, 6, 15, tzinfo=UTC))  # 01:15 again
@example(daily(2, 30, days=BusinessDays(frozenset(range(7)))), datetime(2026, 3, 8, 7, 10, tzinfo=UTC))  # no 02:30
def test_the_moment_lies_between_two_slots_and_no_business_day_lies_between_them(when, moment):
    zone = ZoneInfo(when.time_zone)
    latest, following = latest_slot(when, moment), next_slot(when, moment)
    assert latest.astimezone(UTC) <= moment < following.astimezone(UTC)
    for slot in (latest, following):
        assert slot.date() in when.days
        assert (slot.tzinfo, slot.time()) == (zone, time(when.hour, when.minute))
    between = (following.date() - latest.date()).days
    assert not any(latest.date() + timedelta(days=step) in when.days for step in range(1, between))
    assert latest_slot(when, following) == following
    assert next_slot(when, latest) == following


def test_a_calendar_without_a_day_is_told_not_searched_for_ever():
    with pytest.raises(ValueError, match="no slot"):
        latest_slot(daily(days=BusinessDays(frozenset())), local(11, 23))


def test_cron_says_the_weekdays_of_the_setting(settings):
    assert every_business_day(17).cron == "0 17 * * MON-FRI"
    settings.BUSINESS_DAYS = ("MON", "WED", "SAT")
    assert every_business_day(9, 30).cron == "30 9 * * MON,WED,SAT"


def test_a_business_day_is_one_where_the_company_is(settings):
    assert business_day_of(datetime(2026, 11, 24, 3, tzinfo=UTC)) == date(2026, 11, 23)
    settings.BUSINESS_HOLIDAYS = (THANKSGIVING,)
    assert business_day_before(date(2026, 11, 27)) == date(2026, 11, 25)
    assert list(days_between(date(2026, 11, 25), date(2026, 11, 30))) == [date(2026, 11, day) for day in (30, 27, 25)]


@pytest.fixture
def report(monkeypatch, db):
    """A schedule of its own, alone; what it did is in `ran`."""
    state: dict[str, Any] = {"ran": [], "problem": None}

    def on_slot(slot_at):
        if state["problem"]:
            raise state["problem"]
        state["ran"].append(slot_at.astimezone(NEW_YORK).date())
        return "Done."

    monkeypatch.setattr(registry, "_workflows", {})
    monkeypatch.setattr(registry, "_schedules", {})
    registry.register_schedule(Schedule("report", "The report", daily(), on_slot, by_hand="press the button"))
    return state


def slots():
    return [
        (moment.astimezone(NEW_YORK).date(), status)
        for moment, status in ScheduledSlot.objects.order_by("slot_at").values_list("slot_at", "status")
    ]


def test_a_week_with_a_holiday_runs_each_business_day_once(report):
    for hours in range(0, 7 * 24, 3):
        with at(local(11, 23).astimezone(UTC) + timedelta(hours=hours)):
            run_due_slots()
    assert report["ran"] == [date(2026, 11, day) for day in (20, 23, 24, 25, 27)]
    assert {status for _, status in slots()} == {"done"}


def test_days_nobody_was_awake_on_are_shown_and_only_the_latest_runs(report):
    with at(local(11, 23, 17, 1)):
        run_due_slots()
    with at(local(11, 30, 8)):  # a weekend and a holiday lie between
        assert [run_due_slots(), run_due_slots()] == [1, 0]
    assert report["ran"] == [date(2026, 11, 23), date(2026, 11, 27)]
    passed = [day for day, status in slots() if status == "passed_over"]
    assert passed == [date(2026, 11, 24), date(2026, 11, 25)]
    said = set(ScheduledSlot.objects.filter(status="passed_over").values_list("detail", flat=True))
    assert said == {"Nothing was running then. If it is needed, press the button."}


def test_a_long_sleep_leaves_a_bounded_number_of_rows(report):
    with at(local(1, 5, 18)):
        run_due_slots()
    with at(local(11, 30, 18)):
        run_due_slots()
    assert len(slots()) == MOST_PASSED_OVER + 2


def test_the_first_day_invents_no_past(report):
    with at(local(11, 23, 18)):
        run_due_slots()
    assert slots() == [(date(2026, 11, 23), "done")]


def test_a_failing_day_raises_its_alert_with_the_cure_and_the_next_day_resolves_it(report):
    report["problem"] = RuntimeError("no paper")
    with at(local(11, 23, 18)):
        for _ in range(4):
            run_due_slots()
    assert slots() == [(date(2026, 11, 23), "failed")]
    message = Alert.objects.get(key="slot-report", resolved_at=None).message
    assert "The report: the schedule of 2026-11-23 failed 3 times" in message
    assert message.endswith("then press the button.")
    report["problem"] = None
    with at(local(11, 24, 18)):
        run_due_slots()
    assert not Alert.objects.filter(key="slot-report", resolved_at=None).exists()


def test_a_key_taken_twice_is_refused(report):
    with pytest.raises(ValueError, match="declared twice"):
        registry.register_schedule(Schedule("report", "Another", daily(), lambda slot_at: ""))
    assert checks.declarations_are_sound(None) == []
