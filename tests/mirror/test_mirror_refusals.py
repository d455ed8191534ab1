"""When the mirror stores nothing, and what it says then."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from approvals.clock import now
from approvals.models import Alert
from inventory.mirror.mirroring import MirrorReport, mirror_netsuite
from inventory.models import MirrorMark, Movement, Parity
from netsuite.drain import drain
from netsuite.models import DrainLease, Push
from netsuite.queries import Paging
from tests import factories as make
from tests.netsuite import stage

pytestmark = pytest.mark.django_db


def mirror(**given: Any) -> MirrorReport:
    report = mirror_netsuite(**given)
    assert report.refused == ""
    return report


def open_alerts():
    return dict(Alert.objects.filter(resolved_at=None).values_list("key", "message"))


def count_up(home, what, by):
    """An approved count that adds to stock here and queues the push that says so."""
    sheet = make.count(home, [(what, make.on_hand(what, home) + by)])
    make.approve(make.envelope_of(sheet), make.approver())
    return Push.objects.order_by("pk").last()


def refused(**given: Any) -> str:
    before = list(Parity.objects.order_by("pk").values())
    report = mirror_netsuite(**given)
    assert report.refused
    assert list(Parity.objects.order_by("pk").values()) == before
    return report.refused


def test_a_snapshot_that_shrank_is_refused_and_can_be_accepted_once(stocked, simulator):
    """Acceptance 14: what a narrowed role shows is not believed."""
    for number in range(20):
        stocked(f"I{number:02}", 5)
    mirror()
    simulator.control.add_fault("permission_drop", route="suiteql", value="0.5", count=None)
    assert "NetSuite showed 10 balances, last time 20." in refused()
    assert "role" in open_alerts()["netsuite-mirror"]
    assert MirrorMark.objects.get().refusal.startswith("NetSuite showed 10")
    assert mirror(accept_smaller=True).states == {"equal": 10, "missing_there": 10}
    assert open_alerts() == {}
    mirror()


def test_nine_tenths_of_the_rows_are_enough(stocked, simulator):
    for number in range(20):
        stocked(f"I{number:02}", 5)
    mirror()
    simulator.control.add_fault("permission_drop", route="suiteql", value="0.9", count=None)
    mirror()


def test_a_location_that_went_dark_is_noticed_in_a_large_account(stocked, simulator):
    """Ten of 210 rows are less than a tenth, but they are the whole of one place."""
    stocked("000123", 40)
    items = [f"I{number:03}" for number in range(199)]
    simulator.control.seed(
        locations=[{"id": "9", "name": "SHOP"}],
        items=[{"itemid": code} for code in items],
        balances=[{"item": code, "location": "MAIN", "quantity": "0"} for code in items]
        + [{"item": code, "location": "SHOP", "quantity": "1"} for code in items[:10]],
    )
    mirror()
    mark = MirrorMark.objects.get()
    mark.row_counts = {**mark.row_counts, "10": ["YARD", 12]}
    mark.save()
    assert "NetSuite showed 0 balances at YARD, last time 12." in refused()


def test_an_empty_netsuite_is_not_believed_when_there_is_stock_here(simulator, home):
    make.stock(3, home=home, code="000123")
    assert "no balances at all" in refused()


def test_a_shifting_snapshot_is_thrown_away_and_the_next_one_taken(stocked, simulator):
    for number in range(8):
        stocked(f"I{number:02}", 5)
    simulator.control.add_fault("snapshot_shift", route="suiteql", nth=2)
    assert "changed while they were read" in refused(paging=Paging(page=3))
    assert open_alerts() == {}
    assert mirror(paging=Paging(page=3)).rows == 8


def test_a_page_cut_short_is_asked_for_again(stocked, simulator):
    stocked("000123", 40)
    simulator.control.add_fault("truncated_body", route="suiteql")
    assert mirror().states == {"equal": 1}


def test_throttled_for_long_it_waits_for_the_next_beat_and_alerts_after_half_an_hour(stocked, simulator, later):
    stocked("000123", 40)
    mirror()
    simulator.control.add_fault("throttle", route="suiteql", count=None)
    assert "could not be asked" in refused()
    assert open_alerts() == {}
    later(31 * 60)
    refused()
    assert "netsuite-mirror" in open_alerts()
    simulator.control.clear_faults()
    mirror()
    assert open_alerts() == {}


def test_a_refused_login_stops_reading_and_pushing_and_never_locks_the_user(stocked, home, simulator, later):
    what = stocked("000123", 40)
    count_up(home, what, 5)
    simulator.control.revoke_token()
    assert "Invalid login" in refused()
    assert DrainLease.objects.get().halt == DrainLease.Halt.LOGIN
    drain()
    for _ in range(10):
        refused()
    assert len(simulator.control.audit_trail()) == 1
    assert "netsuite-login" in open_alerts()
    simulator.control.restore_token()
    later(61)
    drain()
    assert "rests until" in refused()
    assert mirror(by_hand=True).states == {"equal": 1}
    mirror()


def test_two_at_once_are_one(stocked):
    stocked("000123", 40)
    mirror()
    MirrorMark.objects.update(started_at=now())
    assert "Another mirror is at work" in refused()


def test_one_that_died_is_not_waited_for_for_ever(stocked, later):
    stocked("000123", 40)
    mirror()
    MirrorMark.objects.update(started_at=now())
    later(MirrorMark.RUNS_AT_MOST + 1)
    mirror()


def test_not_set_up_is_a_sentence(settings, db):
    settings.NETSUITE_TOKEN = ""
    assert "NETSUITE_TOKEN is empty" in mirror_netsuite().refused


def test_the_command_prints_figures_and_refuses_with_exit_2(stocked, simulator):
    stocked("000123", 40, there=38)
    out = StringIO()
    call_command("mirror_netsuite", "--json", stdout=out)
    assert json.loads(out.getvalue())["states"] == {"drift": 1}
    out = StringIO()
    call_command("mirror_netsuite", stdout=out)
    assert "1 balances read from NetSuite" in out.getvalue()
    assert "1 corrections proposed" in out.getvalue()
    simulator.control.add_fault("permission_drop", route="suiteql")
    with pytest.raises(CommandError, match="NetSuite showed 0 balances, last time 1") as caught:
        call_command("mirror_netsuite", stdout=StringIO())
    assert caught.value.returncode == 2


def test_it_never_writes_to_netsuite_and_never_moves_stock(stocked, home, simulator):
    stocked("000123", 40, there=38)
    before = Movement.objects.count()
    for _ in range(3):
        mirror()
    assert Movement.objects.count() == before
    assert stage.sends(simulator) == [each for each in stage.sends(simulator) if each["route"] == "suiteql"]
    assert simulator.control.transactions() == []
