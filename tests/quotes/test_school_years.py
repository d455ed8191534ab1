"""A school year has two years in its name, and both must be said."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.refusals import Refused
from quotes.school_years import EARLIEST, LATEST, SchoolYear, UnclearYear, parse_school_year, school_year_of

STARTS = st.integers(EARLIEST, LATEST)
FORMS = ("{0}-{2:02d}", "{0}-{1}", "{3:02d}/{2:02d}", "{0}/{1}", "SY{3:02d}-{2:02d}", "SY {0}-{1}", "sy {0}–{2:02d}")


@given(start=STARTS, form=st.sampled_from(FORMS), padding=st.sampled_from(["", " ", "  "]))
def test_every_form_of_two_consecutive_years_is_the_same_year(start: int, form: str, padding: str) -> None:
    text = padding + form.format(start, start + 1, (start + 1) % 100, start % 100) + padding
    assert parse_school_year(text) == SchoolYear(start)


@given(start=STARTS)
def test_the_text_reads_back(start: int) -> None:
    assert parse_school_year(str(SchoolYear(start))) == SchoolYear(start)


@pytest.mark.parametrize("text", ["2026", "SY26", "26", "School year 2026", "SY 2026"])
def test_a_lone_year_is_refused_with_both_readings(text: str) -> None:
    with pytest.raises(UnclearYear, match="2025-26 or 2026-27"):
        parse_school_year(text)


@given(first=STARTS, second=STARTS)
def test_years_that_do_not_follow_each_other_are_refused(first: int, second: int) -> None:
    if second != first + 1:
        with pytest.raises(Refused, match="follow each other"):
            parse_school_year(f"{first}-{second}")


@pytest.mark.parametrize("text", ["", "next year", "2026-7", "1926-27", "20260-27", "2026-27-28", "<b>2026-27</b>"])
def test_other_texts_are_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=r"2026-27|begin in"):
        parse_school_year(text)


@given(day=st.dates(date(EARLIEST, 7, 1), date(LATEST, 6, 30)))
def test_each_day_belongs_to_exactly_one_year(day: date) -> None:
    year = school_year_of(day)
    assert day in year
    assert day not in SchoolYear(year.start + 1)
    assert (day + timedelta(days=366)) not in year


def test_a_year_runs_from_july_to_june() -> None:
    year = SchoolYear(2026)
    assert (year.first_day, year.last_day) == (date(2026, 7, 1), date(2027, 6, 30))
    assert year.last_day + timedelta(days=1) == year.next.first_day
    assert str(year.previous) == "2025-26"
    assert str(SchoolYear(2099)) == "2099-00"
