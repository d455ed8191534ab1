"""Fills an empty database with the demo supplier; the same every time on a given day."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any

from django.conf import settings
from django.db import transaction

from approvals import registry
from approvals.business_days import business_day_of
from approvals.clock import at, now
from approvals.contract import Weekly
from approvals.models import Guardrail, WorkflowRun
from approvals.refusals import Refused
from approvals.schedules import latest_slot, next_slot, run_due_slots
from approvals.ticking import tick
from inventory.counting import limits
from inventory.counting.planning import plan_sheet, zone
from inventory.counting.submission import WORKFLOW, submit_count
from inventory.day_end.schedule import END_OF_DAY
from inventory.demo.accounts import create_demo_accounts
from inventory.demo.catalogue import create_items, create_places, listed
from inventory.demo.history import BEFORE_RAISE, History
from inventory.demo.netsuite_side import write_netsuite_side
from inventory.demo.trade import AFTERNOON, MORNING, Trade
from inventory.demo.waiting import puzzling_counts
from inventory.demo.walk_sheets import write_filled_sheet, write_messy_sheet
from inventory.demo.warehouse_system import create_demo_wms
from inventory.demo.west_days import WestDays
from inventory.excel import limits as workbook_limits
from inventory.models import CountSheet, Item, Location, Movement
from netsuite.models import Push

DAYS, WEEKS, SEED = 90, 10, 20_260
MAILS_LEFT = 1  # weeks: summaries of the latest counts still wait for the approver
WAITING_ZONE = ("MAIN", "A")
SINCE_COUNTED = timedelta(minutes=90)


class SeedRefused(Refused):
    pass


@dataclass(frozen=True)
class Seeded:
    items: int
    movements: int
    counts: int
    pushes: int
    waiting: CountSheet
    planned: CountSheet
    files: tuple[Path, ...]
    workbook: Path


@dataclass
class _Past:
    """The loop over days; sheets are counted from their Monday on and settled the same afternoon."""

    trade: Trade
    history: History
    west: WestDays
    first_slot: datetime
    last_slot: datetime
    sheets: list[tuple[date, CountSheet]] = field(default_factory=list)

    def live(self, day: date, until: datetime) -> None:
        """One day of the warehouse, as far as it has come by `until`."""
        midday = self.trade.moment(day, time(12))
        if self.trade.moment(day, MORNING) < until:
            self.trade.morning(day)
        if self.first_slot <= midday < self.last_slot:
            if day.weekday() == self.first_slot.weekday():
                self._monday(midday)
            self._walk(day, midday)
        if self.trade.moment(day, AFTERNOON) < until:
            self.trade.afternoon(day)
        for _, sheet in (due for due in self.sheets if due[0] == day):
            self.history.settle(sheet, midday, read_mail=self.last_slot - midday > timedelta(days=7 * MAILS_LEFT))
        if self.first_slot <= midday < self.last_slot:
            _close_days(midday, self.west, until=midday.replace(hour=23))

    def _monday(self, midday: datetime) -> None:
        slot = midday.replace(hour=self.first_slot.hour)
        planned = self.history.plan(slot)
        self.sheets += [(midday.date() + timedelta(days=n), sheet) for n, sheet in enumerate(planned)]
        if round((self.last_slot - midday) / timedelta(days=7)) == BEFORE_RAISE:
            self.history.raise_capacity(midday.replace(hour=9))

    def _walk(self, day: date, midday: datetime) -> None:
        for _, sheet in (due for due in self.sheets if due[0] == day):
            self.history.count(sheet, midday)


def seed_demo() -> Seeded:
    """Raises SeedRefused on a production database or one that holds items already; then nothing is stored."""
    if settings.PRODUCTION:
        raise SeedRefused(
            "This is a production database (DATABASE_URL names PostgreSQL), and demo data has well-known "
            "passwords. Nothing was stored. To fill a throwaway PostgreSQL, set PRODUCTION=false."
        )
    if Item.objects.exists() or Location.objects.exists():
        raise SeedRefused(
            "There are items or locations already, and demo data would mix with them. Nothing was stored. "
            "Start with an empty database: set VAR_DIR to a new folder."
        )
    with transaction.atomic():
        waiting, planned, west = _seed(now())
    files = _write_files(planned)
    return Seeded(
        items=Item.objects.count(),
        movements=Movement.objects.count(),
        counts=CountSheet.objects.filter(status=CountSheet.Status.COUNTED).count(),
        pushes=Push.objects.count(),
        waiting=waiting,
        planned=planned,
        files=files,
        workbook=west.write_workbook(),
    )


def _seed(moment: datetime) -> tuple[CountSheet, CountSheet, WestDays]:
    people, last_slot = create_demo_accounts(), _last_slot(moment)
    first_day = moment.astimezone(zone()).date() - timedelta(days=DAYS)
    opened = datetime.combine(first_day, time(5), zone())
    with at(opened):
        limits.seed_guardrails()
        workbook_limits.seed_guardrails()
        Guardrail.history.update(history_date=opened)  # they held before the first count
        trade = _trade(opened)
    trade.open(opened)
    history, west = History(people, Random(SEED + 1)), WestDays(people, zone(), business_day_of(moment))
    past = _Past(trade, history, west, last_slot - timedelta(weeks=WEEKS), last_slot)
    for number in range(DAYS + 1):
        past.live(first_day + timedelta(days=number), moment)
    _check_runs()
    waiting, planned = _this_week(past, people, moment)
    create_demo_wms()
    return waiting, planned, west


def _close_days(begin: datetime, west: WestDays, *, until: datetime) -> None:
    """17:00 of every business day after `begin`, so that no day of the past looks missed."""
    closing = next_slot(END_OF_DAY.when, begin)
    while closing <= until:
        west.before_closing(closing)
        with at(closing):
            run_due_slots()
        west.after_closing(closing)
        closing = next_slot(END_OF_DAY.when, closing)


def _last_slot(moment: datetime) -> datetime:
    weekly = registry.workflow(WORKFLOW).trigger.weekly
    assert isinstance(weekly, Weekly)
    return latest_slot(weekly, moment)


def _trade(opened: datetime) -> Trade:
    catalogue = listed()
    zones = create_places()
    items = create_items(catalogue, on=opened)
    locations = {location.code: location for location in Location.objects.all()}
    return Trade(catalogue, items, locations, zones, zone(), Random(SEED))


def _this_week(past: _Past, people: dict[str, Any], moment: datetime) -> tuple[CountSheet, CountSheet]:
    """Monday's plan, one count of it waiting for the approver, one sheet still to be walked."""
    planned_at = past.last_slot + timedelta(minutes=5)
    planned = past.history.plan(past.last_slot)
    _close_days(past.last_slot, past.west, until=moment)
    past.west.live_today(moment)
    past.west.ask_about_missing(moment)
    counted_at = min(max(moment - SINCE_COUNTED, planned_at), moment)
    puzzle = _of_zone(planned, WAITING_ZONE) or _asked_for(WAITING_ZONE, people, counted_at)
    others = [sheet for sheet in planned if sheet.pk != puzzle.pk]
    to_walk = others[0] if others else _asked_for(("MAIN", "B"), people, counted_at)
    submit_count(
        zone=puzzle.zone, counted_at=counted_at, counts=puzzling_counts(puzzle.zone, counted_at),
        by=people["counter"], source=CountSheet.Source.UPLOAD, sheet=puzzle,
    )  # fmt: skip
    tick()
    _check_runs()
    puzzle.refresh_from_db()
    return puzzle, to_walk


def _of_zone(sheets: list[CountSheet], wanted: tuple[str, str]) -> CountSheet | None:
    return next((s for s in sheets if (s.zone.location.code, s.zone.code) == wanted), None)


def _asked_for(wanted: tuple[str, str], people: dict[str, Any], moment: datetime) -> CountSheet:
    location = Location.objects.get(code=wanted[0])
    with at(moment):
        return plan_sheet(zone=location.zones.get(code=wanted[1]), by=people["admin"])


def _check_runs() -> None:
    """A step that fails is recorded, not raised; a demo must not begin with one."""
    bad = WorkflowRun.objects.exclude(status__in=["completed", "waiting"]).first()
    bad = bad or WorkflowRun.objects.exclude(next_attempt_at=None).first()
    if bad:
        step = bad.steps.exclude(error="").first()
        raise RuntimeError(f"{bad} is {bad.status}: {step} {step.error if step else ''}")


def _write_files(planned: CountSheet) -> tuple[Path, ...]:
    counts = puzzling_counts(planned.zone, now())
    write_netsuite_side()
    return write_filled_sheet(planned, counts), write_messy_sheet(planned)
