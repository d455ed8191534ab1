"""The simulator's REST record surface, used by a client that is not ours."""

from typing import Any

import pytest
import requests

BASE = "/services/rest/record/v1/inventoryAdjustment"
STRICT = {"X-NetSuite-PropertyNameValidation": "Error"}
HASH = "custbody_countersign_payload_hash"


def body(external_id: str | None = "X-1", *lines: dict[str, Any], **changed: Any) -> dict[str, Any]:
    items = list(lines) or [{"item": {"id": "501"}, "location": {"id": "7"}, "adjustQtyBy": -2.5}]
    document = {"tranDate": "2026-11-21", "account": {"id": "54"}, "inventory": {"items": items}} | changed
    return document if external_id is None else {"externalId": external_id, **document}


def code(answer: requests.Response) -> str:
    return str(answer.json()["o:errorDetails"][0]["o:errorCode"])


def test_create_answers_204_with_the_place_of_the_record(simulator, client):
    answer = client.call("POST", BASE, json=body(**{HASH: "ab" * 32}))
    assert (answer.status_code, answer.content) == (204, b"")
    held = simulator.control.transactions("X-1")[0]
    assert answer.headers["Location"] == f"{simulator.base_url}{BASE}/{held['id']}"
    by_id = client.call("GET", f"{BASE}/{held['id']}").json()
    by_key = client.call("GET", f"{BASE}/eid:x-1?expandSubResources=true").json()
    assert (by_id["id"], by_id["externalId"], by_id[HASH]) == (held["id"], "X-1", "ab" * 32)
    assert "items" not in by_id["inventory"], "sublists come only when asked for"
    assert by_key["inventory"]["items"][0]["adjustQtyBy"] == -2.5
    assert by_key["inventory"]["totalResults"] == 1
    assert simulator.control.balances(item="501")[0]["on_hand"] == "-2.500"


def test_the_type_is_found_whatever_its_case_and_another_is_not(client):
    assert client.call("GET", f"{BASE.lower()}/eid:NONE").status_code == 404
    unknown = client.call("POST", BASE.replace("inventoryAdjustment", "spaceship"), json=body())
    assert (unknown.status_code, code(unknown)) == (404, "NONEXISTENT_ID")


def test_the_external_id_is_unique_without_regard_to_case_and_across_both_surfaces(simulator, client):
    assert client.push("X-1")["outcome"] == "created"
    again = client.call("POST", BASE, json=body("x-1"))
    assert (again.status_code, code(again)) == (400, "USER_ERROR")
    assert "already exists" in again.json()["o:errorDetails"][0]["detail"]
    assert len(simulator.control.transactions()) == 1
    assert client.call("GET", f"{BASE}/eid:X-1").json()["id"] == client.lookup("X-1")["internalId"]


def test_without_an_external_id_nothing_keeps_a_repeat_out(simulator, client):
    for _ in range(2):
        assert client.call("POST", BASE, json=body(None)).status_code == 204
    assert len(simulator.control.transactions()) == 2
    assert simulator.control.duplicates()["same_content"]


def test_an_unknown_property_is_dropped_unless_strictness_is_asked_for(simulator, client):
    odd = body("X-1", colour="red")
    refused = client.call("POST", BASE, json=odd, headers=STRICT)
    assert (refused.status_code, refused.json()["o:errorDetails"][0]["o:errorPath"]) == (400, "colour")
    assert client.call("POST", BASE, json=odd).status_code == 204
    assert "colour" not in client.call("GET", f"{BASE}/eid:X-1").json()


@pytest.mark.parametrize(
    ("line", "expected", "path"),
    [
        ({"adjustQtyBy": "2"}, "INVALID_CONTENT", "inventory.items[0].adjustQtyBy"),
        ({"adjustQtyBy": 0}, "USER_ERROR", None),
        ({"item": {"itemid": "A"}}, "INVALID_CONTENT", "inventory.items[0].item"),
        ({"item": "501"}, "INVALID_CONTENT", "inventory.items[0].item"),
        ({"location": {}}, "INVALID_CONTENT", "inventory.items[0].location"),
        ({"unitCost": True}, "INVALID_CONTENT", "inventory.items[0].unitCost"),
    ],
)
def test_a_refused_line_says_where(simulator, client, line, expected, path):
    good = {"item": {"id": "501"}, "location": {"id": "7"}, "adjustQtyBy": 1}
    answer = client.call("POST", BASE, json=body("X-1", good | line))
    assert (answer.status_code, code(answer)) == (400, expected)
    assert answer.json()["o:errorDetails"][0].get("o:errorPath") == path
    assert simulator.control.transactions() == []


@pytest.mark.parametrize(
    ("method", "target", "given", "status"),
    [
        ("PUT", "/12", {"json": {}}, 400),
        ("DELETE", "/12", {}, 404),
        ("PUT", "", {"json": {}}, 405),
        ("POST", "", {"data": "{}", "headers": {"Content-Type": "text/plain"}}, 415),
        ("POST", "", {"data": "{not json"}, 400),
        ("POST", "", {"data": "[]"}, 400),
        ("POST", "", {"json": {"externalId": "a b"}}, 400),
        ("POST", "", {"json": {"externalId": "X", "inventory": {"items": [3]}, "tranDate": "2026-11-21"}}, 400),
    ],
)
def test_what_does_not_fit_is_refused(simulator, client, method, target, given, status):
    assert client.call(method, BASE + target, **given).status_code == status
    assert simulator.control.transactions() == []


def test_the_login_of_this_surface_is_its_own(client):
    answer = client.call("GET", f"{BASE}/1", signing={"client_secret": "wrong"})
    assert (answer.status_code, code(answer)) == (401, "INVALID_LOGIN")


def test_faults_name_the_same_operations_as_on_the_restlet(simulator, client):
    simulator.control.add_fault("throttle", route="record", op="push", external_id="X-*")
    answer = client.call("POST", BASE, json=body())
    assert (answer.status_code, code(answer)) == (429, "CONCURRENCY_LIMIT_EXCEEDED")
    simulator.control.add_fault("item_inactivate", op="push")
    refused = client.call("POST", BASE, json=body())
    assert refused.status_code == 400
    assert simulator.control.unused_faults() == []
    assert [row["op"] for row in simulator.control.requests()] == ["push", "push"]
