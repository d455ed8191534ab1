"""/metrics: right whoever is asked, cheap however much there is, and closed to strangers."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from approvals import clock, metrics
from approvals.clock import now
from approvals.models import EditToken, Event, TickMark
from approvals.outbox.positions import assign_positions
from approvals.outbox.subscriptions import create_subscription
from inventory.models import Balance, Item, WmsStanding, WmsTotals, WmsUpdate
from inventory.wms import totals
from inventory.wms.totals import LAG_BOUNDS, OUTCOMES, add_up
from tests import factories as make
from tests.excel.workbooks_made import kept, sync
from tests.wms.sending import Wms, by_wms, fed_stock

pytestmark = pytest.mark.django_db
LABELS = {
    "status", "location", "source", "outcome", "le", "band", "subscription", "severity", "action_type", "collector",
}  # fmt: skip


@pytest.fixture
def home() -> Any:
    return make.zone("A")


def get(**headers: str) -> Any:
    return Client().get("/metrics", headers=headers)


def test_strangers_see_nothing_and_a_token_opens_it(settings):
    assert get().status_code == 401
    assert get(Authorization="Bearer wrong").status_code == 401
    assert get(Authorization="Bearer scraper").status_code == 200
    _, token = EditToken.issue(user=make.user("", "integrator"), label="monitoring")
    assert get(Authorization=f"Bearer {token}").status_code == 200
    assert get(**{"X-Edit-Token": token}).status_code == 200
    _, other = EditToken.issue(user=make.user("", "counter"), label="other")
    assert get(Authorization=f"Bearer {other}").status_code == 403
    settings.METRICS_TOKEN = ""
    assert get(Authorization="Bearer ").status_code == get(Authorization="Bearer scraper").status_code == 401


def test_updates_are_counted_by_client_and_outcome_once(home, scrape):
    wms, what = Wms(home, "main"), fed_stock(5, home=home)
    message = [wms.update(1, what, 7), wms.update(2, what, 7), wms.update(3, "unknown", 1)]
    wms.send(*message, message_id="one")
    wms.send(*message, message_id="one")
    for _ in range(2):
        seen = scrape()
        counted = {
            outcome: seen("inventory_sync_updates_total", source="wms:main", outcome=outcome) for outcome in OUTCOMES
        }
        assert counted == {
            "applied": 1, "unchanged": 1, "quarantined": 1, "superseded": 0, "compared": 0, "duplicate": 0,
            "not_for_sale": 0,
        }  # fmt: skip
        assert seen("inventory_sync_quarantined") == 1
    wms.send(*message, wms.update(4, what, 2, status="damaged"), message_id="two")
    seen = scrape()
    assert seen("inventory_sync_updates_total", source="wms:main", outcome="duplicate") == 3
    counts = {one: seen("inventory_sync_updates_total", source="wms:main", outcome=one) for one in OUTCOMES}
    assert (counts["quarantined"], counts["not_for_sale"]) == (1, 1)
    assert seen("inventory_sync_quarantined") == 1, "nobody has to mend what is merely not for sale"


def test_the_histogram_says_what_the_updates_say(home, scrape, monkeypatch):
    """In pieces of two messages, so that what is added up crosses pieces and calls."""
    monkeypatch.setattr(totals, "PIECE", 2)
    monkeypatch.setattr(totals, "PIECES", 1)
    wms, items = Wms(home, "main"), [fed_stock(5, home=home) for _ in range(7)]
    ages = [0, 3, 40, 119, 299, 4000, 90_000]
    before = None
    for n, (what, age) in enumerate(zip(items, ages, strict=True), 1):
        wms.send(wms.update(n, what, 5 + n % 2, received_at=(now() - timedelta(seconds=age)).isoformat()))
        if n % 3 == 0:
            before = assert_only_grew(before, scrape())
    for _ in range(3):
        add_up()
    seen = assert_only_grew(before, scrape())
    lags = [
        (update.received_at - update.as_of).total_seconds()
        for update in WmsUpdate.objects.filter(state__in=("applied", "unchanged"))
    ]
    for bound in LAG_BOUNDS:
        told = seen("inventory_sync_apply_lag_seconds_bucket", source="wms:main", le=str(float(bound)))
        assert told == sum(lag <= bound for lag in lags), bound
    assert seen("inventory_sync_apply_lag_seconds_bucket", source="wms:main", le="+Inf") == 7
    assert seen("inventory_sync_apply_lag_seconds_count", source="wms:main") == 7
    assert seen("inventory_sync_apply_lag_seconds_sum", source="wms:main") == pytest.approx(sum(lags), abs=0.01)


def assert_only_grew(before: Any, after: Any) -> Any:
    for key, figure in before.samples.items() if before else ():
        if key[0].endswith(("_total", "_bucket", "_count", "_sum")):
            assert after.samples[key] >= figure, key
    return after


def test_two_that_add_up_at_once_count_once(home):
    wms, what = Wms(home, "main"), fed_stock(5, home=home)
    wms.send(wms.update(1, what, 7))
    add_up()
    stale = WmsTotals.objects.get()
    wms.send(wms.update(2, what, 8))
    totals._add_piece(stale.client_id)
    totals._add_piece(stale.client_id)
    assert WmsTotals.objects.get().outcomes["applied"] == 2


def test_where_the_ledger_and_the_wms_differ(home, scrape):
    wms = Wms(home, "main")
    small, middle, large, same, moved = (make.stock(200, home=home) for _ in range(5))
    wms.send(*(
        wms.update(n, what, quantity)
        for n, (what, quantity) in enumerate(
            [(small, 195), (middle, 100), (large, 99), (same, 200), (moved, 200)], 1
        )
    ))  # fmt: skip
    make.move(moved, -30, home=home, at=now() + timedelta(seconds=1))
    nowhere = make.item("nowhere")
    wms.send(wms.update(9, nowhere, 4))
    seen = scrape()
    bands = {band: seen("inventory_discrepant_items", band=band) for band in ("under_10", "10_to_100", "over_100")}
    assert bands == {"under_10": 1, "10_to_100": 1, "over_100": 1}
    assert seen("inventory_discrepant_items", band="missing") == 1
    assert seen("inventory_discrepancy_ratio") == pytest.approx(4 / 6)


def test_items_by_what_is_available_and_what_is_promised_beyond(home, scrape):
    wms = Wms(home, "main")
    sold, gone, promised = fed_stock(5, home=home), make.stock(0, home=home), make.stock(3, home=home)
    make.stock(10, home=home)
    Balance.objects.filter(item=sold).update(quantity_reserved=4)
    Balance.objects.filter(item=promised).update(quantity_reserved=3)
    assert gone
    wms.send(wms.update(1, sold, 1))
    seen = scrape()
    shown = {
        status: seen("inventory_items", status=status, location="MAIN")
        for status in ("in_stock", "all_promised", "oversold", "out_of_stock")
    }
    assert shown == {"in_stock": 1, "all_promised": 1, "oversold": 1, "out_of_stock": 1}
    assert seen("inventory_oversold_units") == 3


def test_what_waits_to_go_out_is_told_by_subscription(scrape):
    create_subscription(name="reader", url="https://example.com/x", event_names=["a"], by=make.user("", superuser=True))
    assert scrape()("inventory_outbox_oldest_timestamp_seconds", subscription="reader") is None
    Event.objects.create(name="a", subject="s", occurred_at=now() - timedelta(minutes=20))
    assign_positions()
    seen = scrape()
    assert seen("inventory_outbox_pending", subscription="reader") == 1
    age = now().timestamp() - seen("inventory_outbox_oldest_timestamp_seconds", subscription="reader")
    assert age == pytest.approx(1200, abs=5)
    assert seen("inventory_dead_letters") == 0


def test_the_age_of_each_success_is_there(home, scrape):
    Wms(home, "silent")
    wms, what = Wms(make.zone("B", "WEST"), "loud"), make.stock(1, home=home)
    wms.send(wms.update(1, what, 1))
    TickMark.ticked()
    seen = scrape()
    assert seen("inventory_sync_last_success_timestamp_seconds", source="wms:silent") is None
    for name, labels in [
        ("inventory_sync_last_success_timestamp_seconds", {"source": "wms:loud"}),
        ("countersign_tick_timestamp_seconds", {}),
    ]:
        assert seen(name, **labels) == pytest.approx(now().timestamp(), abs=5)


@pytest.mark.parametrize(
    ("at", "is_awaited"), [("2026-03-06 08:59", 0), ("2026-03-06 09:00", 1), ("2026-03-08 23:00", 1)]
)
def test_a_workbook_is_awaited_by_our_calendar(home, scrape, at, is_awaited):
    """Friday 6 March, two days before clocks change; the one of Thursday came."""
    zone = ZoneInfo("America/New_York")
    make.ballast(home)
    what = kept(1, home=home, cost=1)
    with clock.at(datetime(2026, 3, 5, 8, 30, tzinfo=zone)):
        sync([(what, 1)], home=home)
    with clock.at(datetime.fromisoformat(at).replace(tzinfo=zone)):
        seen = scrape()
    assert seen("excel_sync_awaited", location="MAIN") == is_awaited
    last = datetime(2026, 3, 5, 8, 30, tzinfo=zone).timestamp()
    assert seen("excel_sync_last_success_timestamp_seconds", location="MAIN") == last


def test_a_part_that_cannot_be_read_hides_no_other(scrape, monkeypatch):
    def broken() -> Any:
        raise RuntimeError("no such table")

    monkeypatch.setitem(metrics._SOURCES, "broken", metrics._Source(broken, is_slow=False))
    seen = scrape()
    assert seen("countersign_collector_success", collector="broken") == 0
    assert seen("countersign_collector_success", collector="wms_feed") == 1
    assert seen("inventory_dead_letters") == 0


def test_figures_are_kept_for_a_few_seconds(scrape, settings, monkeypatch):
    settings.METRICS_CACHE_SECONDS = 60
    asked = []

    def one() -> Any:
        asked.append(1)
        yield metrics.gauge("one", "One.", 1)

    monkeypatch.setitem(metrics._SOURCES, "one", metrics._Source(one, is_slow=False))
    scrape(), scrape()
    assert len(asked) == 1


def test_no_series_for_an_item_and_no_query_for_a_row(home, scrape):
    wms = Wms(home, "main")
    queries_of(scrape, wms, home, items=1)  # makes the client's row of totals
    few = queries_of(scrape, wms, home, items=5)
    many = queries_of(scrape, wms, home, items=2_000)
    assert many == few
    seen = scrape()
    assert len(seen.samples) < 200
    assert seen.labels() <= LABELS
    assert WmsUpdate.objects.count() == WmsStanding.objects.count() == 2_006


def queries_of(scrape: Any, wms: Wms, home: Any, *, items: int) -> int:
    begun = Item.objects.count()
    made = Item.objects.bulk_create(Item(item_code=f"I{begun + n}", avg_cost=1) for n in range(items))
    Balance.objects.bulk_create(Balance(item=what, location=home.location) for what in made)
    by_wms(home, *made)
    for first in range(0, items, 500):
        part = [wms.update(begun + first + n, what, 3) for n, what in enumerate(made[first : first + 500], 1)]
        assert set(wms.told(*part)) == {"applied"}
    with CaptureQueriesContext(connection) as captured:
        scrape()
    return len(captured)


def test_every_room_is_told_of(scrape):
    told = {labels[0][1] for name, labels in scrape().samples if name == "countersign_collector_success"}
    assert told == {
        "house", "outbox", "netsuite_queue", "netsuite_mirror", "workbooks", "items", "oversold", "wms_feed",
        "wms_standing", "wms_discrepancies",
    }  # fmt: skip


LARGE = (
    "inventory_wmsupdate", "inventory_wmsmessage", "inventory_movement", "approvals_event", "approvals_delivery",
    "netsuite_push", "inventory_wmsgap", "inventory_oversellincident", "approvals_proposedaction",
)  # fmt: skip


@pytest.mark.postgres
@pytest.mark.skipif(connection.vendor != "postgresql", reason="reads PostgreSQL's plans")
def test_no_large_table_is_read_through(home, scrape):
    """With sequential scans priced out, a plan that still has one has no index to use."""
    wms, what = Wms(home, "main"), fed_stock(5, home=home)
    create_subscription(name="reader", url="https://example.com/x", event_names=["*"], by=make.user("", superuser=True))
    wms.send(wms.update(1, what, 7))
    Event.objects.update(position=1)
    with CaptureQueriesContext(connection) as captured:
        scrape()
    told = [
        query["sql"] for query in captured if query["sql"].startswith("SELECT") and "FOR UPDATE" not in query["sql"]
    ]
    assert len(told) > 15
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        for sql in told:
            cursor.execute(f"EXPLAIN {sql}")
            plan = "\n".join(row[0] for row in cursor.fetchall())
            assert not [table for table in LARGE if f"Seq Scan on {table}" in plan], f"{sql}\n{plan}"
