"""The daily reconciliation: what the WMS said last beside our balances, once for each business date."""

import json
from datetime import date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from approvals.business_days import beginning_of, business_day_of
from approvals.clock import at, now
from approvals.models import Alert, ScheduledSlot
from approvals.refusals import Refused
from approvals.schedules import run_due_slots
from inventory.models import Authority, Balance, Movement, WmsDifference, WmsReconciliation
from inventory.wms.reconciling import reconcile_wms
from inventory.wms.reconciling_schedule import missing_days
from tests import factories as make
from tests.orders.selling import place
from tests.wms.sending import Wms, by_wms, fed_stock

pytestmark = pytest.mark.django_db
MONDAY = date(2026, 11, 23)


def monday(hour: int, minute: int = 0, day: int = 23) -> datetime:
    return beginning_of(date(2026, 11, day)) + timedelta(hours=hour, minutes=minute)


@pytest.fixture
def home() -> Any:
    return make.zone()


def made(wms: Wms, when: datetime | None = None, day: date = MONDAY) -> WmsReconciliation:
    with at(when or monday(23)):
        return reconcile_wms(client=wms.client, business_date=day)


def outcomes(row: WmsReconciliation) -> dict[str, tuple[str, Any]]:
    lines = WmsDifference.objects.filter(reconciliation=row).select_related("item")
    return {line.item.item_code: (line.outcome, line.difference) for line in lines}


def shelf(home: Any, **stocked: Any) -> dict[str, Any]:
    with at(monday(8) - timedelta(days=40)):
        return {code: make.stock(n, home=home, code=code, cost=3) for code, n in stocked.items()}


def test_every_item_has_one_outcome(home):
    wms, items = Wms(home), shelf(home, SAME=10, LESS=100, SILENT=5, OLD=7, EMPTY=0)
    with at(monday(8) - timedelta(days=20)):
        wms.told(wms.update(1, items["OLD"], 7))
        stranger = make.item("STRANGER")
    with at(monday(9)):
        wms.told(wms.update(2, items["SAME"], 10), wms.update(3, items["LESS"], 58), wms.update(4, stranger, 2))
    row = made(wms)
    assert outcomes(row) == {
        "LESS": ("differs", Decimal(-42)),
        "OLD": ("stale", Decimal(0)),
        "SILENT": ("never_told", None),
        "STRANGER": ("unknown_here", None),
    }
    assert (row.agreeing, row.differing, row.stale, row.never_told, row.unknown_here) == (1, 1, 1, 1, 1)
    assert (row.compared, row.ratio, row.units, row.value) == (2, 0.5, 42, 126)
    line = row.differences.get(outcome="differs")
    assert (line.band, line.value, line.said, line.on_hand, line.sequence) == ("medium", 126, 58, 100, 3)


@pytest.mark.parametrize(
    ("said", "band"), [(91, "small"), (90, "medium"), (0, "medium"), (200, "medium"), (201, "large")]
)
def test_differences_are_sorted_by_size(home, said, band):
    wms, items = Wms(home), shelf(home, ONE=100)
    with at(monday(9)):
        wms.told(wms.update(1, items["ONE"], said))
    row = made(wms)
    assert row.differences.get().band == band
    assert row.bands == {"small": 0, "medium": 0, "large": 0} | {band: 1}


def test_goods_that_moved_since_are_no_difference(home):
    """Its figure is that of nine o'clock; what left at ten has left on both sides."""
    wms, items = Wms(home), shelf(home, SOLD=100, WRONG=100)
    with at(monday(9)):
        wms.told(wms.update(1, items["SOLD"], 100), wms.update(2, items["WRONG"], 90))
    for what in items.values():
        make.move(what, -30, home=home, at=monday(10))
        make.move(what, -5, home=home, at=monday(8))  # known to it already
    make.move(items["SOLD"], 5, home=home, at=monday(10), kind=Movement.Kind.OPENING)  # no goods moved
    row = made(wms)
    assert outcomes(row) == {"WRONG": ("differs", Decimal(-5))}
    assert row.differences.get().moved == -30


def test_the_word_of_an_authority_that_was_applied_agrees(home):
    wms, what = Wms(home), fed_stock(10, home=home)
    with at(monday(9)):
        assert wms.told(wms.update(1, what, 3)) == ["applied"]
    assert made(wms).agreeing == 1


def test_freshness_is_of_what_said_something_new(home):
    wms, items = Wms(home), shelf(home, **{f"I{n}": 10 for n in range(20)})
    when = monday(9)
    with at(when):
        rows = [
            wms.update(n, what, 9, received_at=(when - timedelta(seconds=10 * n)).isoformat())
            for n, what in enumerate(items.values(), 1)
        ]
        wms.told(*rows)
        wms.told(wms.update(0, items["I5"], 1, received_at=(when - timedelta(days=3)).isoformat()))
        wms.told(wms.update(99, "NOBODY", 1, received_at=(when - timedelta(days=3)).isoformat()))
    row = made(wms)
    assert row.freshness_median == pytest.approx(100, abs=0.01)
    assert row.freshness_p95 == pytest.approx(190, abs=0.01)
    assert row.updates == {"compared": 20, "superseded": 1, "quarantined": 1}
    assert (row.open_gaps, row.missing_updates) == (1, 78)


def test_without_updates_there_is_no_freshness_and_no_ratio(home):
    row = made(Wms(home))
    assert (row.freshness_median, row.freshness_p95, row.ratio, row.updates) == (None, None, None, {})


