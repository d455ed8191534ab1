"""Changing, searching and deleting over the record surface, and its asynchronous jobs."""

import uuid
from typing import Any

import pytest

from tests.netsuite.simulator_client import eventually

ROOT = "/services/rest/record/v1/"
BASE = f"{ROOT}inventoryAdjustment"


def body(*quantities: float, **header: Any) -> dict[str, Any]:
    lines = [{"item": {"id": "501"}, "location": {"id": "7"}, "adjustQtyBy": quantity} for quantity in quantities]
    return {"tranDate": "2026-11-21", "account": {"id": "54"}, "inventory": {"items": lines}} | header


def lines_of(client, key: str) -> list[float]:
    shown = client.call("GET", f"{BASE}/{key}?expandSubResources=true").json()
    return [line["adjustQtyBy"] for line in shown["inventory"]["items"]]


def code(answer: Any) -> str:
    return str(answer.json()["o:errorDetails"][0]["o:errorCode"])


def test_put_creates_and_the_next_one_adds_its_lines_unless_they_replace(simulator, client):
    assert client.call("PUT", f"{BASE}/eid:X-1", json=body(2, 3)).status_code == 204
    client.call("PUT", f"{BASE}/eid:x-1?replace=inventory", json=body(4))
    assert lines_of(client, "eid:X-1") == [4.0]
    client.call("PUT", f"{BASE}/eid:X-1", json=body(1))
    assert lines_of(client, "eid:X-1") == [4.0, 1.0]
    assert simulator.control.balances(item="501")[0]["on_hand"] == "5.000"
    assert len(simulator.control.transactions()) == 1


def test_patch_changes_what_it_names_and_a_line_by_its_number(simulator, client):
    client.call("POST", BASE, json=body(2, 3, externalId="X-1", memo="before"))
    given = {"memo": "after", "inventory": {"items": [{"line": 2, "adjustQtyBy": 7}]}}
    assert client.call("PATCH", f"{BASE}/eid:X-1", json=given).status_code == 204
    assert lines_of(client, "eid:X-1") == [2.0, 7.0]
    held = simulator.control.transactions("X-1")[0]
    assert (held["memo"], held["quantity_sum"]) == ("after", "9.000")
    refused = client.call("PATCH", f"{BASE}/eid:X-1", json={"tranDate": "1990-01-01"})
    assert (refused.status_code, code(refused)) == (400, "USER_ERROR")
    assert lines_of(client, "eid:X-1") == [2.0, 7.0], "a refused update leaves the record as it was"
    assert client.call("PATCH", f"{BASE}/eid:NONE", json={}).status_code == 404


def test_a_deleted_adjustment_gives_its_stock_back_and_its_external_id(simulator, client):
    client.call("POST", BASE, json=body(2, externalId="X-1"))
    assert client.call("DELETE", f"{BASE}/eid:X-1").status_code == 204
    assert simulator.control.balances(item="501")[0]["on_hand"] == "0.000"
    assert client.call("GET", f"{BASE}/eid:X-1").status_code == 404
    assert client.call("POST", BASE, json=body(2, externalId="X-1")).status_code == 204


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('externalId IS "x-2"', ["X-2"]),
        ('externalId START_WITH "X-" AND estimatedTotalValue EQUAL 0', ["X-1", "X-2", "X-3"]),
        ('memo CONTAIN "zone" OR externalId IS "X-3"', ["X-1", "X-3"]),
        ('memo EMPTY AND tranDate AFTER "2026-01-01"', ["X-2", "X-3"]),
        ('account ANY_OF ["54", "55"] AND externalId IS_NOT "X-1"', ["X-2", "X-3"]),
    ],
)
def test_a_collection_is_searched_and_paged(client, query, expected):
    for number, memo in ((1, "Zone A"), (2, ""), (3, "")):
        client.call("POST", BASE, json=body(1, externalId=f"X-{number}", memo=memo))
    found = client.call("GET", BASE, params={"q": query}).json()
    names = [client.call("GET", f"{BASE}/{row['id']}?fields=externalId").json()["externalId"] for row in found["items"]]
    assert (names, found["totalResults"], found["hasMore"]) == (expected, len(expected), False)
    page = client.call("GET", f"{BASE}?limit=2&offset=2").json()
    assert (page["count"], page["hasMore"], page["totalResults"]) == (1, False, 3)


@pytest.mark.parametrize("query", ["externalId", 'colour IS "red"', 'memo LIKE "a"', "estimatedTotalValue EQUAL x"])
def test_a_search_that_cannot_be_read_names_the_parameter(client, query):
    answer = client.call("GET", BASE, params={"q": query})
    assert answer.status_code == 400
    client.call("POST", BASE, json=body(1))
    answer = client.call("GET", BASE, params={"q": query})
    assert answer.json()["o:errorDetails"][0]["o:errorQueryParam"] == "q"


def test_the_catalogue_and_the_records_around_a_transaction_can_be_read_but_not_written(simulator, client):
    simulator.control.seed(items=[{"id": "501", "itemid": "A", "lot": True}], locations=[{"id": "7", "name": "MAIN"}])
    names = [row["name"] for row in client.call("GET", f"{ROOT}metadata-catalog").json()["items"]]
    assert {"estimate", "customer", "priceLevel", "lotNumberedInventoryItem", "location"} <= set(names)
    assert client.call("GET", f"{ROOT}lotNumberedInventoryItem/501").json()["itemId"] == "A"
    assert client.call("GET", f"{ROOT}inventoryItem/501").status_code == 404
    assert client.call("GET", f'{ROOT}location?q=name IS "MAIN"').json()["totalResults"] == 1
    assert client.call("POST", f"{ROOT}location", json={"name": "ATTIC"}).status_code == 405


