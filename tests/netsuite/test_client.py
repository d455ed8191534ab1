"""The client over real HTTP: against the simulator, and against servers that answer nonsense."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from netsuite import configuration
from netsuite.client import Client, client_for
from netsuite.outcomes import (
    AuthStop,
    Clocks,
    ConfigStop,
    Confirmed,
    Conflict,
    NotFound,
    Pong,
    Refused,
    Rejected,
    Throttled,
    Unknown,
)
from netsuite.records import payload_hash
from netsuite.wire import KEPT_ANSWER, LARGEST_ANSWER
from tests.netsuite.stage import adjustment


def client(base_url: str | None = None) -> Client:
    connection = configuration.connection()
    if base_url:
        connection = replace(connection, restlet_base_url=base_url)
    return client_for(connection, configuration.timing())


def content(external_id: str = "CS-IA-1", *items: str) -> dict:
    record = adjustment(*(items or ("000123", "000124")))
    return {
        "record_type": "inventoryadjustment",
        "external_id": external_id,
        "record": record,
        "payload_hash": payload_hash(record_type="inventoryadjustment", external_id=external_id, record=record),
    }


def test_both_clocks_show_their_day_when_midnight_lies_between_them():
    clocks = Clocks(
        theirs=datetime(2026, 11, 22, 0, 3, tzinfo=UTC), ours=datetime(2026, 11, 21, 23, 57, tzinfo=UTC)
    ).sentence
    assert "time was 2026-11-22 00:03:00 UTC and ours 2026-11-21 23:57:00 UTC" in clocks
    assert "360 s ahead of" in clocks


def test_ping_tells_who_we_are_there_and_how_far_the_clocks_are_apart(simulator):
    pong = client().ping()
    assert isinstance(pong, Pong)
    assert (pong.contract, pong.account) == (1, "TSTDRV1")
    assert pong.clock_skew is not None
    assert abs(pong.clock_skew.total_seconds()) < 5
    simulator.control.skew(120)
    later = client().ping()
    assert isinstance(later, Pong)
    assert later.clock_skew is not None
    assert 110 < later.clock_skew.total_seconds() < 130


def test_created_then_existing_then_found(simulator):
    created = client().push(**content())
    assert isinstance(created, Confirmed)
    assert not created.existing
    again = client().push(**content())
    assert isinstance(again, Confirmed)
    assert again.existing
    found = client().lookup(**content())
    assert isinstance(found, Confirmed)
    assert created.record.internal_id == again.record.internal_id == found.record.internal_id
    assert created.exchange.http_status == 200
    assert created.exchange.nonce != again.exchange.nonce
    assert len(simulator.control.transactions()) == 1


def test_another_content_under_the_same_id_is_a_conflict(simulator):
    client().push(**content("CS-IA-1", "A"))
    assert isinstance(client().push(**content("CS-IA-1", "B")), Conflict)
    assert isinstance(client().lookup(**content("CS-IA-1", "B")), Conflict)


def test_a_look_up_of_nothing(simulator):
    assert isinstance(client().lookup(**content("CS-IA-NEVER")), NotFound)


def test_a_refused_record_names_the_reason(simulator):
    simulator.control.add_fault("period_close", value="2026-11-21")
    outcome = client().push(**content())
    assert isinstance(outcome, Rejected)
    assert outcome.code
    assert not simulator.control.transactions()


@pytest.mark.parametrize(
    ("effect", "outcome"),
    [
        ("hang_after_commit", Unknown),
        ("reset_before_commit", Unknown),
        ("reset_after_commit", Unknown),
        ("truncated_body", Unknown),
        ("garbage_html_200", Unknown),
        ("html_502", Unknown),
        ("http_500_before", Unknown),
        ("http_500_after_commit", Unknown),
        ("throttle", Throttled),
        ("http_503", Throttled),
        ("auth_revoke", AuthStop),
    ],
)
@pytest.mark.usefixtures("hurried")
def test_each_way_to_fail_has_its_outcome(simulator, effect, outcome):
    simulator.control.add_fault(effect)
    assert isinstance(client().push(**content()), outcome)


def test_a_wrong_secret_stops_and_is_told_in_no_answer(simulator, settings):
    settings.NETSUITE_TOKEN_SECRET = "wrong-secret"
    outcome = client().ping()
    assert isinstance(outcome, AuthStop)
    assert outcome.exchange.http_status == 401


def test_a_script_that_is_not_there_is_a_set_up_error(simulator, settings):
    settings.NETSUITE_SCRIPT = "customscript_elsewhere"
    assert isinstance(client().push(**content()), ConfigStop)


def test_nothing_is_sent_to_a_closed_port(simulator, free_port):
    outcome = client(f"http://127.0.0.1:{free_port()}").push(**content())
    assert isinstance(outcome, Refused)
    assert outcome.unreachable


def test_a_name_nobody_knows_is_unreachable(simulator):
    outcome = client("http://netsuite.invalid").push(**content())
    assert isinstance(outcome, Refused)
    assert outcome.unreachable


@contextmanager
def server(reply: bytes, close: bool = True) -> Iterator[str]:
    """Answers every connection with the same bytes."""
    listener = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def serve() -> None:
        while not stop.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(65_536)
                connection.sendall(reply)
                if not close:
                    stop.wait(5)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        stop.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(6)


def http(status: str, body: bytes, *headers: str) -> bytes:
    head = "".join(f"{line}\r\n" for line in (f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers))
    return head.encode() + b"\r\n" + body


REPLIES: list[tuple[bytes, type]] = [
    (b"", Unknown),
    (b"not http at all", Unknown),
    (http("200 OK", b""), Unknown),
    (http("200 OK", b"\xff\xfe\x00\x00"), Unknown),
    (http("200 OK", b"[" * 100_000), Unknown),
    (http("200 OK", b"[1, 2]"), Unknown),
    (http("200 OK", b'{"contract": 1, "outcome": "created"}'), Unknown),
    (http("200 OK", b'{"contract": 2, "outcome": "created"}'), Unknown),
    (http("200 OK", b"{}", "Content-Encoding: gzip"), Unknown),
    (http("200 OK", b'{"error" : {"code" : "SSS_REQUEST_LIMIT_EXCEEDED", "message" : "x"}}'), Throttled),
    (http("302 Found", b"", "Location: http://127.0.0.1:9/"), ConfigStop),
    (http("400 Bad", b"error code: DUP_THING\nerror message: odd"), Rejected),
    (http("400 Bad", b'{"o:errorDetails": [{"o:errorCode": "INVALID_LOGIN", "detail": "x"}]}'), AuthStop),
    (http("429 Slow", b"", "Retry-After: 7"), Throttled),
    (http("504 Gateway", b"<html>"), Unknown),
    (http("200 OK", b"x" * (LARGEST_ANSWER + 50_000)), Unknown),
]


@pytest.mark.parametrize(("reply", "outcome"), REPLIES, ids=range(len(REPLIES)))
def test_any_body_is_survived(simulator, reply, outcome):
    with server(reply) as base_url:
        answer = client(base_url).push(**content())
    assert isinstance(answer, outcome)
    assert len(answer.exchange.raw) <= KEPT_ANSWER


def test_retry_after_is_honoured(simulator):
    with server(http("503 Busy", b"", "Retry-After: 90")) as base_url:
        outcome = client(base_url).ping()
    assert isinstance(outcome, Throttled)
    assert outcome.retry_after == timedelta(seconds=90)


def test_a_body_that_drips_for_ever_ends_at_the_deadline(simulator, settings):
    settings.NETSUITE_CONNECT_TIMEOUT, settings.NETSUITE_READ_TIMEOUT = 1.0, 1.0
    with server(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{", close=False) as base_url:
        assert isinstance(client(base_url).push(**content()), Unknown)


def test_our_secrets_are_in_no_kept_answer(simulator, settings):
    settings.NETSUITE_CONSUMER_SECRET = "canary-consumer-secret"
    settings.NETSUITE_TOKEN_SECRET = "canary-token-secret"
    body = b'{"error": {"code": "X", "message": "canary-consumer-secret canary-token-secret \x00 sim-token"}}'
    with server(http("400 Bad", body)) as base_url:
        outcome = client(base_url).push(**content())
    kept = repr(outcome) + repr(configuration.connection())
    assert "canary" not in kept
    assert "sim-token" not in outcome.exchange.raw
    assert "\x00" not in outcome.exchange.raw


def test_no_request_is_ever_repeated_by_the_transport(simulator):
    simulator.control.add_fault("reset_before_commit")
    client().push(**content())
    assert len(simulator.control.requests()) == 1


def test_a_proxy_of_the_environment_is_not_used(simulator, monkeypatch, free_port: Callable):
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("NO_PROXY", "")
    assert isinstance(client().ping(), Pong)
