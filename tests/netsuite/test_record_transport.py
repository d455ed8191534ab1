"""The REST record API instead of the RESTlet: what each of its answers comes to."""

from decimal import Decimal

import pytest

from netsuite.checks import connection_is_complete
from netsuite.outcomes import (
    AuthStop,
    ConfigStop,
    Confirmed,
    Conflict,
    Duplicate,
    Later,
    NotFound,
    Pong,
    Refused,
    Rejected,
    Throttled,
    Unknown,
)
from tests.netsuite.rest_stage import client, content, record
from tests.netsuite.stage import sends
from tests.netsuite.test_client import http, server


def test_created_is_read_back_and_found_again(rest, simulator):
    created = client().push(**content())
    assert isinstance(created, Confirmed)
    assert not created.existing
    assert created.exchange.http_status == 204
    found = client().lookup(**content())
    assert isinstance(found, Confirmed)
    assert found.record == created.record
    held = simulator.control.transactions("CS-IA-1")[0]
    assert (held["id"], held["tranid"]) == (created.record.internal_id, created.record.tran_id)
    assert held["payload_hash"] == content()["payload_hash"]
    assert [(row["item"], row["quantity"], row["unit_cost"]) for row in held["lines"]] == [
        ("501", "2.125", "12.3456"),
        ("502", "2.125", "12.3456"),
    ]
    assert (held["account"], held["subsidiary"], held["location"], held["trandate"]) == ("54", "1", "7", "2026-11-21")
    assert held["memo"] == "Cycle count of zone Ä"


@pytest.mark.parametrize("quantity", ["0.001", "-0.003", "999999999999.999", "-123456789.125", "0.100"])
def test_quantities_arrive_to_the_last_place(rest, simulator, quantity):
    assert isinstance(client().push(**content(given=record("501", quantity=quantity))), Confirmed)
    assert Decimal(simulator.control.transactions()[0]["lines"][0]["quantity"]) == Decimal(quantity)


def test_a_second_create_is_a_duplicate_and_only_a_look_up_tells_whose(rest, simulator):
    client().push(**content())
    again = client().push(**content())
    assert isinstance(again, Duplicate)
    assert again.code == "DUP_RCRD"
    other = content(given=record("501", quantity="9"))
    assert isinstance(client().push(**other), Duplicate)
    assert isinstance(client().lookup(**other), Conflict)
    assert len(simulator.control.transactions()) == 1


def test_a_look_up_of_nothing(rest):
    assert isinstance(client().lookup(**content("CS-IA-NEVER")), NotFound)


def test_without_a_hash_field_the_lines_are_compared(rest, simulator):
    rest.NETSUITE_HASH_FIELD = ""
    assert isinstance(client().push(**content()), Confirmed)
    assert simulator.control.transactions()[0]["payload_hash"] == ""
    assert isinstance(client().lookup(**content()), Confirmed)
    assert isinstance(client().lookup(**content(given=record("501", "503"))), Conflict)
    assert isinstance(client().lookup(**content(given=record("501", "502", location="8"))), Conflict)
    assert isinstance(client().lookup(**content(given=record("501", "502", quantity="2.126"))), Conflict)


def test_a_hash_field_the_account_lacks_is_refused_not_dropped(rest, simulator):
    rest.NETSUITE_HASH_FIELD = "custbody_misspelt"
    outcome = client().push(**content())
    assert isinstance(outcome, Rejected)
    assert "custbody_misspelt" in outcome.message
    assert not simulator.control.transactions()


def test_an_item_without_an_internal_id_is_not_sent_and_named(rest, simulator):
    given = record("501")
    given["lines"][0]["item"] = {"itemid": "000123"}
    outcome = client().push(**content(given=given))
    assert isinstance(outcome, Rejected)
    assert "Item 000123 has no NetSuite internal id" in outcome.message
    assert not simulator.control.requests()


def test_a_refused_line_is_named_by_number_and_field(rest, simulator):
    simulator.control.seed(items=[{"id": "502", "itemid": "OLD", "inactive": True}])
    outcome = client().push(**content())
    assert isinstance(outcome, Rejected)
    assert outcome.code == "INVALID_CONTENT"
    assert "(line 2, field item)" in outcome.message


def test_a_closed_period_is_refused_with_its_reason(rest, simulator):
    simulator.control.add_fault("period_close", value="2026-11-21")
    outcome = client().push(**content())
    assert isinstance(outcome, Rejected)
    assert "closed" in outcome.message


@pytest.mark.parametrize(
    ("effect", "outcome"),
    [
        ("hang_after_commit", Unknown),
        ("reset_before_commit", Unknown),
        ("reset_after_commit", Unknown),
        ("garbage_html_200", Unknown),
        ("html_502", Unknown),
        ("html_504_after_commit", Unknown),
        ("http_500_before", Unknown),
        ("http_500_after_commit", Unknown),
        ("throttle", Throttled),
        ("http_503", Throttled),
    ],
)
@pytest.mark.usefixtures("hurried")
def test_each_way_to_fail_has_its_outcome(rest, simulator, effect, outcome):
    simulator.control.add_fault(effect, op="push")
    assert isinstance(client().push(**content()), outcome)
    assert len(sends(simulator)) == 1


def test_a_throttle_is_told_by_status_429(rest, simulator):
    simulator.control.add_fault("throttle", op="push")
    assert client().push(**content()).exchange.http_status == 429


