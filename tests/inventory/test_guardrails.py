"""The guardrails at their limits: inclusive, exact, strictest first, and never passing what is unknown."""

from dataclasses import replace
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.models import Guardrail
from inventory.counting.limits import seed_guardrails
from inventory.stock import second_person
from inventory.variance.guardrails import Limits, judge_line, judge_zone

LINE = Limits("line v1", D(2), D(100))
ZONE = Limits("zone v1", D(10), D(500))


def line(counted, expected, cost):
    return judge_line(D(counted), D(expected), None if cost is None else D(cost), LINE)


@pytest.mark.parametrize(
    ("counted", "expected", "cost", "passes"),
    [
        ("102", "100", "1", True),  # exactly 2 %
        ("98", "100", "1", True),
        ("10201", "10000", "0.1", False),  # 2.01 %
        ("9799", "10000", "0.1", False),
        ("1010", "1000", "10", True),  # exactly $100
        ("990", "1000", "10", True),
        ("10001", "10000", "100.01", False),  # one cent more
        ("9999", "10000", "100.01", False),
        ("10001", "10000", "100.0001", False),  # what rounds to $100.00 is still more
        ("100002000001", "100000000000", "0", False),
        ("102.001", "100", "0.001", False),  # what rounds to 2.00 % is still more
        ("5", "5", None, True),  # a match needs no cost
        ("0", "0", None, True),
        ("1", "0", "1", False),
        ("0", "-1", "1", False),
        ("1", "-1", "1", False),
        ("101", "100", None, False),
        ("101", "100", "0", False),
        ("184", "142", "35", False),  # the client's case
    ],
)
def test_line(counted, expected, cost, passes):
    verdict = line(counted, expected, cost)
    assert verdict.passes is passes
    assert verdict.why


def test_the_client_case_names_both_limits():
    assert line("184", "142", "35").why == ("line v1: 29.58 % is more than 2 % and $1,470.00 is more than $100.00")


@pytest.mark.parametrize(
    ("gross", "worth", "passes"),
    [
        ("500", "1000000", True),
        ("500.01", "1000000", False),
        ("10", "100", True),  # exactly 10 %
        ("10.01", "100", False),
        ("0", "0", True),
        ("0.01", "0", False),
        ("1", "-5", False),
    ],
)
def test_zone(gross, worth, passes):
    assert judge_zone(D(gross), D(worth), ZONE).passes is passes


@pytest.mark.django_db
@pytest.mark.parametrize(("gross", "second"), [("5000", False), ("5000.01", True), ("0", False)])
def test_second_person(gross, second):
    assert second_person.is_needed(D(gross)) is second


@pytest.mark.django_db
def test_switched_off_or_without_a_limit_one_person_is_enough():
    seed_guardrails()
    rows = Guardrail.objects.filter(name=second_person.SECOND_APPROVAL)
    rows.update(is_enabled=False)
    assert not second_person.is_needed(D(9999))
    rows.update(is_enabled=True, value_limit=None)
    assert not second_person.is_needed(D(9999))


def test_a_guardrail_switched_off_lets_nothing_pass_but_a_match():
    off = replace(LINE, is_enabled=False)
    assert not judge_line(D(101), D(100), D(1), off).passes
    assert judge_line(D(100), D(100), D(1), off).passes
    assert not judge_zone(D(1), D(1000), replace(ZONE, is_enabled=False)).passes


def test_a_limit_left_empty_does_not_apply():
    assert judge_line(D(150), D(100), D(1), replace(LINE, percent=None)).passes
    assert judge_line(D(1010), D(1000), D(1000), replace(LINE, value=None)).passes


@given(st.decimals(0, 10**6, places=3), st.decimals(0, 10**6, places=3), st.decimals(0, 10**4, places=4) | st.none())
def test_what_passes_is_within_both_limits(counted, expected, cost):
    verdict = judge_line(counted, expected, cost, LINE)
    variance = abs(counted - expected)
    if verdict.passes and variance:
        assert cost
        assert variance * 100 <= 2 * expected
        assert variance * cost <= 100
    if not variance:
        assert verdict.passes
