"""Faults as a client meets them, with the simulator's own records as the witness."""

import threading
import time
from datetime import UTC, datetime

import pytest
import requests

from netsuite.simulator.control_client import ControlError
from tests.netsuite.simulator_client import RESTLET, ForeignClient, adjustment, eventually, line

HURRIED = 2.0  # seconds
BROKEN = (requests.ConnectionError, requests.Timeout)


@pytest.mark.parametrize("effect", ["reset_before_read", "reset_before_commit", "hang_before_commit"])
def test_lost_before_the_commit_nothing_is_there_and_a_resend_creates_one(simulator, client, effect):
    simulator.control.add_fault(effect, op="push", seconds=30)
    with pytest.raises(BROKEN):
        client.send("CS-IA-1", timeout=HURRIED)
    assert client.lookup("CS-IA-1")["found"] is False
    assert client.push("CS-IA-1")["outcome"] == "created"
    assert len(simulator.control.transactions()) == 1


@pytest.mark.parametrize("effect", ["reset_after_commit", "hang_after_commit", "truncated_body"])
def test_lost_after_the_commit_exactly_one_record_stands_whatever_is_resent(simulator, client, effect):
    simulator.control.add_fault(effect, op="push", seconds=30)
    with pytest.raises((*BROKEN, requests.exceptions.ChunkedEncodingError)):
        client.send("CS-IA-1", timeout=HURRIED)
    assert client.lookup("CS-IA-1")["found"] is True
    assert client.push("CS-IA-1")["outcome"] == "existing"
    assert len(simulator.control.transactions("CS-IA-1")) == 1
    assert [row["committed"] is not None for row in simulator.control.requests(external_id="CS-IA-1")][0] is True


def test_a_reset_is_a_reset_and_not_an_orderly_end(simulator, client):
    simulator.control.add_fault("reset_after_commit", op="push")
    with pytest.raises(requests.ConnectionError, match="reset by peer"):
        client.send("CS-IA-1")


@pytest.mark.parametrize(
    ("effect", "status", "committed"),
    [
        ("http_500_before", 500, False),
        ("http_500_after_commit", 500, True),
        ("http_503", 503, False),
        ("html_502", 502, False),
        ("html_504_after_commit", 504, True),
        ("garbage_html_200", 200, True),
    ],
)
def test_a_wrong_answer_says_nothing_about_the_commit(simulator, client, effect, status, committed):
    simulator.control.add_fault(effect, op="push")
    answer = client.send("CS-IA-1")
    assert answer.status_code == status
    assert answer.headers["Content-Type"].startswith(
        "text/html" if "html" in effect or status == 503 else "application/json"
    )
    assert bool(simulator.control.transactions("CS-IA-1")) is committed
    assert client.push("CS-IA-1")["outcome"] == ("existing" if committed else "created")


def test_a_late_commit_appears_after_the_client_left_and_the_resend_finds_it(simulator, client):
    simulator.control.freeze()
    simulator.control.add_fault("late_commit", op="push", seconds=20)
    with pytest.raises(requests.Timeout):
        client.send("CS-IA-1", timeout=HURRIED)
    eventually(lambda: simulator.control.concurrency()["running"] == 0)
    assert client.lookup("CS-IA-1")["found"] is False
    simulator.control.advance(21)
    eventually(lambda: simulator.control.transactions("CS-IA-1"))
    assert client.push("CS-IA-1")["outcome"] == "existing"
    assert len(simulator.control.transactions("CS-IA-1")) == 1


def test_a_resend_that_overtakes_the_late_commit_leaves_one_record(simulator, client):
    simulator.control.freeze()
    simulator.control.add_fault("late_commit", op="push", seconds=20)
    with pytest.raises(requests.Timeout):
        client.send("CS-IA-1", timeout=HURRIED)
    assert client.push("CS-IA-1")["outcome"] == "created"
    eventually(lambda: simulator.control.concurrency()["running"] == 0)
    simulator.control.advance(21)
    eventually(lambda: simulator.control.status()["late_writes_waiting"] == 0)
    assert simulator.control.requests(external_id="CS-IA-1")[-1]["outcome"] == "late: existing"
    assert len(simulator.control.transactions("CS-IA-1")) == 1
    assert simulator.control.duplicates() == {
        "external_ids": [],
        "push_keys": [],
        "payload_hashes": [],
        "committed_by_two_requests": [],
        "same_content": [],
    }