BODIES: list[tuple[bytes, type]] = [
    (http("204 No Content", b""), Unknown),
    (http("204 No Content", b"", "Location: /services/rest/record/v1/inventoryAdjustment/"), Unknown),
    (http("200 OK", b"<html>log in</html>"), Unknown),
    (http("404 Not Found", b"<html>"), ConfigStop),
    (http("400 Bad", b'{"o:errorDetails": [{"o:errorCode": "USER_ERROR", "detail": "x already exists"}]}'), Duplicate),
    (
        http("400 Bad", b'{"o:errorDetails": [{"o:errorCode": "INVALID_CONTENT", "detail": "already exists"}]}'),
        Duplicate,
    ),
    (http("400 Bad", b'{"o:errorDetails": [{"o:errorCode": "USER_ERROR", "detail": "record is locked"}]}'), Later),
    (http("400 Bad", b'{"o:errorDetails": [{"o:errorCode": "USER_ERROR", "detail": "Please enter"}]}'), Rejected),
    (http("400 Bad", b'{"o:errorDetails": [{"o:errorCode": "INVALID_CONTENT", "detail": "item 9"}]}'), Rejected),
    (http("403 No", b'{"o:errorDetails": [{"o:errorCode": "INSUFFICIENT_PERMISSION", "detail": "x"}]}'), Rejected),
    (http("401 No", b'{"o:errorDetails": [{"o:errorCode": "INVALID_LOGIN", "detail": "x"}]}'), AuthStop),
    (http("400 No", b"", 'WWW-Authenticate: Bearer realm="1", error="invalid_request"'), ConfigStop),
    (
        http("429 X", b'{"o:errorCode":"USER_ERROR","o:errorDetails":[{"o:errorCode":"CONCURRENCY_LIMIT_EXCEEDED"}]}'),
        Throttled,
    ),
]


@pytest.mark.parametrize(("reply", "outcome"), BODIES, ids=range(len(BODIES)))
def test_error_bodies_go_through_the_reviewed_table(simulator, settings, reply, outcome):
    settings.NETSUITE_TRANSPORT, settings.NETSUITE_ADJUSTMENT_ACCOUNT_ID = "rest", "54"
    with server(reply) as settings.NETSUITE_REST_BASE_URL:
        assert isinstance(client().push(**content()), outcome)


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (http("404 Not Found", b"<html>"), ConfigStop),
        (http("404 Not Found", b'{"o:errorDetails": [{"o:errorCode": "NONEXISTENT_ID", "detail": "x"}]}'), NotFound),
        (http("200 OK", b"{}"), Unknown),
        (http("200 OK", b'{"id": "5", "externalId": "CS-IA-2"}'), Unknown),
        (http("200 OK", b'{"id": "5", "externalId": "CS-IA-1", "inventory": {"items": 3}}'), Conflict),
        (http("403 No", b'{"o:errorDetails": [{"o:errorCode": "INSUFFICIENT_PERMISSION"}]}'), Rejected),
    ],
    ids=range(6),
)
def test_only_netsuites_own_word_means_it_is_not_there(simulator, settings, reply, outcome):
    settings.NETSUITE_TRANSPORT, settings.NETSUITE_ADJUSTMENT_ACCOUNT_ID = "rest", "54"
    with server(reply) as settings.NETSUITE_REST_BASE_URL:
        assert isinstance(client().lookup(**content()), outcome)


def test_a_record_that_lost_lines_on_the_way_is_a_conflict_at_once(simulator, settings):
    """One answer for both calls: created as 5, and 5 holds one of our two lines."""
    settings.NETSUITE_TRANSPORT, settings.NETSUITE_ADJUSTMENT_ACCOUNT_ID = "rest", "54"
    mark = content()["payload_hash"]
    line = '{"item": {"id": "501"}, "location": {"id": "7"}, "adjustQtyBy": 2.125}'
    body = (
        f'{{"id": "5", "externalId": "CS-IA-1", "{settings.NETSUITE_HASH_FIELD}": "{mark}",'
        f' "inventory": {{"items": [{line}], "totalResults": 1}}}}'
    )
    with server(http("200 OK", body.encode(), "Location: http://x/5")) as settings.NETSUITE_REST_BASE_URL:
        outcome = client().push(**content())
    assert isinstance(outcome, Conflict)
    assert (outcome.code, outcome.message) == ("LINES_LOST", "NetSuite recorded 1 of the 2 lines we sent.")


def test_nobody_there(rest, simulator, free_port):
    rest.NETSUITE_REST_BASE_URL = f"http://127.0.0.1:{free_port()}"
    outcome = client().push(**content())
    assert isinstance(outcome, Refused)
    assert outcome.unreachable


def test_ping_is_one_call(rest, simulator):
    pong = client().ping()
    assert isinstance(pong, Pong)
    assert pong.contract is None
    assert [row["route"] for row in simulator.control.requests() if row["route"] != "token"] == ["servertime"]


def test_the_record_api_needs_an_account_and_its_own_address(rest):
    rest.NETSUITE_ADJUSTMENT_ACCOUNT_ID = rest.NETSUITE_REST_BASE_URL = ""
    rest.NETSUITE_SCRIPT = rest.NETSUITE_RESTLET_BASE_URL = ""
    assert [check.msg for check in connection_is_complete(None)] == [
        "NetSuite: NETSUITE_ADJUSTMENT_ACCOUNT_ID is empty; set it in the environment.",
        "NetSuite: NETSUITE_REST_BASE_URL is empty; set it in the environment.",
    ]
