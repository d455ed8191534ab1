"""The pure rules of the mirror."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.mirror.verdicts import Unconfirmed, Verdict, compare, is_settled, why_suspicious

D = Decimal
NONE = Unconfirmed()
QUANTITIES = st.decimals(-1000, 1000, places=3, allow_nan=False)


@pytest.mark.parametrize(
    ("ours", "theirs", "pushes", "wanted"),
    [
        (D(40), D(40), NONE, Verdict("equal", D(0), D(0), ())),
        (D("40.000"), D("40.0"), NONE, Verdict("equal", D(0), D(0), ())),
        (D(0), None, NONE, Verdict("equal", D(0), D(0), ())),
        (D(40), D(38), NONE, Verdict("drift", D(0), D(2), ())),
        (D(40), None, NONE, Verdict("missing_there", D(0), D(40), ())),
        (None, D(3), NONE, Verdict("missing_here", D(0), D(-3), ())),
        (D(45), D(40), Unconfirmed(waiting=((1, D(5)),)), Verdict("pending", D(5), D(0), (1,))),
        (D(5), None, Unconfirmed(waiting=((1, D(5)),)), Verdict("pending", D(5), D(0), (1,))),
        (D(40), D(40), Unconfirmed(waiting=((1, D(5)), (2, D(-5)))), Verdict("pending", D(0), D(0), (1, 2))),
        (D(45), D(45), Unconfirmed(open=((1, D(5)),)), Verdict("equal", D(0), D(0), ())),
        (D(45), D(40), Unconfirmed(open=((1, D(5)),)), Verdict("pending", D(5), D(0), (1,))),
        (D(47), D(43), Unconfirmed(open=((1, D(5)), (2, D(-3)), (3, D(4)))), Verdict("pending", D(4), D(0), (3,))),
        (D(45), D(41), Unconfirmed(open=((1, D(5)),)), Verdict("drift", D(0), D(4), ())),
        (D(45), D(45), Unconfirmed(waiting=((1, D(5)),)), Verdict("drift", D(5), D(-5), (1,))),
    ],
)
def test_what_the_two_sides_come_to(ours, theirs, pushes, wanted):
    assert compare(ours, theirs, pushes) == wanted


@given(QUANTITIES, st.lists(QUANTITIES, max_size=4), st.lists(st.tuples(QUANTITIES, st.booleans()), max_size=6))
def test_whatever_netsuite_has_taken_of_our_pushes_is_never_called_drift(start, waiting, unknown):
    ours = start + sum(waiting, D(0)) + sum((quantity for quantity, _ in unknown), D(0))
    theirs = start + sum((quantity for quantity, taken in unknown if taken), D(0))
    pushes = Unconfirmed(
        tuple(enumerate(waiting)), tuple((100 + n, quantity) for n, (quantity, _) in enumerate(unknown))
    )
    verdict = compare(ours, theirs, pushes)
    assert verdict.state in {"equal", "pending"}
    assert verdict.difference == 0
    assert theirs + verdict.explained == ours


@given(QUANTITIES, QUANTITIES.filter(bool), st.lists(QUANTITIES, max_size=4))
def test_what_nobody_pushed_is_always_called_a_difference(start, stray, waiting):
    ours = start + sum(waiting, D(0)) + stray
    verdict = compare(ours, start, Unconfirmed(tuple(enumerate(waiting))))
    assert (verdict.state, verdict.difference) == ("drift", stray)


def test_many_pushes_of_unknown_fate_are_judged_in_a_moment():
    pushes = Unconfirmed(open=tuple((number, D(2) ** number + D("0.001")) for number in range(40)))
    assert compare(D(7), D(0), pushes).state == "drift"


def test_the_second_look_settles():
    assert [is_settled(looks) for looks in (0, 1, 2, 3)] == [False, False, True, True]


def rows(**places):
    return {name: [name, count] for name, count in places.items()}


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ({}, rows(MAIN=3), ""),
        (rows(MAIN=100), rows(MAIN=90), ""),
        (rows(MAIN=100), rows(MAIN=89), "NetSuite showed 89 balances, last time 100."),
        (rows(MAIN=100), {}, "NetSuite showed 0 balances, last time 100."),
        (rows(MAIN=1000, EAST=20), rows(MAIN=1000), "NetSuite showed 0 balances at EAST, last time 20."),
        (rows(MAIN=1000, EAST=9), rows(MAIN=1000), ""),
        (rows(MAIN=100), rows(MAIN=500, EAST=3), ""),
    ],
)
def test_how_far_a_snapshot_may_shrink(before, after, words):
    assert why_suspicious(before, after, least_share=0.9) == words