def test_read_lag_hides_a_committed_record_from_lookup_and_query_but_not_from_the_unique_key(simulator, client):
    simulator.control.freeze()
    simulator.control.add_fault("read_lag", op="push", seconds=60)
    assert client.push("CS-IA-1")["outcome"] == "created"
    count = "SELECT id FROM transaction WHERE externalid = 'CS-IA-1'"
    assert client.lookup("CS-IA-1")["found"] is False
    assert client.query(count).json()["totalResults"] == 0
    assert client.push("CS-IA-1")["outcome"] == "existing"
    simulator.control.advance(61)
    assert client.lookup("CS-IA-1")["found"] is True
    assert client.query(count).json()["totalResults"] == 1


def test_throttling_has_the_code_of_its_surface_and_writes_nothing(simulator, client):
    simulator.control.add_fault("throttle", count=2)
    push, query = client.send("CS-IA-1"), client.query("SELECT id FROM item")
    assert (push.status_code, push.json()["error"]["code"]) == (400, "SSS_REQUEST_LIMIT_EXCEEDED")
    assert (query.status_code, query.json()["o:errorDetails"][0]["o:errorCode"]) == (
        429,
        "CONCURRENCY_LIMIT_EXCEEDED",
    )
    assert client.push("CS-IA-1")["outcome"] == "created"


def test_other_integrations_can_take_every_slot(simulator, client):
    simulator.control.set_concurrency(background_load=5)
    assert client.send("CS-IA-1").json()["error"]["code"] == "SSS_REQUEST_LIMIT_EXCEEDED"
    simulator.control.set_concurrency(background_load=4)
    assert client.push("CS-IA-1")["outcome"] == "created"


def pushed_together(client: ForeignClient, keys: list[str]) -> list[dict[str, str]]:
    answers: list[dict[str, str]] = []
    threads = [threading.Thread(target=lambda key=key: answers.append(client.push(key))) for key in keys]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_parallel_writers_are_seen_and_consecutive_ones_are_not(simulator, client):
    for number in range(20):
        client.push(f"CS-IA-{number}")
    assert simulator.control.concurrency()["peak_writers"] == 1
    simulator.control.add_fault("slow", op="push", seconds=0.6, count=3)
    answers = pushed_together(client, ["CS-A", "CS-B", "CS-C"])
    assert [answer["outcome"] for answer in answers] == ["created"] * 3
    assert simulator.control.concurrency()["peak_writers"] == 3


def test_the_same_push_sent_eight_times_at_once_is_one_record(simulator, client):
    simulator.control.set_concurrency(slots=20)
    outcomes = [answer["outcome"] for answer in pushed_together(client, ["CS-IA-1"] * 8)]
    assert sorted(outcomes) == ["created"] + ["existing"] * 7
    assert len(simulator.control.transactions("CS-IA-1")) == 1


def test_a_refused_connection_opens_again_on_the_same_port(simulator, client):
    simulator.control.add_fault("refuse", seconds=0.8)
    with pytest.raises(requests.ConnectionError, match="refused"):
        client.ping()
    eventually(lambda: simulator.control.status()["accepting"])
    assert client.ping().status_code == 200


def test_a_period_closed_and_an_item_inactivated_under_way_reject_the_push(simulator, client):
    client.push("CS-IA-0")
    simulator.control.add_fault("item_inactivate", op="push")
    assert client.push("CS-IA-1")["error"]["code"] == "INVALID_KEY_OR_REF"
    simulator.control.add_fault("period_close", op="push")
    other = adjustment(line("OTHER", "1"))
    assert client.push("CS-IA-2", other)["error"]["code"] == "TRAN_PERIOD_CLOSED"
    simulator.control.seed(periods=[{"date": "2026-11-21", "closed": False}])
    assert client.push("CS-IA-2", other)["outcome"] == "created"


