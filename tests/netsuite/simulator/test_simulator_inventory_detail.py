"""Lots, serial numbers, bins and statuses pushed through the RESTlet, and what the stock of each is afterwards."""

from typing import Any

import pytest

from netsuite.simulator.running import Running
from tests.netsuite.contract import answer_problems
from tests.netsuite.simulator_client import ForeignClient, adjustment, line

ITEMS = [
    {"id": "103", "itemid": "LOT", "lot": True},
    {"id": "109", "itemid": "SERIAL", "serial": True, "use_bins": True},
]


@pytest.fixture
def client(simulator: Running) -> ForeignClient:
    simulator.control.seed(
        locations=[{"id": "5", "name": "MAIN"}, {"id": "6", "name": "PLAIN"}],
        bins=[{"id": "70", "location": "MAIN", "name": "A-01"}],
        inventory_statuses=[{"id": "1", "name": "Good"}, {"id": "2", "name": "Hold", "inactive": True}],
        items=ITEMS,
    )
    return ForeignClient(simulator.base_url)


def pushed(client: ForeignClient, external_id: str, *lines: dict[str, Any]) -> Any:
    answer = client.push(external_id, adjustment(*lines))
    assert answer_problems("push", 200, answer) == []
    return answer["outcome"] if answer["error"] is None else (answer["error"]["code"], answer["error"]["line"])


def lots(client: ForeignClient) -> dict[str, str]:
    """What is on hand of each lot."""
    statement = (
        "SELECT n.inventorynumber AS lot, b.quantityonhand FROM inventoryBalance b"
        " JOIN inventoryNumber n ON n.id = b.inventorynumber"
    )
    return {row["lot"]: row["quantityonhand"] for row in client.query(statement).json()["items"]}


def test_an_item_with_lots_needs_the_detail_and_its_lots_move_with_it(simulator, client):
    parts = [{"lot": "L1", "quantity": "3"}, {"lot": "L2", "quantity": "2.5"}]
    assert pushed(client, "CS-IA-1", line("000123", "1"), line("LOT", "5.5")) == ("USER_ERROR", 2)
    assert simulator.control.transactions() == []
    assert pushed(client, "CS-IA-2", line("LOT", "5.5", detail=parts)) == "created"
    assert lots(client) == {"L1": "3", "L2": "2.5"}
    assert pushed(client, "CS-IA-3", line("LOT", "-2", detail=[{"lot": "L1", "quantity": "-2"}])) == "created"
    assert lots(client) == {"L1": "1", "L2": "2.5"}


def test_a_lot_never_goes_below_zero_though_two_parts_share_the_fall(client):
    assert pushed(client, "CS-IA-1", line("LOT", "5", detail=[{"lot": "L1", "quantity": "5"}])) == "created"
    halves = [{"lot": "L1", "quantity": "-3"}, {"lot": "L1", "quantity": "-3"}]
    assert pushed(client, "CS-IA-2", line("LOT", "-6", detail=halves)) == ("INVALID_SERIAL_OR_LOT_NUMBER", 1)
    assert lots(client) == {"L1": "5"}


def test_a_detail_that_does_not_add_up_names_its_line(simulator, client):
    short = line("LOT", "5", detail=[{"lot": "L1", "quantity": "4.999"}])
    assert pushed(client, "CS-IA-1", line("000123", "1"), short) == ("NUM_ITEMS_NOT_EQUAL_TO_QTY", 2)
    assert simulator.control.transactions() == []


def test_a_serial_number_is_one_piece_in_a_bin_with_a_status(client):
    placed = {"bin": {"name": "A-01"}, "status": {"id": "1"}}
    assert pushed(client, "CS-IA-1", line("SERIAL", "1", detail=[{"lot": "S1", "quantity": "1"}])) == ("USER_ERROR", 1)
    elsewhere = line("SERIAL", "1", detail=[{"lot": "S1", "quantity": "1", **placed}]) | {"location": {"id": "6"}}
    assert pushed(client, "CS-IA-2", elsewhere) == ("INVALID_KEY_OR_REF", 1)
    here = line("SERIAL", "1", detail=[{"lot": "S1", "quantity": "1", **placed}])
    assert pushed(client, "CS-IA-3", here) == "created"
    assert pushed(client, "CS-IA-4", here) == ("INVALID_SERIAL_OR_LOT_NUMBER", 1)
    rows = client.query("SELECT binnumber, inventorystatus, quantityonhand FROM inventoryBalance").json()["items"]
    assert [(row["binnumber"], row["inventorystatus"], row["quantityonhand"]) for row in rows] == [("70", "1", "1")]
    held = line("SERIAL", "1", detail=[{"lot": "S2", "quantity": "1", **placed, "status": {"name": "Hold"}}])
    assert pushed(client, "CS-IA-5", held) == ("INVALID_KEY_OR_REF", 1)


def test_the_hash_covers_the_detail(client):
    first = adjustment(line("LOT", "5", detail=[{"lot": "L1", "quantity": "5"}]))
    other = adjustment(line("LOT", "5", detail=[{"lot": "L2", "quantity": "5"}]))
    made = client.push("CS-IA-1", first)
    assert [client.push("CS-IA-1", record)["outcome"] for record in (first, other)] == ["existing", "conflict"]
    stale = client.push("CS-IA-2", other, changed={"payloadHash": made["payloadHash"]})
    assert (stale["outcome"], stale["error"]["field"]) == ("rejected", "payloadHash")
    assert lots(client) == {"L1": "5"}


def test_a_detail_pushed_by_the_script_is_read_back_by_the_record_api(client):
    parts = [{"lot": "S1", "quantity": "1", "bin": {"id": "70"}, "status": {"name": "Good"}}]
    made = client.push("CS-IA-1", adjustment(line("SERIAL", "1", detail=parts)))
    place = f"/services/rest/record/v1/inventoryAdjustment/{made['internalId']}"
    shown = client.call("GET", f"{place}?expandSubResources=true").json()["inventory"]["items"][0]
    (part,) = shown["inventoryDetail"]["inventoryAssignment"]["items"]
    assert (part["issueInventoryNumber"]["refName"], part["binNumber"], part["inventoryStatus"]) == (
        *("S1", {"id": "70"}),
        {"id": "1"},
    )
    assert client.call("PATCH", place, json={"memo": "seen"}).status_code == 204
    assert lots(client) == {"S1": "1"}
