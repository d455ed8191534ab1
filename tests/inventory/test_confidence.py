"""How far a figure is trusted, at the boundaries of its rules."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from inventory.checking.confidence import Evidence, Level, Standing, judge

TODAY = date(2026, 11, 20)
FRESH = Evidence("Excel", "workbook stock.xlsx, sync 12", TODAY, Standing.AGREES, None, 0, TODAY)


def level(**change: object) -> Level:
    return judge(replace(FRESH, **change)).level


def reasons(**change: object) -> str:
    return " ".join(judge(replace(FRESH, **change)).reasons)


def days_ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def test_a_workbook_of_today_that_agrees_is_trusted():
    assert level() == Level.HIGH
    assert "The workbook stock.xlsx, sync 12, is from today and agrees with the ledger." in reasons()


@pytest.mark.parametrize("standing", [Standing.UNDECIDED, Standing.REJECTED, Standing.UNSEEN])
def test_a_workbook_of_today_that_differed_is_half_trusted(standing):
    assert level(standing=standing) == Level.MEDIUM
    assert "It differed from the ledger" in reasons(standing=standing)
    assert "agrees" not in reasons(standing=standing)


def test_a_proposal_that_waits_takes_the_last_certainty_away():
    assert level(undecided=1) == Level.MEDIUM
    assert "1 proposal about it waits for a decision." in reasons(undecided=1)
    assert "2 proposals about it wait for a decision." in reasons(undecided=2)


@pytest.mark.parametrize(("days", "expected"), [(0, Level.HIGH), (1, Level.LOW), (365, Level.LOW)])
def test_a_workbook_is_from_today_or_it_is_old(days, expected):
    assert level(stated_on=days_ago(days)) == expected


@pytest.mark.parametrize(
    ("days", "expected"),
    [(0, Level.MEDIUM), (1, Level.MEDIUM), (29, Level.MEDIUM), (30, Level.MEDIUM), (31, Level.LOW)],
)
def test_a_count_of_the_last_thirty_days_helps_an_old_workbook(days, expected):
    assert level(stated_on=days_ago(2), counted_on=days_ago(days)) == expected


def test_a_count_does_not_make_an_open_difference_certain():
    assert level(standing=Standing.UNDECIDED, counted_on=TODAY) == Level.MEDIUM


def test_nothing_said_and_nothing_counted_is_not_trusted():
    assert level(stated_on=None) == Level.LOW
    said = reasons(stated_on=None)
    assert "has never said anything about it" in said
    assert "Nobody has counted it here yet." in said


def test_a_statement_dated_tomorrow_is_not_from_today():
    assert level(stated_on=days_ago(-1)) == Level.LOW
    assert "which has not come yet" in reasons(stated_on=days_ago(-1))


def test_every_judgement_gives_its_reasons_as_sentences():
    for standing in Standing:
        for stated in (None, TODAY, days_ago(1), days_ago(-1)):
            for counted in (None, TODAY, days_ago(1), days_ago(31)):
                found = judge(replace(FRESH, standing=standing, stated_on=stated, counted_on=counted)).reasons
                assert found
                assert all(reason[0].isupper() and reason.endswith(".") for reason in found), found


def test_ages_are_told_in_days():
    assert "1 day old, of 19 Nov 2026" in reasons(stated_on=days_ago(1))
    assert "It was last counted 1 day ago." in reasons(counted_on=days_ago(1))
    assert "It was last counted 31 days ago, more than 30." in reasons(counted_on=days_ago(31))