def test_a_rule_fires_on_its_call_for_its_key_and_as_often_as_asked(simulator, client):
    rule = simulator.control.add_fault("http_503", op="push", external_id="CS-IA-7*", nth=2, count=2)
    keys = ["CS-IA-8", "CS-IA-7A", "CS-IA-7B", "CS-IA-7C", "CS-IA-7D"]
    assert [client.send(key).status_code for key in keys] == [200, 200, 503, 503, 200]
    assert simulator.control.faults()[0] | {"id": rule, "matched": 4, "fired": 2} == simulator.control.faults()[0]
    simulator.control.add_fault("http_503", op="lookup")
    assert [fault["op"] for fault in simulator.control.unused_faults()] == ["lookup"]


def test_chance_is_the_same_for_the_same_seed(simulator, client):
    def drawn() -> list[int]:
        simulator.control.reset()
        simulator.control.add_fault("http_503", op="ping", probability=0.5, count=None, seed=7)
        return [client.ping().status_code for _ in range(20)]

    first = drawn()
    assert set(first) == {200, 503}
    assert drawn() == first


@pytest.mark.parametrize(
    "rule",
    [
        {"effect": "explode"},
        {"effect": "slow", "colour": "red"},
        {"effect": "slow", "nth": 0},
        {"effect": "slow", "probability": 2},
        {"effect": "slow", "seconds": -1},
        {"effect": "reset_before_read", "external_id": "CS-*"},
        {"effect": "foreign_write", "value": "all"},
        {"effect": "dup_external_id", "value": "similar"},
        {"effect": "drop_field"},
        {"effect": "slow", "since": "noon"},
        {"effect": "slow", "until": "2026-11-21T12:00:00"},
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_with_a_reason(simulator, rule):
    with pytest.raises(ControlError, match=r"\w+ \w+"):
        simulator.control.add_fault(**rule)


def test_a_hanging_answer_ends_when_its_time_is_up(simulator, client):
    simulator.control.add_fault("hang_after_commit", op="push", seconds=0.3)
    started = time.monotonic()
    with pytest.raises(requests.ConnectionError):
        client.send("CS-IA-1", timeout=60)
    assert 0.25 < time.monotonic() - started < 50


def test_the_page_shows_the_record_the_request_and_the_fault_and_escapes_them(simulator, client):
    simulator.control.add_fault("late_commit", op="push", nth=9)
    client.push("CS-IA-1", adjustment(line("000123", "-3.000", memo="<script>alert(1)</script>")))
    page = simulator.control.page()
    for words in ("CS-IA-1", "INVADJ1", "000123", "-3.000", "late_commit", "from call 9", "created"):
        assert words in page
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_a_late_commit_sends_a_patient_client_away_after_its_hold(simulator, client):
    simulator.control.add_fault("late_commit", op="push", seconds=0, hold=0.3)
    with pytest.raises(requests.ConnectionError):
        client.send("CS-IA-1", timeout=60)
    eventually(lambda: simulator.control.transactions("CS-IA-1"))


def test_a_scenario_is_a_named_set_of_faults(simulator, client):
    simulator.control.load_scenario("throttled")
    assert client.send("CS-IA-1").json()["error"]["code"] == "SSS_REQUEST_LIMIT_EXCEEDED"
    simulator.control.load_scenario("none")
    assert client.push("CS-IA-1")["outcome"] == "created"


def test_a_kept_alive_connection_serves_many_requests(simulator):
    with requests.Session() as session:
        codes = [session.get(simulator.base_url + RESTLET + "&op=ping", timeout=60).status_code for _ in range(5)]
    assert codes == [401] * 5


@pytest.mark.parametrize(("value", "outcome"), [("equal", "existing"), ("different", "conflict")])
def test_a_record_under_our_key_may_be_there_before_us(simulator, client, value, outcome):
    simulator.control.add_fault("dup_external_id", op="push", value=value)
    assert client.push("CS-IA-1")["outcome"] == outcome
    assert len(simulator.control.transactions("CS-IA-1")) == 1
    assert [row["auth"] for row in simulator.control.requests()] == ["another integration", "passed"]


def test_another_integration_changes_stock_a_record_or_takes_its_external_id(simulator, client):
    client.push("CS-IA-1", adjustment(line("000123", "5")))
    simulator.control.add_fault("foreign_write", op="push", value="stock")
    client.push("CS-IA-2", adjustment(line("000123", "5")))
    assert simulator.control.balances(item="000123")[0]["on_hand"] == "11.000"
    simulator.control.add_fault("foreign_write", op="lookup", value="record")
    assert client.lookup("CS-IA-1")["quantitySum"] == "6.000"
    simulator.control.add_fault("foreign_write", op="lookup", value="external_id")
    found = client.lookup("CS-IA-2")
    assert (found["found"], found["externalId"]) == (True, "CS-IA-2"), "the push key still finds it"
    assert client.push("CS-IA-2", adjustment(line("000123", "5")))["outcome"] == "existing"
    assert simulator.control.invariants()["broken"] == []


@pytest.mark.parametrize(
    ("effect", "code"),
    [
        ("lot_required", "USER_ERROR"),
        ("negative_refuse", "NOT_IN_INVT"),
        ("permission_drop", "INSUFFICIENT_PERMISSION"),
    ],
)
def test_what_the_account_forbids_meanwhile_rejects_the_push(simulator, client, effect, code):
    client.push("CS-IA-0")
    simulator.control.add_fault(effect, op="push")
    assert client.push("CS-IA-1")["error"]["code"] == code
    assert len(simulator.control.transactions()) == 1


@pytest.mark.parametrize(
    ("effect", "code", "held"),
    [
        ("governance_exhaust", "SSS_USAGE_LIMIT_EXCEEDED", 0),
        ("governance_exhaust_after_commit", "SSS_USAGE_LIMIT_EXCEEDED", 1),
        ("time_limit", "SSS_TIME_LIMIT_EXCEEDED", 0),
        ("time_limit_after_commit", "SSS_TIME_LIMIT_EXCEEDED", 1),
    ],
)
def test_a_script_stopped_at_its_limit_may_have_saved_or_not(simulator, client, effect, code, held):
    simulator.control.add_fault(effect, op="push")
    answer = client.send("CS-IA-1")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)
    assert len(simulator.control.transactions()) == held


def test_a_field_may_get_lost_without_a_word(simulator, client):
    simulator.control.add_fault("drop_field", op="push", value="memo")
    assert client.push("CS-IA-1", adjustment(line("000123", "1", memo="zone A")))["outcome"] == "created"
    held = simulator.control.transactions()[0]
    assert (held["memo"], held["lines"][0]["memo"]) == ("", "")


def test_a_rule_keeps_to_its_hours(simulator, client):
    simulator.control.set_clock("2026-11-21T12:00:00Z")
    simulator.control.freeze()
    hours = {"since": "2026-11-21T13:00:00Z", "until": "2026-11-21T14:00:00Z"}
    simulator.control.add_fault("drop_field", op="push", value="memo", count=None, **hours)
    kept = []
    for number in range(3):
        client.push(f"CS-IA-{number}", signing={"timestamp": str(simulator_seconds(number))})
        kept.append(simulator.control.transactions(f"CS-IA-{number}")[0]["memo"] != "")
        simulator.control.advance(3600)
    assert kept == [True, False, True]


def simulator_seconds(hour: int) -> int:
    return int(datetime(2026, 11, 21, 12 + hour, tzinfo=UTC).timestamp())


def test_what_must_always_hold_is_said_in_sentences_when_it_does_not(simulator, client):
    client.push("CS-IA-0")
    assert simulator.control.invariants() == {"broken": [], "peak_writers": 1}
    simulator.control.add_fault("slow", op="push", seconds=0.6, count=2)
    pushed_together(client, ["CS-A", "CS-B"])
    assert simulator.control.invariants()["broken"] == ["2 writers were at work at the same time"]
