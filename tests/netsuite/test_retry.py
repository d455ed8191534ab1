"""The table of error classes, read the way the drain reads it."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netsuite.error_classes import RULES, Channel, ErrorClass
from netsuite.retry import ATTEMPTS, THROTTLING, Backoff, Signal, class_when_absent, classify, find_rule


def answer(status: int, code: str = "", message: str = "") -> Signal:
    return Signal(Channel.ANSWER, status, code, message)


@pytest.mark.parametrize(
    ("signal", "expected"),
    [
        (Signal(Channel.NOT_SENT), ErrorClass.RETRY),
        (Signal(Channel.NO_ANSWER), ErrorClass.UNKNOWN),
        (answer(502), ErrorClass.UNKNOWN),
        (answer(504), ErrorClass.UNKNOWN),
        (answer(599), ErrorClass.UNKNOWN),
        (answer(200), ErrorClass.UNKNOWN),
        (answer(500, "UNEXPECTED_ERROR"), ErrorClass.UNKNOWN),
        (answer(503), ErrorClass.THROTTLE),
        (answer(400, "SSS_REQUEST_LIMIT_EXCEEDED"), ErrorClass.THROTTLE),
        (answer(429, "CONCURRENCY_LIMIT_EXCEEDED"), ErrorClass.THROTTLE),
        (answer(429), ErrorClass.THROTTLE),
        (answer(400, "", "Concurrent request limit exceeded. Request blocked."), ErrorClass.THROTTLE),
        (answer(400, "SSS_TIME_LIMIT_EXCEEDED"), ErrorClass.UNKNOWN),
        (answer(400, "SSS_USAGE_LIMIT_EXCEEDED"), ErrorClass.UNKNOWN),
        (answer(401, "INVALID_LOGIN_ATTEMPT"), ErrorClass.STOP_AUTH),
        (answer(403, "INVALID_LOGIN_ATTEMPT"), ErrorClass.STOP_AUTH),
        (answer(401), ErrorClass.STOP_AUTH),
        (answer(403), ErrorClass.STOP_AUTH),
        (answer(400, "invalid_grant"), ErrorClass.STOP_AUTH),
        (answer(400, "INVALID_REQUEST"), ErrorClass.STOP_CONFIG),
        (answer(302), ErrorClass.STOP_CONFIG),
        (answer(404), ErrorClass.STOP_CONFIG),
        (answer(405), ErrorClass.STOP_CONFIG),
        (answer(415), ErrorClass.STOP_CONFIG),
        (answer(400, "SSS_INVALID_SCRIPTLET_ID"), ErrorClass.STOP_CONFIG),
        (answer(400, "FeatureDisabled"), ErrorClass.STOP_CONFIG),
        (answer(403, "INSUFFICIENT_PERMISSION"), ErrorClass.NEEDS_HUMAN),
        (answer(400, "DUP_RCRD"), ErrorClass.DUPLICATE),
        (answer(400, "USER_ERROR", "This record already exists"), ErrorClass.DUPLICATE),
        (
            answer(400, "DUP_CSTM_RCRD_ENTRY", "A record with this name already exists"),
            ErrorClass.NEEDS_HUMAN,
        ),
        (answer(400, "RCRD_HAS_BEEN_CHANGED"), ErrorClass.RETRY),
        (answer(400, "RCRD_LOCKED_BY_WF"), ErrorClass.LATER),
        (answer(400, "NOT_IN_INVT"), ErrorClass.LATER),
        (answer(200, "TRAN_PERIOD_CLOSED"), ErrorClass.NEEDS_HUMAN),
        (answer(400, "INVALID_KEY_OR_REF"), ErrorClass.NEEDS_HUMAN),
        (answer(400, "INVALID_ADJUSTMENT_ACCT"), ErrorClass.NEEDS_HUMAN),
        (answer(400, "USER_ERROR", "Please enter value(s) for: Account"), ErrorClass.NEEDS_HUMAN),
        (
            answer(400, "USER_ERROR", "Please configure the inventory detail for this line."),
            ErrorClass.NEEDS_HUMAN,
        ),
    ],
)
def test_signals_of_the_reviewed_table(signal, expected):
    assert classify(signal) is expected


def test_what_nobody_classified_goes_to_a_person():
    assert classify(answer(400, "SOMETHING_NEW", "Never seen")) is ErrorClass.NEEDS_HUMAN
    assert classify(answer(418)) is ErrorClass.NEEDS_HUMAN


def test_a_refusal_with_a_5xx_may_have_been_recorded():
    """A script running after the save can fail with any code, and the record stays."""
    assert classify(answer(500, "INVALID_FLD_VALUE")) is ErrorClass.UNKNOWN


def test_the_code_decides_before_the_status():
    assert classify(answer(400, "sss_request_limit_exceeded")) is ErrorClass.THROTTLE
    assert classify(answer(404, "DUP_RCRD")) is ErrorClass.DUPLICATE


def test_no_signal_is_classified_twice():
    codes = [code for rule in RULES for code in rule.codes]
    statuses = [status for rule in RULES for status in rule.statuses]
    assert len(codes) == len(set(codes))
    assert len(statuses) == len(set(statuses))
    assert all(code == code.upper() for code in codes)


def test_unknown_outcomes_that_would_only_repeat_go_to_a_person():
    assert class_when_absent("SSS_USAGE_LIMIT_EXCEEDED") is ErrorClass.NEEDS_HUMAN
    assert class_when_absent("DUP_RCRD") is ErrorClass.NEEDS_HUMAN
    assert class_when_absent("UNEXPECTED_ERROR") is ErrorClass.RETRY
    assert class_when_absent("") is ErrorClass.RETRY


def test_answers_after_which_a_record_may_exist_are_marked():
    assert find_rule(answer(503)).may_be_recorded
    assert find_rule(answer(400, "RCRD_HAS_BEEN_CHANGED")).may_be_recorded
    assert not find_rule(answer(429)).may_be_recorded


@given(
    channel=st.sampled_from(Channel),
    status=st.none() | st.integers(100, 599),
    code=st.text(max_size=40),
    message=st.text(max_size=80),
)
def test_any_signal_has_a_class(channel, status, code, message):
    assert classify(Signal(channel, status, code, message)) in ErrorClass


def test_attempts_wait_2_8_32_and_never_more_than_60_seconds():
    assert [ATTEMPTS.delay(after=n).total_seconds() for n in (1, 2, 3, 4, 90)] == [2, 8, 32, 60, 60]


def test_throttling_waits_5_seconds_to_5_minutes():
    waits = [THROTTLING.delay(after=n).total_seconds() for n in range(1, 9)]
    assert waits == [5, 10, 20, 40, 80, 160, 300, 300]


@given(after=st.integers(-3, 10_000), jitter=st.floats(-5, 5))
def test_jitter_stays_within_a_fifth_and_below_the_longest(after, jitter):
    backoff = Backoff(first=timedelta(seconds=2), longest=timedelta(seconds=60))
    plain, moved = backoff.delay(after=after), backoff.delay(after=after, jitter=jitter)
    assert moved <= timedelta(seconds=60)
    assert plain * 0.79 <= moved <= plain * 1.21
