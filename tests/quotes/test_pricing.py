"""Prices, margins and rounding: exact, half up, and never a float."""

from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from quotes.pricing import (
    CENT,
    Margin,
    Price,
    PriceBasis,
    change_percent,
    extended,
    price_per_serving,
    price_text,
    rounded,
    summarise_margins,
    total,
)

PRICES = st.decimals("0.0001", "99999.9999", places=4)
COSTS = st.decimals("0", "99999.9999", places=4)
QUANTITIES = st.decimals("0.001", "99999.999", places=3)
FLOORS = st.decimals("0", "99.9999", places=4)
NUMBERS = st.decimals("-99999.999999", "99999.999999", places=6)


def margin(price: str, cost: str | None) -> Margin:
    return Margin(Decimal(price), None if cost is None else Decimal(cost))


# -- margin -------------------------------------------------------------------------------------------------


def test_the_boundary_is_exact():
    assert margin("40.00", "34.00").passes
    fails = margin("40.00", "34.01")
    assert not fails.passes
    assert fails.is_below_floor
    assert round(fails.percent, 1) == 15, "with one decimal it reads like the floor"
    assert str(fails) == "14.98 %"
    assert str(margin("40.00", "34.00")) == "15.00 %"
    assert str(margin("40.00", "30.00")) == "25.0 %"


@given(price=PRICES, cost=COSTS, floor=FLOORS)
def test_passing_is_a_comparison_of_exact_fractions(price, cost, floor):
    judged = Margin(price, cost, floor)
    if cost == 0:
        assert not judged.passes
        return
    share = (Fraction(price) - Fraction(cost)) / Fraction(price) * 100
    assert judged.passes == (share >= Fraction(floor))
    assert judged.is_below_floor == (share < Fraction(floor))


@given(price=PRICES, cost=COSTS.filter(bool), floor=FLOORS)
def test_a_margin_under_the_floor_never_reads_as_the_floor(price, cost, floor):
    judged = Margin(price, cost, floor)
    shown = Decimal(str(judged).removesuffix(" %"))
    if judged.is_below_floor:
        assert shown < floor or floor != rounded(floor)


@pytest.mark.parametrize("cost", [None, "0", "0.0000", "-1"])
def test_an_unknown_cost_is_neither_a_pass_nor_a_margin(cost):
    judged = margin("40.00", cost)
    assert (judged.is_known, judged.passes, judged.is_below_floor, judged.percent) == (False, False, False, None)
    assert str(judged) == "unknown"


@pytest.mark.parametrize("price", ["0", "-1", "0.0000"])
def test_a_price_of_zero_or_less_has_no_margin(price):
    with pytest.raises(ValueError, match="above zero"):
        margin(price, "1")


def test_a_mark_up_is_not_a_margin():
    """15 % on top of 34.00 is 39.10: a margin of 13.04 %."""
    judged = margin("39.10", "34.00")
    assert not judged.passes
    assert str(judged) == "13.0 %"


def test_the_margin_of_a_quote_is_weighted_and_only_given_when_it_can_be():
    dear, cheap = margin("100", "10"), margin("10", "9")
    whole = summarise_margins([(dear, Decimal(1)), (cheap, Decimal(100))])
    assert rounded(whole.overall_percent) == Decimal("17.27"), "not the mean of 90 % and 10 %"
    assert whole.below_floor == 1
    loose = summarise_margins([(dear, Decimal(1)), (cheap, None), (margin("5", None), Decimal(2))])
    assert loose.overall_percent is None
    assert (loose.least_percent, loose.median_percent, loose.unknown) == (10, 50, 1)
    assert summarise_margins([]).overall_percent is None


# -- the four bases -----------------------------------------------------------------------------------------


@given(price=PRICES, value=PRICES)
def test_noi_takes_the_pass_through_off_and_a_rebate_never_does(price, value):
    assume(value < price)
    noi, rebate = Price(PriceBasis.NOI, price, value), Price(PriceBasis.REBATE, price, value)
    assert noi.net + value == price
    assert 0 < noi.net < price
    assert rebate.net == price
    assert noi.received == rebate.received == price, "the processor pays an NOI value back to us"


