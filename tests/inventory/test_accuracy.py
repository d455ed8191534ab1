"""Accuracy: the share of first counts within tolerance, never netted."""

from datetime import timedelta
from decimal import Decimal

import pytest

from approvals.clock import now
from inventory.counting import accuracy
from inventory.counting.recounts import enter_recount
from tests import factories as make

pytestmark = pytest.mark.django_db


def month():
    return now() - timedelta(days=30)


def test_an_excess_does_not_make_up_for_a_shortage():
    home = make.zone()
    items = [make.stock(100, home=home, cost=10) for _ in range(4)]
    make.count(home, [(what, n) for what, n in zip(items, (100, 101, 150, 50), strict=True)])
    figures = accuracy.overall(month())
    assert (figures.lines, figures.within) == (4, 1)  # the zone is beyond its guardrail: 101 is not within
    assert figures.accuracy == Decimal("0.25")
    assert figures.gross == 1010
    assert figures.net == 10


def test_a_recount_does_not_polish_the_first_count():
    approver = make.approver()
    sheet, what, _ = make.disputed_count()
    waiting = make.send_back(sheet, what, approver)
    enter_recount(line=waiting, counted=Decimal(142), counted_at=now(), by=make.user())
    assert accuracy.overall(month()).accuracy == 0


def test_not_counted_and_nothing_found_where_nothing_was_expected_say_nothing():
    home = make.zone()
    stocked, empty, nothing = make.stock(5, home=home), make.stock(5, home=home), make.item()
    make.count(home, [(stocked, 5), (empty, None), (nothing, 0)])
    assert accuracy.overall(month()).lines == 1


def test_old_counts_are_left_out():
    home = make.zone()
    what = make.stock(5, home=home)
    make.count(home, [(what, 5)], at=now() - timedelta(days=31))
    figures = accuracy.overall(month())
    assert figures.lines == figures.gross == 0
    assert figures.accuracy is None
    assert accuracy.by_zone(month()) == {}


def test_by_zone_and_by_day():
    good, bad = make.zone("GOOD"), make.zone("BAD")
    for home, counted in ((good, 100), (bad, 200)):
        what = make.stock(100, home=home)
        make.count(home, [(what, counted)], at=now() - timedelta(days=2))
        make.count(home, [(what, 100)])
    zones = accuracy.by_zone(month())
    assert {name: figures.accuracy for name, figures in zones.items()} == {
        "MAIN / GOOD": 1, "MAIN / BAD": Decimal("0.5"),
    }  # fmt: skip
    days = accuracy.by_day(month())
    assert list(days) == sorted(days)
    assert [figures.lines for figures in days.values()] == [2, 2]
    assert accuracy.accuracy_by_zone(month()) == {good.pk: 1, bad.pk: Decimal("0.5")}
