"""The REST record API instead of the RESTlet: the same queue, the same promises, NetSuite's own log as the judge."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from approvals.models import Alert
from netsuite import configuration, queue
from netsuite.checks import connection_is_complete
from netsuite.client import Client, client_for
from netsuite.drain import drain
from netsuite.models import DrainLease, Push, PushAttempt
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
from netsuite.queue import retry_push
from netsuite.records import AdjustmentLine, Reference, inventory_adjustment, payload_hash
from tests.netsuite.keys import log_in_by_certificate
from tests.netsuite.simulator_client import eventually
from tests.netsuite.stage import assert_once, sends
from tests.netsuite.test_client import http, server

TYPE = "inventoryadjustment"


@pytest.fixture(params=["tba", "m2m"])
def rest(request, simulator, settings):
    """The record API with each of the two signers."""
    if request.param == "m2m":
        log_in_by_certificate(simulator, settings)
    settings.NETSUITE_TRANSPORT = "rest"
    settings.NETSUITE_ADJUSTMENT_ACCOUNT_ID = "54"
    return settings


def record(*items: str, quantity: str = "2.125", location: str = "7", account: str = "54") -> dict[str, Any]:
    references = [Reference(f"C-{item}", item) for item in items or ("501", "502")]
    return inventory_adjustment(
        tran_date=date(2026, 11, 21),
        memo="Cycle count of zone Ä",
        account_id=account,
        subsidiary_id="1",
        location=Reference("MAIN", location),
        lines=[AdjustmentLine(item, Decimal(quantity), Decimal("12.3456")) for item in references],
    )


def content(external_id: str = "CS-IA-1", given: dict[str, Any] | None = None) -> dict[str, Any]:
    given = given or record()
    return {
        "record_type": TYPE,
        "external_id": external_id,
        "record": given,
        "payload_hash": payload_hash(record_type=TYPE, external_id=external_id, record=given),
    }


def enqueue(external_id: str, *items: str, **changed: str) -> Push:
    given = record(*(items or ("501",)), **changed)
    return queue.enqueue(
        record_type=TYPE, external_id=external_id, record=given, label=f"Count {external_id}", line_count=1
    )


def client() -> Client:
    return client_for(configuration.connection(), configuration.timing())


def tries(external_id: str) -> list[tuple[str, str]]:
    rows = PushAttempt.objects.filter(push__external_id=external_id).order_by("number")
    return list(rows.values_list("kind", "outcome"))


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


@pytest.mark.django_db(transaction=True)
class TestExactlyOnce:
    def test_the_queue_is_written_in_order_once(self, rest, simulator):
        numbers = [f"CS-IA-{number}" for number in range(1, 6)]
        for number in numbers:
            enqueue(number, "501", "502")
        report = drain()
        assert (report.confirmed, report.sent, report.looked_up) == (5, 5, 0)
        assert_once(simulator, *numbers)
        assert [row["external_id"] for row in sends(simulator)] == numbers
        assert drain().sent == 0

    @pytest.mark.parametrize(
        "effect", ["hang_after_commit", "reset_after_commit", "http_500_after_commit", "html_504_after_commit"]
    )
    def test_an_answer_lost_after_the_commit_is_found_by_look_up(self, rest, simulator, effect):
        simulator.control.add_fault(effect, op="push")
        enqueue("CS-IA-1")
        assert drain().confirmed == 1
        assert tries("CS-IA-1") == [("send", "unknown"), ("lookup", "existing")]
        assert_once(simulator, "CS-IA-1")

    @pytest.mark.parametrize("effect", ["reset_before_commit", "http_500_before", "html_502"])
    def test_an_answer_lost_before_the_commit_is_sent_again_after_a_look_up(self, rest, simulator, later, effect):
        simulator.control.add_fault(effect, op="push")
        enqueue("CS-IA-1")
        assert drain().unknown == 1
        assert drain().sent == 0, "not before the first send has had its minute"
        later(61)
        assert drain().confirmed == 1
        assert [kind for kind, _ in tries("CS-IA-1")] == ["send", "lookup", "lookup", "send"]
        assert_once(simulator, "CS-IA-1")

    def test_a_late_commit_is_not_sent_twice(self, rest, simulator, later):
        simulator.control.add_fault("late_commit", op="push", seconds=120)
        enqueue("CS-IA-1")
        assert drain().unknown == 1
        later(61)
        assert drain().confirmed == 1, "the look-up found nothing, so it was sent again"
        simulator.control.advance(130)
        poll_until_late(simulator)
        assert_once(simulator, "CS-IA-1")

    @pytest.mark.parametrize("effect", ["hang_before_commit", "html_502", "throttle", "reset_before_commit"])
    def test_a_record_that_cannot_be_read_back_is_looked_up_not_resent(self, rest, simulator, later, effect):
        simulator.control.add_fault(effect, op="lookup")
        enqueue("CS-IA-1")
        drain()
        later(400)
        drain()
        assert Push.objects.get().status == "confirmed"
        assert "reading it back failed" in PushAttempt.objects.get(number=1).message
        assert len(sends(simulator)) == 1
        assert_once(simulator, "CS-IA-1")

    def test_a_record_not_shown_yet_is_waited_for(self, rest, simulator, later):
        simulator.control.add_fault("read_lag", op="push", seconds=30)
        enqueue("CS-IA-1")
        assert drain().unknown == 1
        simulator.control.advance(31)
        later(61)
        assert drain().confirmed == 1
        assert len(sends(simulator)) == 1

    def test_a_duplicate_that_is_ours_is_confirmed(self, rest, simulator):
        push = enqueue("CS-IA-1")
        assert isinstance(client().push(**content("CS-IA-1", push.payload)), Confirmed)
        assert drain().confirmed == 1
        assert tries("CS-IA-1") == [("send", "duplicate"), ("lookup", "existing")]
        assert len(simulator.control.transactions()) == 1

    def test_a_duplicate_of_another_content_is_a_conflict(self, rest, simulator):
        assert isinstance(client().push(**content("CS-IA-1", record("509"))), Confirmed)
        enqueue("CS-IA-1", "501")
        assert drain().conflict == 1
        assert len(simulator.control.transactions()) == 1

    def test_an_item_without_an_id_waits_for_a_person_and_the_others_go_on(self, rest, simulator, later, operator):
        queue.enqueue(
            record_type=TYPE,
            external_id="CS-IA-1",
            record=inventory_adjustment(
                tran_date=date(2026, 11, 21),
                memo="",
                account_id="54",
                subsidiary_id="",
                location=Reference("MAIN", "7"),
                lines=[AdjustmentLine(Reference("000123"), Decimal("1"))],
            ),
            label="Count",
            line_count=1,
        )
        enqueue("CS-IA-2", "501")
        report = drain()
        assert (report.confirmed, report.needs_human) == (1, 1)
        assert "Item 000123 has no NetSuite internal id" in Push.objects.get(external_id="CS-IA-1").last_outcome
        assert Alert.objects.filter(key="netsuite-push-CS-IA-1", resolved_at=None).exists()
        rest.NETSUITE_TRANSPORT = "restlet"
        retry_push(push=Push.objects.get(external_id="CS-IA-1"), by=operator, reason="Sent through the RESTlet")
        drain()
        later(61)
        assert drain().confirmed == 1
        assert_once(simulator, "CS-IA-1", "CS-IA-2")

    def test_refused_logins_stop_the_drain(self, rest, simulator):
        simulator.control.add_fault("auth_revoke", op="push")
        if rest.NETSUITE_AUTH == "m2m":
            simulator.control.add_fault("auth_revoke", op="push")
        for number in range(1, 20):
            enqueue(f"CS-IA-{number}", f"{number}")
        assert "refused our login" in drain().halted
        assert len(simulator.control.audit_trail()) <= 2
        assert DrainLease.objects.get().halt == "login"
        assert not simulator.control.transactions()

    @pytest.mark.kill
    @pytest.mark.parametrize("point", ["before_send", "after_send_before_record", "while_recording"])
    def test_killed_on_the_way_it_is_written_once(self, rest, simulator, later, drain_process, tmp_path, point):
        """A process of its own, set up by its environment, with the key in a file."""
        path = tmp_path / "key.pem"
        path.write_text(rest.NETSUITE_PRIVATE_KEY)
        environment = {
            "NETSUITE_TRANSPORT": "rest",
            "NETSUITE_ADJUSTMENT_ACCOUNT_ID": "54",
            "NETSUITE_AUTH": rest.NETSUITE_AUTH,
            "NETSUITE_CLIENT_ID": "sim-client-id",
            "NETSUITE_CERTIFICATE_ID": "sim-certificate",
            "NETSUITE_M2M_ALGORITHM": "ES256",
            "NETSUITE_PRIVATE_KEY_FILE": str(path),
            "NETSUITE_REST_BASE_URL": simulator.base_url,
        }
        enqueue("CS-IA-1")
        killed = drain_process(COUNTERSIGN_FAILPOINT=point, **environment)
        killed.wait(60)
        assert killed.returncode == -9
        later(4000)
        drain()
        later(400)
        drain()
        assert Push.objects.get().status == "confirmed"
        assert_once(simulator, "CS-IA-1")

    def test_a_push_begun_over_the_restlet_is_found_over_the_record_api(self, rest, simulator):
        simulator.control.add_fault("hang_after_commit", op="push")
        enqueue("CS-IA-1")
        rest.NETSUITE_TRANSPORT = "restlet"
        drain(max_pushes=1)
        Push.objects.filter(status="confirmed").update(status="unknown", confirmed_at=None)
        rest.NETSUITE_TRANSPORT = "rest"
        assert drain().confirmed == 1
        assert_once(simulator, "CS-IA-1")


def poll_until_late(simulator) -> None:
    eventually(lambda: simulator.control.status()["late_writes_waiting"] == 0)