def test_an_unknown_property_comes_back_as_a_warning(client):
    answer = client.call("POST", BASE, json=body(1, colour="red"))
    assert (answer.status_code, "colour" in answer.headers["Warning"]) == (204, True)


def job_of(client, answer: Any) -> str:
    assert (answer.status_code, answer.headers["Preference-Applied"]) == (202, "respond-async")
    return str(answer.headers["Location"]).removeprefix(client.base_url)


def test_a_job_is_accepted_carried_out_and_asked_for(simulator, client):
    headers = {"Prefer": "respond-async", "X-NetSuite-Idempotency-Key": str(uuid.uuid4())}
    place = job_of(client, client.call("POST", BASE, json=body(2, externalId="X-1"), headers=headers))
    done = eventually(lambda: (job := client.call("GET", place).json())["completed"] and job)
    assert done["progress"] == "succeeded"
    result = client.call("GET", f"{place}/task/1/result")
    held = simulator.control.transactions("X-1")[0]
    assert (result.status_code, result.headers["Location"].rpartition("/")[2]) == (204, held["id"])
    again = client.call("POST", BASE, json=body(2, externalId="X-2"), headers=headers)
    assert (again.status_code, code(again)) == (400, "IDEMPOTENCY_ERROR")
    assert again.headers["Location"].endswith(place)
    assert len(simulator.control.transactions()) == 1


def test_a_job_that_is_refused_says_so_in_its_result(client):
    place = job_of(client, client.call("POST", BASE, json=body(0), headers={"Prefer": "respond-async"}))
    done = eventually(lambda: (job := client.call("GET", place).json())["completed"] and job)
    result = client.call("GET", f"{place}/task/1/result")
    assert (done["progress"], result.status_code, code(result)) == ("failed", 400, "USER_ERROR")
    assert client.call("GET", "/services/rest/async/v1/job/99").status_code == 404


def test_the_idempotency_key_means_nothing_on_a_synchronous_request(simulator, client):
    for _ in range(2):
        headers = {"X-NetSuite-Idempotency-Key": "the-same"}
        assert client.call("POST", BASE, json=body(1), headers=headers).status_code == 204
    assert len(simulator.control.transactions()) == 2


def test_the_limits_are_an_administrators_to_read(simulator, client):
    place = "/services/rest/system/v1/governanceLimits"
    refused = client.call("GET", place)
    assert (refused.status_code, code(refused)) == (403, "INSUFFICIENT_PERMISSION")
    simulator.control.set_preferences(role="Administrator")
    assert client.call("GET", place).json()["accountConcurrencyLimit"] == 5


def detail(quantity: float, **number: Any) -> dict[str, Any]:
    return {"inventoryDetail": {"inventoryAssignment": {"items": [{"quantity": quantity} | number]}}}


def adjusted(client, quantity: float, more: dict[str, Any]) -> Any:
    line = {"item": {"id": "501"}, "location": {"id": "7"}, "adjustQtyBy": quantity} | more
    return client.call("POST", BASE, json=body() | {"inventory": {"items": [line]}})


def said(answer: Any) -> str:
    return str(answer.json()["o:errorDetails"][0]["detail"])


def test_lots_come_in_by_text_and_go_out_by_id_and_never_below_zero(simulator, client):
    simulator.control.seed(items=[{"id": "501", "itemid": "A", "lot": True}], locations=[{"id": "7", "name": "MAIN"}])
    assert "configure the inventory detail" in said(adjusted(client, 5, {}))
    assert "must be that of the line" in said(adjusted(client, 5, detail(4, receiptInventoryNumber="L1")))
    assert adjusted(client, 5, detail(5, receiptInventoryNumber="L1")).status_code == 204
    number = client.query("SELECT id FROM inventoryNumber WHERE inventorynumber = 'L1'").json()["items"][0]["id"]
    assert adjusted(client, -3, detail(-3, issueInventoryNumber={"id": number})).status_code == 204
    assert "not enough of L1" in said(adjusted(client, -3, detail(-3, issueInventoryNumber={"id": number})))
    rows = client.query("SELECT quantityonhand FROM inventoryBalance").json()["items"]
    assert [row["quantityonhand"] for row in rows] == ["2"]


def test_serial_numbers_are_single_pieces_and_bins_are_objects(simulator, client):
    simulator.control.seed(
        locations=[{"id": "7", "name": "MAIN"}],
        bins=[{"id": "70", "location": "MAIN", "name": "A-01"}],
        items=[{"id": "501", "itemid": "A", "serial": True, "use_bins": True}],
    )
    placed = {"receiptInventoryNumber": "S1", "binNumber": {"id": "70"}}
    assert "one piece" in said(adjusted(client, 2, detail(2, **placed)))
    assert "static" in said(adjusted(client, 1, detail(1, receiptInventoryNumber="S1", binNumber="70")))
    assert "Bin" in said(adjusted(client, 1, detail(1, receiptInventoryNumber="S1")))
    assert adjusted(client, 1, detail(1, **placed)).status_code == 204
    assert "in stock already" in said(adjusted(client, 1, detail(1, **placed)))


def test_a_unit_cost_on_a_decrease_is_ignored(simulator, client):
    assert adjusted(client, -1, {"unitCost": 99.0}).status_code == 204
    assert simulator.control.transactions()[0]["total"] == "0.00"
