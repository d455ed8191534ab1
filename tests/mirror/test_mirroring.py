"""The mirror against a real simulator process: what it says of each balance, and when it says nothing at all."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from approvals.models import Alert, ProposedAction
from inventory.demo.netsuite_side import write_netsuite_side
from inventory.mirror.mirroring import MirrorReport, mirror_netsuite
from inventory.models import Balance, MirrorMark, Parity
from netsuite.decisions import cancel_push
from netsuite.drain import drain
from netsuite.models import Push
from netsuite.simulator.running import running_simulator
from tests import factories as make

pytestmark = pytest.mark.django_db
State = Parity.State


def mirror(**given: Any) -> MirrorReport:
    report = mirror_netsuite(**given)
    assert report.refused == ""
    return report


def row(code: str) -> Any:
    return Parity.objects.get(item__item_code=code)


def set_there(simulator, code, quantity):
    simulator.control.seed(balances=[{"item": code, "location": "MAIN", "quantity": str(quantity)}])


def open_alerts():
    return dict(Alert.objects.filter(resolved_at=None).values_list("key", "message"))


def count_up(home, what, by):
    """An approved count that adds to stock here and queues the push that says so."""
    sheet = make.count(home, [(what, make.on_hand(what, home) + by)])
    make.approve(make.envelope_of(sheet), make.approver())
    return Push.objects.order_by("pk").last()


def test_every_balance_gets_a_row_and_equal_ones_stay_quiet(stocked):
    stocked("000123", 40)
    stocked("000124", "2.5", allows_fractions=True)
    report = mirror()
    assert (report.rows, report.states) == (2, {"equal": 2})
    assert row("000124").netsuite_quantity == row("000124").our_quantity == Decimal("2.5")
    assert not ProposedAction.objects.exists()
    assert open_alerts() == {}
    assert MirrorMark.objects.get().succeeded_at is not None


def test_a_push_on_its_way_explains_the_difference_until_netsuite_has_it(stocked, home):
    what = stocked("000123", 40)
    push = count_up(home, what, 5)
    mirror()
    found = row("000123")
    assert (found.state, found.explained, found.difference, found.pushes) == (State.PENDING, 5, 0, [push.pk])
    drain()
    assert mirror().states == {"equal": 1}
    assert row("000123").netsuite_quantity == 45


def test_a_push_of_unknown_fate_explains_both_numbers(stocked, home, simulator):
    what = stocked("000123", 40)
    push = count_up(home, what, 5)
    simulator.control.add_fault("reset_after_commit", op="push")
    drain(max_pushes=1)
    push.refresh_from_db()
    assert push.status == Push.Status.UNKNOWN
    assert mirror().states == {"equal": 1}
    set_there(simulator, "000123", 40)
    assert mirror().states == {"pending": 1}


def test_nobody_is_asked_about_an_item_while_a_push_of_it_is_looked_up(stocked, home, simulator, later):
    what = stocked("000123", 40, there=37)
    count_up(home, what, 5)
    simulator.control.add_fault("reset_before_commit", op="push")
    drain(max_pushes=1)
    assert [mirror().proposed for _ in range(4)] == [0, 0, 0, 0]
    assert row("000123").state == State.DRIFT
    assert open_alerts().keys() == set()
    later(120)
    drain()
    later(120)
    assert [mirror().proposed for _ in range(3)] == [0, 1, 0]
    assert row("000123").difference == 3


def test_a_push_confirmed_a_moment_ago_may_be_missing_from_the_snapshot(stocked, home, simulator):
    """Acceptance 13: the mirror never takes a look older than the last confirmed push for drift."""
    what = stocked("000123", 40)
    count_up(home, what, 5)
    simulator.control.add_fault("read_lag", op="push", seconds=60)
    drain()
    assert Push.objects.get().status == Push.Status.CONFIRMED
    assert mirror().states == {"pending": 1}
    simulator.control.advance(120)
    assert mirror().states == {"equal": 1}


def test_two_pushes_and_a_real_difference_are_told_apart(stocked, home):
    what = stocked("000123", 40, there=37)
    count_up(home, what, 5)
    mirror()
    found = row("000123")
    assert (found.state, found.explained, found.difference) == (State.DRIFT, 5, 3)


def test_a_cancelled_push_leaves_drift(stocked, home, operator_of):
    what = stocked("000123", 40)
    push = count_up(home, what, 5)
    operator_of(push)
    mirror()
    assert (row("000123").state, row("000123").difference) == (State.DRIFT, 5)


@pytest.fixture
def operator_of():
    def cancel(push):
        cancel_push(push=push, by=make.user(superuser=True), reason="Entered by hand")

    return cancel


def test_drift_is_told_and_proposed_once_when_two_looks_have_found_it(stocked, home):
    stocked("000123", 40, there=38)
    stocked("000124", 7)
    first = mirror()
    assert (first.states, first.proposed) == ({"drift": 1, "equal": 1}, 0)
    assert open_alerts() == {}
    assert mirror().proposed == 1
    assert [mirror().proposed for _ in range(3)] == [0, 0, 0]
    assert "000123 at MAIN: 40 here, 38 there" in open_alerts()["netsuite-drift"]
    line = ProposedAction.objects.get(action_type="netsuite_correction")
    assert line.title == "000123: 40 here, 38 in NetSuite"
    assert line.envelope.title == "Differences from NetSuite at MAIN"
    assert row("000123").correction == line
    assert Alert.objects.count() == 1


def test_drift_that_goes_away_resolves_the_alert_and_overwrites_nothing(stocked, simulator):
    what = stocked("000123", 40, there=38)
    mirror()
    mirror()
    assert "netsuite-drift" in open_alerts()
    assert Balance.objects.get(item=what).quantity_on_hand == 40
    assert simulator.control.balances(item="000123")[0]["on_hand"] == "38.000"
    set_there(simulator, "000123", 40)
    mirror()
    assert open_alerts() == {}
    assert row("000123").state == State.EQUAL


def test_a_difference_seen_once_asks_nobody(stocked, home, simulator):
    """A shipment is booked here a minute before it is booked there."""
    what = stocked("000123", 40)
    mirror()
    make.move(what, -4, home=home)
    mirror()
    assert row("000123").state == State.DRIFT
    set_there(simulator, "000123", 36)
    mirror()
    assert row("000123").seen == 0
    assert not ProposedAction.objects.exists()
    assert not Alert.objects.exists()


def test_what_one_side_lacks_is_named_and_not_corrected_to_nothing(stocked, home, simulator):
    make.stock(12, home=home, code="ONLY-HERE")
    known = make.item("KNOWN", netsuite_id="2001")
    simulator.control.seed(
        items=[{"id": "2001", "itemid": "KNOWN"}, {"id": "2002", "itemid": "STRANGER"}],
        balances=[
            {"item": "KNOWN", "location": "MAIN", "quantity": "3"},
            {"item": "STRANGER", "location": "MAIN", "quantity": "4"},
        ],
    )
    mirror()
    mirror()
    states = {each.code: each.state for each in Parity.objects.select_related("item")}
    assert states == {
        "ONLY-HERE": State.MISSING_THERE,
        "KNOWN": State.MISSING_HERE,
        "STRANGER": State.MISSING_HERE,
    }
    assert [row(known.item_code).correction] == list(ProposedAction.objects.filter(action_type="netsuite_correction"))
    assert "1 missing in NetSuite" in open_alerts()["netsuite-drift"]


def test_nothing_on_either_side_is_no_row_and_places_not_kept_here_are_only_named(stocked, simulator):
    stocked("000123", 40)
    simulator.control.seed(
        locations=[{"id": "9", "name": "SHOP"}],
        items=[{"itemid": "EMPTY"}],
        balances=[
            {"item": "EMPTY", "location": "MAIN", "quantity": "0"},
            {"item": "000123", "location": "SHOP", "quantity": "3"},
        ],
    )
    report = mirror()
    assert (report.states, report.outside) == ({"equal": 1}, ["SHOP"])
    assert Parity.objects.count() == 1


def test_an_item_is_known_by_its_internal_id_whatever_it_is_called_there(stocked, simulator):
    stocked("000123", 40)
    simulator.control.seed(items=[{"id": "3000", "itemid": "OTHER"}])
    make.item("OTHER", netsuite_id="1001x")
    simulator.control.seed(balances=[{"item": "OTHER", "location": "MAIN", "quantity": "1"}])
    mirror()
    assert Parity.objects.get(item=None).netsuite_item == "3000"


def test_an_unchanged_snapshot_writes_no_row(stocked):
    for number in range(5):
        stocked(f"I{number}", number + 1)
    mirror()
    with CaptureQueriesContext(
        connection,
    ) as caught:
        mirror()
    assert not [q for q in caught.captured_queries if "inventory_parity" in q["sql"] and q["sql"].startswith("UPDATE")]


def test_the_number_of_queries_does_not_grow_with_the_balances(simulator, home):
    def look():
        with CaptureQueriesContext(connection) as caught:
            mirror()
        return len(caught)

    def add(start, count):
        for number in range(start, start + count):
            make.stock(10, home=home, code=f"I{number:04}", netsuite_id=str(5000 + number))
        simulator.control.seed(
            items=[{"id": str(5000 + n), "itemid": f"I{n:04}"} for n in range(start, start + count)],
            balances=[
                {"item": f"I{n:04}", "location": "MAIN", "quantity": "10" if n % 2 else "9"}
                for n in range(start, start + count)
            ],
        )

    add(0, 4)
    few = [look() for _ in range(3)]
    add(4, 60)
    many = [look() for _ in range(3)]
    assert all(later <= earlier for earlier, later in zip(few, many, strict=True)), (few, many)


def test_the_demo_has_a_netsuite_that_differs_in_three_places(settings, tmp_path, db):
    settings.VAR_DIR = tmp_path
    home = make.zone("A")
    items = [make.stock(100 + number, home=home, code=f"D{number}") for number in range(5)]
    make.approve(make.envelope_of(make.count(home, [(items[0], 200)])), make.approver())
    with running_simulator(records=write_netsuite_side()) as demo:
        settings.NETSUITE_RESTLET_BASE_URL = settings.NETSUITE_REST_BASE_URL = demo.base_url
        report = mirror()
        assert report.states == {"pending": 1, "drift": 3, "equal": 1}
        drain()
        assert mirror().states == {"drift": 3, "equal": 2}