def test_each_update_is_counted_on_one_day(home):
    wms, items = Wms(home), shelf(home, ONE=10)
    for n, when in enumerate([monday(12, day=20), monday(12, day=21), monday(9), monday(23, 30)], 1):
        with at(when):
            wms.told(wms.update(n, items["ONE"], n))
    friday = made(wms, monday(23, day=20), date(2026, 11, 20))
    tuesday = made(wms, monday(23, day=24), date(2026, 11, 24))
    late = made(wms, monday(23, 10, day=24))
    assert [row.updates for row in (friday, late, tuesday)] == [{"compared": 1}, {"compared": 3}, {}]


def test_what_was_oversold_that_day_is_counted(home):
    wms = Wms(home)
    with at(monday(8)):
        what = fed_stock(10, home=home)
        place(home, (what, 8))
    with at(monday(9)):
        wms.told(wms.update(1, what, 5))
        wms.told(wms.update(2, what, 3))
    row = made(wms)
    assert (row.oversells, row.oversold_units) == (1, 5)


def test_asked_again_it_is_the_same_one(home):
    wms, items = Wms(home), shelf(home, ONE=10)
    with at(monday(9)):
        wms.told(wms.update(1, items["ONE"], 4))
    first = made(wms)
    with at(monday(23, 5)):
        wms.told(wms.update(2, items["ONE"], 10))
    again = made(wms, monday(23, 30))
    assert (again.pk, again.differing) == (first.pk, 1)
    assert WmsDifference.objects.count() == 1


def test_the_alert_ends_when_a_later_day_agrees(home):
    wms, items = Wms(home), shelf(home, **{f"I{n}": 10 for n in range(200)})
    say = iter(range(1, 10_000))
    with at(monday(9)):
        wms.told(*(wms.update(next(say), what, 10) for what in items.values()))
        wms.told(wms.update(next(say), items["I1"], 9))
    made(wms)
    assert not Alert.objects.exists(), "one of two hundred is at the threshold, not above it"
    with at(monday(9, day=24)):
        wms.told(wms.update(next(say), items["I2"], 9))
    made(wms, monday(23, day=24), date(2026, 11, 24))
    alert = Alert.objects.get(resolved_at=None)
    assert "differ on 2 of 200 items (1.00 %, more than 0.5 %)" in alert.message
    with at(monday(9, day=25)):
        wms.told(wms.update(next(say), items["I2"], 10))
    made(wms, monday(23, day=25), date(2026, 11, 25))
    assert not Alert.objects.filter(resolved_at=None).exists()


def test_a_day_to_come_and_a_stranger_are_refused(home):
    wms = Wms(home)
    with pytest.raises(Refused, match="still to come"):
        made(wms, monday(9), date(2026, 11, 24))
    with pytest.raises(Refused, match="may not reconcile"), at(monday(23)):
        reconcile_wms(client=wms.client, business_date=MONDAY, by=make.user("", "counter"))


def test_beat_wakes_it_and_a_missed_day_shows(home):
    wms, items = Wms(home), shelf(home, ONE=10)
    other = Wms(make.zone(location="WEST"))
    other.client.is_enabled = False
    other.client.save()
    with at(monday(9, day=19)):
        wms.told(wms.update(1, items["ONE"], 10))
    with at(monday(23, 1)):
        run_due_slots()
        run_due_slots()
    slot = ScheduledSlot.objects.get(schedule="wms_reconciliation", slot_at=monday(23))
    assert slot.detail == f"{wms.client}: 0 of 1 compared items differ (0.00 %)."
    assert WmsReconciliation.objects.get().business_date == MONDAY
    missing = [(day.business_date.day, str(day.client)) for day in missing_days(MONDAY)]
    assert missing == [(20, str(wms.client)), (19, str(wms.client))]


def test_the_command_prints_and_refuses(home):
    wms, items = Wms(home), shelf(home, ONE=10)
    wms.told(wms.update(1, items["ONE"], 4))
    out = StringIO()
    call_command("reconcile_wms", "--client", wms.client.wms_id, "--json", stdout=out)
    said = json.loads(out.getvalue())
    assert said["reconciliations"][0]["differing"] == 1
    assert said["reconciliations"][0]["units"] == "6.000"
    out = StringIO()
    call_command("reconcile_wms", stdout=out)
    assert "1 of 1 compared items differ (100.00 %)" in out.getvalue()
    with pytest.raises(SystemExit, match="2"):
        call_command("reconcile_wms", "--client", "nobody", stdout=StringIO())
    with pytest.raises(SystemExit, match="2"):
        call_command("reconcile_wms", "--date", str(business_day_of(now()) + timedelta(days=2)), stdout=StringIO())


def test_as_many_statements_for_many_items(home):
    wms, items = Wms(home), shelf(home, **{f"I{n}": 10 for n in range(60)})
    few = Wms(make.zone(location="WEST"))
    with at(monday(9)):
        wms.told(*(wms.update(n, what, 9) for n, what in enumerate(items.values(), 1)))
    numbers = []
    for client in (few, wms):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            made(client)
        numbers.append(len(queries))
    assert WmsDifference.objects.count() == 60
    assert numbers[1] - numbers[0] <= 3, [query["sql"] for query in queries]


def test_authority_makes_no_difference_to_the_comparison(home):
    wms, items = Wms(home), shelf(home, ONE=10, TWO=10)
    with at(monday(9)):
        wms.told(wms.update(1, items["ONE"], 4), wms.update(2, items["TWO"], 4))
    by_wms(home, items["ONE"])
    row = made(wms)
    assert set(outcomes(row)) == {"ONE", "TWO"}
    assert Balance.objects.filter(authority=Authority.WMS).count() == 1
