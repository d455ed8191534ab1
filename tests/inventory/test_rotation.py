"""The rotation keeps "every item within 30 days" whenever the capacity allows, and says so when it does not."""

import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from approvals.clock import at
from approvals.models import Alert
from approvals.refusals import Refused
from approvals.ticking import tick
from inventory.counting.planning import cancel_sheet, current_plan, plan_sheet
from inventory.counting.rotation import PROMISE, Plan, ZoneFacts, plan_week
from inventory.models import Balance, CountSheet
from tests import factories as make

MONDAY = date(2026, 1, 5)
WEEK = timedelta(days=7)
TWO_YEARS = 104


@dataclass
class Warehouse:
    """Zones of items, each with the day it came and the day it was last counted."""

    zones: int
    capacity: int
    chance: random.Random
    items: dict[int, list[list[date | None]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.items = {zone: [[MONDAY, None] for _ in range(3)] for zone in range(self.zones)}

    def add_an_item(self, on: date) -> None:
        zone = self.chance.randrange(self.zones)
        self.items[zone].append([on - timedelta(days=self.chance.randrange(7)), None])

    def plan(self, on: date) -> Plan:
        return plan_week([self._facts(zone) for zone in self.items], on=on, capacity=self.capacity)

    def _facts(self, zone: int) -> ZoneFacts:
        new = [came for came, counted in self.items[zone] if came and counted is None]
        counted = [counted for _, counted in self.items[zone] if counted]
        return ZoneFacts(
            zone, f"Zone {zone:02}", len(self.items[zone]), min(counted, default=None), len(new),
            min(new, default=None),
        )  # fmt: skip

    def count(self, plan: Plan, on: date) -> None:
        for choice in plan.chosen:
            for item in self.items[choice.zone_id]:
                item[1] = on

    def worst_age(self, on: date) -> timedelta:
        """How long the longest neglected item has not been counted."""
        since = [counted or came for zone in self.items.values() for came, counted in zone]
        return max(on - day for day in since if day)


def two_years(zones: int, seed: int, *, spare: int = 0, apart: int = 4):
    """Each Monday that was held: the day, the plan, and the age of the longest neglected item before it."""
    chance = random.Random(f"{zones}-{seed}")
    needed = plan_week([ZoneFacts(n, str(n), 1, None) for n in range(zones)], on=MONDAY, capacity=1)
    warehouse = Warehouse(zones, needed.zones_needed_a_week + spare, chance)
    last_missed = -apart
    for week in range(TWO_YEARS):
        on = MONDAY + WEEK * week
        if chance.random() < 0.3:
            warehouse.add_an_item(on)
        if week and week - last_missed >= apart and chance.random() < 0.15:
            last_missed = week
            continue
        plan = warehouse.plan(on)
        yield on, plan, warehouse.worst_age(on)
        warehouse.count(plan, on)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("zones", range(3, 13))
def test_two_years_of_mondays_with_one_missed_now_and_then(zones, seed):
    held = list(two_years(zones, seed))
    assert TWO_YEARS * 0.8 < len(held) < TWO_YEARS
    for on, plan, age in held:
        assert age <= PROMISE, f"on {on}"
        assert len(plan.chosen) <= plan.capacity


@pytest.mark.parametrize("spare", [-1, 0, 1])
@pytest.mark.parametrize("zones", range(3, 13))
def test_when_mondays_are_missed_too_often_or_capacity_lacks_the_plan_says_so_before_it_breaks(zones, spare):
    for seed in range(5):
        said = True
        for on, plan, age in two_years(zones, seed, spare=spare, apart=1):
            says = not plan.capacity_is_enough or any(choice.is_overdue for choice in plan.chosen)
            assert age <= PROMISE or says or said, f"on {on}"
            said = says


def test_capacity_that_lacks_is_always_told():
    for _, plan, _ in two_years(12, 1, spare=-1):
        assert not plan.capacity_is_enough
        assert plan.zones_needed_a_week == 4


def facts(zone_id, oldest, **more):
    name = chr(ord("A") + zone_id)
    return ZoneFacts(zone_id, name, more.pop("items", 5), oldest, **more)


def chosen(*zones, capacity=9, on=MONDAY):
    return [choice.name for choice in plan_week(list(zones), on=on, capacity=capacity).chosen]


def days_ago(n):
    return MONDAY - timedelta(days=n)


def test_a_zone_is_due_when_waiting_for_the_run_after_next_would_break_the_promise():
    assert chosen(facts(0, days_ago(16))) == []  # two weeks on it is 30 days old
    assert chosen(facts(0, days_ago(17))) == ["A"]


def test_overdue_first_then_oldest_then_worst_accuracy():
    zones = (
        facts(0, days_ago(20)),
        facts(1, days_ago(40)),
        facts(2, days_ago(25), accuracy=Decimal("0.9")),
        facts(3, days_ago(25), accuracy=Decimal("0.5")),
    )
    assert chosen(*zones) == ["B", "D", "C", "A"]
    plan = plan_week(list(zones), on=MONDAY, capacity=2)
    assert [choice.is_overdue for choice in plan.chosen] == [True, False]
    assert [choice.name for choice in plan.left_over] == ["C", "A"]
    assert not plan.capacity_is_enough


def test_new_items_are_counted_at_once_but_push_nobody_over_the_edge():
    new = facts(0, days_ago(3), never_counted=1, new_since=days_ago(2))
    assert chosen(new) == ["A"]
    plan = plan_week([new, facts(1, days_ago(24))], on=MONDAY, capacity=1)
    assert [choice.name for choice in plan.chosen] == ["B"]
    assert plan.capacity_is_enough  # the new item has four weeks yet


def test_a_zone_whose_sheet_is_out_is_not_chosen_again_and_is_told_when_it_lies_too_long():
    assert chosen(facts(0, days_ago(25), is_open=True)) == []
    plan = plan_week([facts(0, days_ago(31), is_open=True)], on=MONDAY, capacity=9)
    assert [choice.name for choice in plan.lying] == ["A"]
    assert not plan.capacity_is_enough


def test_an_empty_zone_needs_no_counting():
    plan = plan_week([facts(0, None, items=0)], on=MONDAY, capacity=1)
    assert (plan.chosen, plan.zones_needed_a_week, plan.capacity_is_enough) == ((), 0, True)


# -- on the database ------------------------------------------------------------------------------


def monday(n=0):
    return datetime(2026, 11, 2, 6, tzinfo=ZoneInfo("America/New_York")) + timedelta(weeks=n)


@pytest.fixture
def four_zones(db):
    homes = [make.zone(code) for code in "ABCD"]
    with at(monday() - timedelta(days=3)):
        stocked = {home: make.stock(5, home=home) for home in homes}
    Balance.objects.update(created_at=monday() - timedelta(days=3))
    return stocked


def count_what_is_out(stocked):
    for sheet in CountSheet.objects.filter(status="planned"):
        make.count(sheet.zone, [(stocked[sheet.zone], 5)], sheet=sheet)


def test_the_monday_run_puts_out_sheets_and_every_zone_is_counted_in_time(four_zones):
    for week in range(12):
        if week in (4, 9):
            continue  # missed
        with at(monday(week)):
            oldest = [balance.last_counted_at for balance in Balance.objects.all()]
            assert week < 2 or all(when and monday(week) - when <= PROMISE for when in oldest)
            tick()
            count_what_is_out(four_zones)
    assert CountSheet.objects.filter(planned_for=monday().date()).count() == 2


def test_the_dashboard_is_told_that_the_capacity_lacks_and_that_it_is_enough_again(four_zones):
    make.set_limit("count_capacity", value_limit=1)
    with at(monday()):
        tick()
    alert = Alert.objects.get(key="rotation-capacity")
    assert "2 zones a week must be counted" in alert.message
    make.set_limit("count_capacity", value_limit=2)
    with at(monday(1)):
        tick()
    alert.refresh_from_db()
    assert alert.resolved_at is not None


def test_a_sheet_nobody_walks_is_told(four_zones):
    with at(monday()):
        tick()
    for week in (1, 5):
        with at(monday(week)):
            tick()
    alert = Alert.objects.get(key="rotation-capacity", resolved_at=None)
    assert "MAIN / A" in alert.message
    assert "never" not in alert.message
    with at(monday(5)):
        assert {choice.name for choice in current_plan().lying} == {f"MAIN / {code}" for code in "ABCD"}


def test_a_sheet_asked_for_by_hand_is_one_and_can_be_cancelled_once(four_zones):
    home, by = next(iter(four_zones)), make.user("Ada")
    sheet = plan_sheet(zone=home, by=by)
    assert plan_sheet(zone=home, by=by) == sheet
    cancel_sheet(sheet=sheet, by=by)
    with pytest.raises(Refused, match="already"):
        cancel_sheet(sheet=sheet, by=by)
    assert plan_sheet(zone=home, by=by) != sheet
