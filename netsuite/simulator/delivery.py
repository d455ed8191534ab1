"""What happens on the wire: which faults let the script run, and what the client gets instead of its
answer."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

from netsuite.simulator.exchange import Answer, Dialect, Refusal, error_answer

HTML = "text/html; charset=utf-8"


class Manner(Enum):
    SEND = "send"
    RESET = "reset"
    HANG = "hang"
    TRUNCATE = "truncate"


def _nothing() -> None:
    """Nothing to give back."""


@dataclass(frozen=True)
class Delivery:
    """``release`` gives back slot and writer: before an answer is sent, after a hang has ended."""

    manner: Manner
    answer: Answer | None = None
    seconds: float = 0.0
    late_write: int | None = None
    close_listener: float | None = None
    release: Callable[[], None] = _nothing


@dataclass(frozen=True)
class Plan:
    """How a delivery fault plays out. ``replaced_by`` makes the answer sent instead of the script's own."""

    executes: bool
    manner: Manner
    replaced_by: Callable[[Dialect], Answer] | None = None


def throttled(dialect: Dialect) -> Refusal:
    """The same event, two codes: RESTlets answer 400, REST web services 429."""
    text = "Request Limit Exceeded. Please retry your request when there are fewer concurrent requests."
    if dialect is Dialect.RESTLET:
        return Refusal(400, "SSS_REQUEST_LIMIT_EXCEEDED", text, outcome="throttled")
    return Refusal(429, "CONCURRENCY_LIMIT_EXCEEDED", text, outcome="throttled")


def unexpected_error() -> Refusal:
    text = f"An unexpected error occurred. Error ID: {secrets.token_hex(10)}"
    return Refusal(500, "UNEXPECTED_ERROR", text)


def _page(status: int, title: str) -> Callable[[Dialect], Answer]:
    head = f"<!DOCTYPE html><html><head><title>{title}</title></head>"
    body = f"{head}<body><h1>{title}</h1></body></html>".encode()
    return lambda dialect: Answer(status, body, HTML)


def _server_error(dialect: Dialect) -> Answer:
    return error_answer(unexpected_error(), dialect)


def _throttle(dialect: Dialect) -> Answer:
    return error_answer(throttled(dialect), dialect)


def _script_stopped(code: str, text: str) -> Callable[[Dialect], Answer]:
    """A limit of the script itself: HTTP 400 with the name of the error."""
    return lambda dialect: error_answer(Refusal(400, code, text), dialect)


_OVER_BUDGET = _script_stopped("SSS_USAGE_LIMIT_EXCEEDED", "Script Execution Usage Limit Exceeded")
_OUT_OF_TIME = _script_stopped("SSS_TIME_LIMIT_EXCEEDED", "Script Execution Time Exceeded.")

PLANS: Mapping[str, Plan] = {
    "reset_before_commit": Plan(False, Manner.RESET),
    "reset_after_commit": Plan(True, Manner.RESET),
    "hang_before_commit": Plan(False, Manner.HANG),
    "hang_after_commit": Plan(True, Manner.HANG),
    "late_commit": Plan(False, Manner.HANG),
    "truncated_body": Plan(True, Manner.TRUNCATE),
    "garbage_html_200": Plan(True, Manner.SEND, _page(200, "Please log in")),
    "html_502": Plan(False, Manner.SEND, _page(502, "502 Bad Gateway")),
    "html_504_after_commit": Plan(True, Manner.SEND, _page(504, "504 Gateway Timeout")),
    "throttle": Plan(False, Manner.SEND, _throttle),
    "http_500_before": Plan(False, Manner.SEND, _server_error),
    "http_500_after_commit": Plan(True, Manner.SEND, _server_error),
    "http_503": Plan(False, Manner.SEND, _page(503, "NetSuite is temporarily unavailable for maintenance")),
    "governance_exhaust": Plan(False, Manner.SEND, _OVER_BUDGET),
    "governance_exhaust_after_commit": Plan(True, Manner.SEND, _OVER_BUDGET),
    "time_limit": Plan(False, Manner.SEND, _OUT_OF_TIME),
    "time_limit_after_commit": Plan(True, Manner.SEND, _OUT_OF_TIME),
}
PLAIN = Plan(True, Manner.SEND)
