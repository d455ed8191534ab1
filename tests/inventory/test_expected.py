"""Expected: what the ledger says lay there when the line was counted."""

from datetime import timedelta
from decimal import Decimal

import pytest

from approvals.clock import now
from inventory.variance.expected import moved_since, recent_movements
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(db):
    return make.zone()


def hours_ago(n):
    return now() - timedelta(hours=n)


@pytest.mark.parametrize("kind", ["receipt", "shipment", "transfer", "assembly"])
def test_goods_moved_after_the_count_are_taken_off(home, kind):
    what = make.stock(100, home=home)
    make.move(what, 7, home=home, at=hours_ago(1), kind=kind)
    assert moved_since(home.location, {what.pk: hours_ago(2)}) == {what.pk: 7}
    assert moved_since(home.location, {what.pk: hours_ago(0)}) == {}


def test_a_movement_at_the_very_moment_of_the_count_was_seen_by_the_counter(home):
    what, moment = make.stock(100, home=home), hours_ago(1)
    make.move(what, 7, home=home, at=moment)
    assert moved_since(home.location, {what.pk: moment}) == {}
    assert moved_since(home.location, {what.pk: moment - timedelta(microseconds=1)}) == {what.pk: 7}


def test_corrections_of_the_record_are_no_movements_of_goods(home):
    what = make.stock(100, home=home)
    make.move(what, 7, home=home, at=hours_ago(1), kind="opening")
    assert moved_since(home.location, {what.pk: hours_ago(2)}) == {}


def test_a_count_posted_in_between_is_no_movement_of_goods(home):
    """Two walks: the later one was posted first; the earlier one is compared with the corrected record."""
    make.ballast(home)
    what = make.stock(1000, home=home, cost=1)
    make.count(home, [(what, 1010)], at=hours_ago(1))
    sheet = make.count(home, [(what, 1010)], at=hours_ago(2))
    assert make.line_of(sheet, what).variance == 0


def test_each_item_has_its_own_moment(home):
    early, late = make.stock(100, home=home), make.stock(100, home=home)
    for what in (early, late):
        make.move(what, -5, home=home, at=hours_ago(2))
    assert moved_since(home.location, {early.pk: hours_ago(3), late.pk: hours_ago(1)}) == {early.pk: Decimal(-5)}


def test_each_moment_is_exact_whatever_the_others_are(home):
    early, late, moment = make.stock(100, home=home), make.stock(100, home=home), hours_ago(1)
    make.move(late, -5, home=home, at=moment)
    assert moved_since(home.location, {early.pk: hours_ago(3), late.pk: moment}) == {}


def test_other_places_do_not_count(home):
    what, elsewhere = make.stock(100, home=home), make.zone(location="OTHER")
    make.move(what, 50, home=elsewhere, at=hours_ago(1))
    assert moved_since(home.location, {what.pk: hours_ago(2)}) == {}
    sheet = make.count(home, [(what, 100)], at=hours_ago(2))
    assert make.line_of(sheet, what).variance == 0


def test_recent_movements_are_those_of_a_week_around_the_count_newest_first(home):
    what = make.stock(100, home=home)
    for days in (20, 6, 2):
        make.move(what, days, home=home, at=now() - timedelta(days=days))
    found = recent_movements(home.location, {what.pk: now()})[what.pk]
    assert [delta for delta, _, _ in found] == [2, 6]
    assert found[0][1].startswith("shipment of ")


def test_nobody_asked_nothing_answered(home):
    assert moved_since(home.location, {}) == {}
    assert recent_movements(home.location, {}) == {}


def test_the_suggested_reason_finds_the_shipment(home):
    what = make.stock(100, home=home, cost=50)
    make.move(what, -12, home=home, at=hours_ago(5))
    sheet = make.count(home, [(what, 100)])
    assert "shipment" in make.line_of(sheet, what).suggested_reason
