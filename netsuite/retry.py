"""From a signal to its class, and from a class to a waiting time. Plain Python: no Django, no HTTP.

The contract: "3 attempts, exponential 2,000 ms to 60,000 ms, alert on final failure". Throttling uses none.
"""

from dataclasses import dataclass
from datetime import timedelta

from netsuite.error_classes import (
    NO_ANSWER,
    NOT_SENT,
    RULES,
    SERVER_ERROR,
    UNLISTED,
    UNREADABLE_SUCCESS,
    VAGUE_CODES,
    Channel,
    ErrorClass,
    Rule,
)

MAX_ATTEMPTS = 3

_REFUSALS = {ErrorClass.NEEDS_HUMAN, ErrorClass.LATER}
_BY_CODE: dict[str, Rule] = {code: rule for rule in RULES for code in rule.codes}
_BY_TEXT: tuple[tuple[str, Rule], ...] = tuple((text, rule) for rule in RULES for text in rule.texts)
_BY_STATUS: dict[int, Rule] = {status: rule for rule in RULES for status in rule.statuses}


@dataclass(frozen=True)
class Signal:
    """What came back. `code` and `message` are NetSuite's own, empty when the body held none."""

    channel: Channel
    http_status: int | None = None
    code: str = ""
    message: str = ""


@dataclass(frozen=True)
class Backoff:
    first: timedelta
    longest: timedelta
    factor: int = 2

    def delay(self, *, after: int, jitter: float = 0.0) -> timedelta:
        """Wait before the next try once `after` tries have failed (1 = the first failure).

        `jitter` in -1..1 moves the delay by up to a fifth, never beyond `longest`.
        """
        exponent = min(max(after, 1) - 1, 12)
        spread = 1 + 0.2 * max(-1.0, min(1.0, jitter))
        grown: timedelta = self.first * float(self.factor**exponent) * spread
        return min(grown, self.longest)


ATTEMPTS = Backoff(first=timedelta(seconds=2), longest=timedelta(seconds=60), factor=4)
"""2 s, 8 s, 32 s."""
THROTTLING = Backoff(first=timedelta(seconds=5), longest=timedelta(minutes=5))


def find_rule(signal: Signal) -> Rule:
    """The reviewed rule for a signal; what no rule names goes to a person."""
    if signal.channel is Channel.NOT_SENT:
        return NOT_SENT
    if signal.channel is Channel.NO_ANSWER or signal.http_status is None:
        return NO_ANSWER
    rule = _named_rule(signal)
    if rule is None:
        return _rule_for_status(signal)
    if signal.http_status >= 500 and rule.error_class in _REFUSALS:
        # A script that runs after the save can fail with any code, and the record stays.
        return SERVER_ERROR
    return rule


def _named_rule(signal: Signal) -> Rule | None:
    by_code, by_text = rule_for_code(signal.code), _rule_for_text(signal)
    is_vague = signal.code.strip().upper() in VAGUE_CODES
    return by_text or by_code if is_vague else by_code or by_text


def classify(signal: Signal) -> ErrorClass:
    return find_rule(signal).error_class


def rule_for_code(code: str) -> Rule | None:
    return _BY_CODE.get(code.strip().upper())


def class_when_absent(code: str) -> ErrorClass:
    """After an unknown outcome with this code, when look-ups find nothing: send again, or a person."""
    rule = rule_for_code(code)
    return rule.when_absent if rule else ErrorClass.RETRY


def _rule_for_text(signal: Signal) -> Rule | None:
    """A 401 that says "locked" is still a refused login: a telling status comes before a text of refusal."""
    lowered = signal.message.lower()
    rule = next((rule for text, rule in _BY_TEXT if text in lowered), None)
    if rule is not None and rule.error_class in _REFUSALS and signal.http_status in _BY_STATUS:
        return None
    return rule


def _rule_for_status(signal: Signal) -> Rule:
    status = signal.http_status or 0
    rule = _BY_STATUS.get(status)
    if rule is not None:
        return rule
    if status >= 500:
        return SERVER_ERROR
    if 200 <= status < 300 and not signal.code:
        return UNREADABLE_SUCCESS
    return UNLISTED
