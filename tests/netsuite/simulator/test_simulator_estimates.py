"""Estimates and customers in the simulator, on the RESTlet and on the record surface."""

from typing import Any

import pytest

from tests.netsuite.contract import answer_problems, problems
from tests.netsuite.simulator_client import CUSTOM, ForeignClient, estimate, estimate_line, quote_body

SEED: dict[str, Any] = {
    "price_levels": [{"id": "5", "name": "Contract"}, {"id": "6", "name": "Old", "inactive": True}],
    "customers": [
        {"id": "900", "entityid": "LAKESIDE", "companyname": "Lakeside Schools", "price_level": "5"},
        {"id": "901", "entityid": "GONE", "inactive": True},
    ],
    "items": [
        {"id": "101", "itemid": "000123", "prices": {"1": "20.00", "Contract": "18.50"}},
        {"id": "104", "itemid": "SERVICE", "itemtype": "NonInvtPart", "prices": {"1": "3.00"}},
    ],
}
RECORD = "/services/rest/record/v1/"


@pytest.fixture
def priced(strict):
    strict.control.reset()
    strict.control.seed(**SEED)
    return strict


@pytest.fixture
def client(priced):
    return ForeignClient(priced.base_url)


def push(client, external_id, record, **changed):
    """What comes back keeps the contract, and what was taken kept it."""
    body = quote_body(external_id, record) | changed
    answer = client.call("POST", client.restlet, json=body).json()
    assert answer_problems("push", 200, answer) == []
    assert answer["outcome"] != "created" or problems("pushRequest", body) == []
    return answer


def test_the_simulator_works_out_the_total_of_a_custom_price(priced, client):
    lines = estimate_line("000123", "12.000", rate="17.2545"), estimate_line("SERVICE", "3", rate="2.335")
    answer = push(client, "CS-QT-1", estimate(*lines))
    assert (answer["outcome"], answer["tranId"]) == ("created", "EST1")
    assert (answer["lineCount"], answer["quantitySum"]) == (2, "15.000")
    assert (answer["subtotal"], answer["total"]) == ("214.06", "214.06"), "207.05 and 7.01, each line to the cent"
    held = priced.control.transactions("CS-QT-1")[0]
    assert [line["price_level"] for line in held["lines"]] == ["-1", "-1"]
    assert (held["entity"], held["expected_close"]) == ("900", "2026-12-31")
    assert priced.control.balances() == [], "a quote moves no stock"


def test_without_a_rate_the_price_is_the_levels_or_the_customers_own(priced, client):
    lines = (
        estimate_line("000123", "2", priceLevel={"name": "Base Price"}),
        estimate_line("000123", "2"),
        estimate_line("000123", "1", rate="1.00", priceLevel=CUSTOM),
    )
    push(client, "CS-QT-1", estimate(*lines))
    rates = [(line["price_level"], line["rate"]) for line in priced.control.transactions("CS-QT-1")[0]["lines"]]
    assert rates == [("1", "20.00"), ("5", "18.50"), ("-1", "1.00")]


def test_a_quote_may_lie_in_a_closed_period(priced, client):
    priced.control.seed(periods=[{"date": "2026-11-21", "closed": True}])
    assert push(client, "CS-QT-1", estimate())["outcome"] == "created"


@pytest.mark.parametrize(
    ("record", "code", "field", "line"),
    [
        (estimate(entity=None), "MISSING_REQD_FLD", "entity", None),
        (estimate(entity={"entityid": "GONE"}), "INVALID_KEY_OR_REF", "entity", None),
        (estimate(entity={"entityid": "NOBODY"}), "INVALID_KEY_OR_REF", "entity", None),
        (estimate(dueDate="31.12.2026"), "INVALID_DATE_FORMAT", "dueDate", None),
        (estimate(adjLocation={"id": "5"}), "INVALID_FLD_VALUE", "adjLocation", None),
        (estimate(lines=[]), "VALID_LINE_ITEM_REQD", "lines", None),
        (estimate(estimate_line("000123", "0", rate="1")), "INVALID_QUANTITY", "quantity", 1),
        (estimate(estimate_line("000123", "-1", rate="1")), "INVALID_QUANTITY", "quantity", 1),
        (estimate(estimate_line("000123", "1", rate="-1")), "INVALID_FLD_VALUE", "rate", 1),
        (estimate(estimate_line("000123", "1", rate=1)), "INVALID_NUMBER", "rate", 1),
        (estimate(estimate_line("000123", "1", priceLevel=CUSTOM)), "MISSING_REQD_FLD", "rate", 1),
        (estimate(estimate_line("000123", "1", rate="1", priceLevel={"id": "1"})), "INVALID_FLD_VALUE", "rate", 1),
        (estimate(estimate_line("000123", "1", priceLevel={"id": "6"})), "INVALID_KEY_OR_REF", "priceLevel", 1),
        (estimate(estimate_line("SERVICE", "1", priceLevel={"id": "5"})), "USER_ERROR", "priceLevel", 1),
    ],
)
def test_a_refused_quote_says_which_field(priced, client, record, code, field, line):
    answer = push(client, "CS-QT-1", record)
    assert answer["outcome"] == "rejected"
    assert (answer["error"]["code"], answer["error"]["field"], answer["error"]["line"]) == (code, field, line)
    assert priced.control.transactions() == []


def test_external_ids_of_quotes_and_adjustments_are_one_namespace(priced, client):
    priced.control.seed(locations=[{"name": "MAIN"}])
    push(client, "CS-X-1", estimate())
    answer = client.push("cs-x-1")
    assert (answer["outcome"], answer["error"]["code"]) == ("conflict", "DUP_RCRD")


def test_a_customer_and_a_quote_over_the_record_surface(priced, client):
    made = client.call("POST", f"{RECORD}customer", json={"companyName": "Hillside", "externalId": "C-1"})
    assert made.status_code == 204
    number = made.headers["Location"].rpartition("/")[2]
    assert client.call("PATCH", f"{RECORD}customer/eid:C-1", json={"priceLevel": {"id": "5"}}).status_code == 204
    body = {
        "externalId": "CS-QT-9",
        "tranDate": "2026-11-21",
        "entity": {"id": number},
        "expectedCloseDate": "2026-12-31",
        "item": {
            "items": [
                {"item": {"id": "101"}, "quantity": 2},
                {"item": {"id": "101"}, "quantity": 3, "price": {"id": "-1"}, "rate": 17.25},
            ]
        },
    }
    assert client.call("POST", f"{RECORD}estimate", json=body).status_code == 204
    shown = client.call("GET", f"{RECORD}estimate/eid:CS-QT-9?expandSubResources=true").json()
    assert (shown["subtotal"], shown["taxTotal"], shown["total"]) == (88.75, 0.0, 88.75)
    assert [(line["rate"], line["price"]["id"]) for line in shown["item"]["items"]] == [(18.5, "5"), (17.25, "-1")]
    in_use = client.call("DELETE", f"{RECORD}customer/{number}")
    assert in_use.status_code == 400
    assert client.query("SELECT t.externalid, c.entityid FROM transaction t JOIN customer c ON c.id = t.entity").json()[
        "items"
    ][0] == {"links": [], "externalid": "CS-QT-9", "entityid": "Hillside"}