@given(price=PRICES, basis=st.sampled_from([PriceBasis.COMMERCIAL, PriceBasis.FFS]))
def test_commercial_and_fee_prices_are_what_they_say(price, basis):
    assert Price(basis, price).net == Price(basis, price).received == price
    with pytest.raises(ValueError, match="no pass-through"):
        Price(basis, price, Decimal(1))


@pytest.mark.parametrize("basis", [PriceBasis.NOI, PriceBasis.REBATE])
@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "needs the pass-through"),
        ("0", "above zero"),
        ("-1", "above zero"),
        ("40", "leaves nothing"),
        ("1.00001", "four"),
    ],
)
def test_a_pass_through_value_fits_its_price(basis, value, said):
    with pytest.raises(ValueError, match=said):
        Price(basis, Decimal(40), None if value is None else Decimal(value))


@pytest.mark.parametrize("price", ["0", "-0.01", "NaN", "Infinity", "1.23456"])
def test_a_price_that_cannot_be_is_refused_with_the_cure(price):
    with pytest.raises(ValueError, match="Write"):
        Price(PriceBasis.COMMERCIAL, Decimal(price))


# -- rounding and sums --------------------------------------------------------------------------------------


def test_half_goes_up_on_both_sides():
    assert rounded(Decimal("60.325")) == Decimal("60.33")
    assert rounded(Decimal("-60.325")) == Decimal("-60.33")
    assert rounded(Decimal("2.665")) == Decimal("2.67")
    assert Decimal("2.665").quantize(CENT, ROUND_HALF_EVEN) == Decimal("2.66"), "what Python does unasked"


@given(value=NUMBERS)
def test_rounding_is_symmetric_near_and_stays_put(value):
    assert rounded(-value) == -rounded(value)
    assert abs(rounded(value) - value) <= CENT / 2
    assert rounded(rounded(value)) == rounded(value)


@given(lines=st.lists(st.tuples(PRICES, QUANTITIES), min_size=1, max_size=30))
def test_the_total_is_the_sum_of_the_printed_lines(lines):
    printed = [extended(price, quantity) for price, quantity in lines]
    assert total(printed) == sum(printed)
    assert all(amount == amount.quantize(CENT) for amount in printed)


def test_there_is_no_total_unless_every_line_has_an_amount():
    assert total([Decimal(1), None]) is None
    assert total([]) is None


@given(price=PRICES)
def test_a_price_is_printed_as_it_is_kept(price):
    assert Decimal(price_text(price).replace(",", "")) == price
    assert len(price_text(price).split(".")[1]) >= 2


def test_prices_read_like_prices():
    assert [price_text(Decimal(p)) for p in ("42.5", "0.1667", "1234.5000", "100", "10.25")] == [
        "42.50", "0.1667", "1,234.50", "100.00", "10.25"
    ]  # fmt: skip


def test_the_price_of_a_serving_has_four_decimals_or_is_not_known():
    assert price_per_serving(Decimal("40.00"), 96) == Decimal("0.4167")
    assert price_per_serving(Decimal("40.00"), None) is None
    assert price_per_serving(Decimal("40.00"), 0) is None


@pytest.mark.parametrize(
    "ask",
    [
        lambda: rounded(1.5),
        lambda: extended(1.5, Decimal(1)),
        lambda: extended(Decimal(1), 1.5),
        lambda: total([1.5]),  # type: ignore[list-item]
        lambda: Margin(1.5, Decimal(1)),
        lambda: Margin(Decimal(1), 0.5),
        lambda: Price(PriceBasis.COMMERCIAL, 1.5),
        lambda: Price(PriceBasis.NOI, Decimal(2), 1.5),
        lambda: change_percent(1.0, Decimal(1)),
    ],
)
def test_a_float_is_refused_everywhere(ask):
    with pytest.raises(TypeError, match="not float"):
        ask()


def test_the_least_margin_of_a_quote_never_reads_as_the_floor_it_misses():
    summary = summarise_margins([(Margin(Decimal("40.00"), Decimal("34.01")), Decimal(1))])
    assert summary.least == summary.overall == "14.98 %"
