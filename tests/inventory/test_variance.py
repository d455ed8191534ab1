"""The variance figures and the suggested reason, as numbers in and numbers out."""

from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.variance.figures import compute_variance, suggest_reason

quantities = st.decimals(min_value=0, max_value=10**9, places=3)
costs = st.decimals(min_value=0, max_value=10**5, places=4)


@pytest.mark.parametrize(
    ("counted", "expected", "cost", "figures"),
    [
        ("184", "142", "35", ("42", "29.5775", "1470.00")),  # the client's case
        ("0", "10", "2", ("-10", "-100", "-20")),
        ("0", "0", "2", ("0", "0", "0")),
        ("5", "0", "2", ("5", None, "10")),
        ("5", "-1", "2", ("6", None, "12")),
        ("0", "-1", "2", ("1", None, "2")),
        ("11", "10", None, ("1", "10", None)),
        ("3.333", "3", "0.015", ("0.333", "11.1", "0.00")),
        ("2", "3", "0.005", ("-1", "-33.3333", "-0.01")),  # half a cent rounds away from zero
    ],
)
def test_figures(counted, expected, cost, figures):
    found = compute_variance(D(counted), D(expected), None if cost is None else D(cost))
    assert (found.variance, found.percent, found.value) == tuple(None if f is None else D(f) for f in figures)


@given(quantities, quantities, costs)
def test_figures_agree_with_each_other(counted, expected, cost):
    found = compute_variance(counted, expected, cost)
    assert expected + found.variance == counted
    assert found.value is not None
    assert abs(found.value - found.variance * cost) <= D("0.005")
    if expected > 0:
        assert found.percent is not None
        assert found.percent < 10**10  # fits its column
        assert (found.percent < 0) <= (found.variance < 0)
    else:
        assert (found.percent is None) == (found.variance != 0)


@pytest.mark.parametrize(
    ("counted", "expected", "pack", "deltas", "says"),
    [
        ("142", "142", 6, [], ""),
        ("184", "142", 6, [("-42", "shipment of 20 Nov")], "Timing: a recent shipment of 20 Nov moved exactly 42"),
        ("100", "142", None, [("-42.000", "receipt of 20 Nov")], "Timing: a recent receipt of 20 Nov moved exactly 42"),
        ("184", "142", 6, [("-41", "shipment of 20 Nov")], "Unit of measure: 7 whole cases of 6"),
        ("124", "142", 6, [], "Keying: 124 and 142 are the same digits swapped"),
        ("124.000", "142.000", None, [], "Keying: 124 and 142 are the same digits swapped"),
        ("241", "142", None, [], "Keying: 241 and 142 are the same digits swapped"),
        ("5", "0", 5, [], "Found: nothing was on record"),
        ("143", "142", 6, [], ""),
        ("143", "142", 1, [], ""),
        ("143", "142", 0, [], ""),
        ("1420", "142", None, [], ""),
    ],
)  # fmt: skip
def test_suggested_reasons(counted, expected, pack, deltas, says):
    recent = [(D(delta), name) for delta, name in deltas]
    assert suggest_reason(counted=D(counted), expected=D(expected), case_pack=pack, recent_deltas=recent) == says
