"""The RESTlet and SuiteQL: what a correct and an incorrect call get."""

import pytest
import requests

from netsuite.simulator.running import running_simulator
from tests.netsuite.simulator_client import RESTLET, ForeignClient, adjustment, line


def test_a_push_is_saved_and_can_be_looked_up_in_any_letter_case(simulator, client):
    record = adjustment(line("000123", "-3.000"), line("000456", "1.5", unitCost="12.5000"))
    answer = client.push("CS-IA-1", record)
    assert (answer["outcome"], answer["lineCount"], answer["quantitySum"], answer["total"]) == (
        "created",
        2,
        "-1.500",
        "18.75",
    )
    assert (answer["warnings"], answer["error"]) == ([], None)
    found = client.lookup("cs-ia-1")
    assert (found["found"], found["matches"], found["internalId"]) == (True, 1, answer["internalId"])
    assert (found["tranId"], found["externalId"]) == (answer["tranId"], "CS-IA-1")
    assert client.lookup("CS-IA-2")["found"] is False


def test_the_same_key_and_hash_is_existing_another_hash_is_a_conflict_and_one_record_stands(simulator, client):
    first = client.push("CS-IA-1")
    again = client.push("CS-IA-1")
    shouting = client.push("cs-ia-1", changed={"payloadHash": first["payloadHash"]})
    other = client.push("CS-IA-1", adjustment(line("000123", "9")))
    assert [first["outcome"], again["outcome"], shouting["outcome"], other["outcome"]] == [
        "created",
        "existing",
        "existing",
        "conflict",
    ]
    assert {again["internalId"], other["internalId"]} == {first["internalId"]}
    assert other["error"]["code"] == "DUP_RCRD"
    assert len(simulator.control.transactions("CS-IA-1")) == 1
    assert simulator.control.balances(item="000123")[0]["on_hand"] == "-3.000"


def test_a_dry_run_checks_everything_and_writes_nothing(simulator, client):
    answer = client.push("CS-IA-1", changed={"dryRun": True})
    assert (answer["outcome"], answer["internalId"], answer["quantitySum"]) == ("created", None, "-3.000")
    assert client.lookup("CS-IA-1")["found"] is False
    assert simulator.control.balances() == []


@pytest.mark.parametrize(
    ("record", "changed", "field"),
    [
        (adjustment(colour="red"), {}, "colour"),
        (adjustment(line("A", "1", amount="1")), {}, "amount"),
        (adjustment(), {"surprise": 1}, "surprise"),
    ],
)
def test_an_unknown_field_is_rejected_and_named(simulator, client, record, changed, field):
    answer = client.push("CS-IA-1", record, changed=changed)
    assert (answer["outcome"], answer["error"]["field"]) == ("rejected", field)
    assert simulator.control.transactions() == []


@pytest.mark.parametrize(
    ("record", "code", "line_number"),
    [
        (adjustment(line("nothing", "1")), "INVALID_KEY_OR_REF", 1),
        (adjustment(line("000123", "1"), line("OLD", "1")), "INVALID_KEY_OR_REF", 2),
        (adjustment(line("LOT", "1")), "USER_ERROR", 1),
        (adjustment(line("SERVICE", "1")), "INVALID_TRAN_ITEM_LINE", 1),
        (adjustment(line("OTHERSUB", "1")), "INVALID_TRANS_SUB_ITEM", 1),
        (adjustment(subsidiary={"id": "9"}), "INVALID_TRANS_SUB_LOC", None),
        (adjustment(subsidiary={"id": "77"}), "INVALID_KEY_OR_REF", None),
        (adjustment(line("000123", "1") | {"location": {"name": "CLOSED"}}), "INVALID_KEY_OR_REF", 1),
        (adjustment(line("000123", "1") | {"location": None}, adjLocation=None), "LOCATION_REQD", 1),
        (adjustment(line("000123", "0.000")), "INVALID_QUANTITY", 1),
        (adjustment(line("000123", "1e3")), "INVALID_NUMBER", 1),
        (adjustment(line("000123", "1") | {"adjustQtyBy": 1}), "INVALID_NUMBER", 1),
        (adjustment(line("000123", "1", unitCost="-1")), "POSITIVE_UNITCOST_REQD", 1),
        (adjustment(line("000123", "1") | {"item": None}), "MISSING_REQD_FLD", 1),
        (
            adjustment(line("000123", "1") | {"item": {"id": "101", "itemid": "000123"}}),
            "INVALID_FLD_VALUE",
            1,
        ),
        (adjustment(lines=[]), "VALID_LINE_ITEM_REQD", None),
        (adjustment(tranDate=None), "TRAN_DATE_REQD", None),
        (adjustment(tranDate="11/21/2026"), "INVALID_DATE_FORMAT", None),
        (adjustment(tranDate="2026-02-30"), "INVALID_DATE_FORMAT", None),
        (adjustment(tranDate="2026-01-31"), "TRAN_PERIOD_CLOSED", None),
        (adjustment(tranDate="1999-01-31"), "VALID_PRD_REQD", None),
        (adjustment(account={"id": "12"}), "INVALID_ADJUSTMENT_ACCT", None),
        (adjustment(account={"id": "4711"}), "INVALID_KEY_OR_REF", None),
    ],
)
def test_what_netsuite_would_refuse_is_refused_with_its_code(strict, record, code, line_number):
    answer = ForeignClient(strict.base_url).push("CS-IA-1", record)
    assert (answer["outcome"], answer["error"]["code"], answer["error"]["line"]) == (
        "rejected",
        code,
        line_number,
    )
    assert strict.control.transactions() == []
    assert strict.control.balances(item="000123")[0]["on_hand"] == "40.000"


def test_stock_may_go_below_zero_unless_the_account_refuses(simulator, client):
    assert client.push("CS-IA-1", adjustment(line("000123", "-3")))["outcome"] == "created"
    with running_simulator(refuse_negative_stock=True) as careful:
        careful.control.seed(balances=[{"item": "000123", "location": "MAIN", "quantity": "5"}])
        other = ForeignClient(careful.base_url)
        answer = other.push("CS-IA-1", adjustment(line("000123", "-3"), line("000123", "-3")))
        assert (answer["error"]["code"], answer["error"]["line"]) == ("NOT_IN_INVT", 2)
        assert other.push("CS-IA-1", adjustment(line("000123", "-5")))["outcome"] == "created"


def test_a_rejected_push_leaves_no_items_behind(simulator, client):
    client.push("CS-IA-1", adjustment(line("NEW", "1"), line("NEW2", "zero")))
    assert client.query("SELECT id FROM item").json()["totalResults"] == 0


def test_cost_of_an_increase_moves_the_average_and_is_refused_on_a_decrease(strict):
    client = ForeignClient(strict.base_url)
    client.push("CS-IA-1", adjustment(line("000123", "10", unitCost="7.50")))
    assert strict.control.balances(item="000123")[0]["average_cost"] == "3.5000"
    assert client.push("CS-IA-2", adjustment(line("000123", "-2")))["total"] == "-7.00"
    answer = client.push("CS-IA-3", adjustment(line("000123", "-2", unitCost="99")))
    assert (answer["outcome"], answer["error"]["field"], answer["error"]["line"]) == ("rejected", "unitCost", 1)


@pytest.mark.parametrize(
    ("method", "target", "given", "status", "code"),
    [
        ("GET", RESTLET.replace("push", "pull"), {}, 400, "SSS_INVALID_SCRIPTLET_ID"),
        ("PUT", RESTLET, {"json": {}}, 405, "METHOD_NOT_ALLOWED"),
        (
            "POST",
            RESTLET,
            {"data": b"a=1", "headers": {"Content-Type": "application/octet-stream"}},
            415,
            "INVALID_CONTENT_TYPE",
        ),
        ("POST", RESTLET, {"data": b"{"}, 400, "PARSING_ERROR"),
        ("POST", RESTLET, {"json": {"op": "delete"}}, 400, "SSS_INVALID_API_USAGE"),
        ("GET", RESTLET + "&op=lookup", {}, 400, "SSS_MISSING_REQD_ARGUMENT"),
        ("GET", RESTLET + "&op=ping", {"json": {"a": 1}}, 400, "INVALID_REQUEST"),
        ("GET", "/nowhere", {}, 404, "RCRD_DSNT_EXIST"),
    ],
)
def test_a_call_that_misses_the_script_gets_an_unhandled_error(client, method, target, given, status, code):
    answer = client.call(method, target, **given)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_more_than_ten_megabytes_are_refused(client):
    record = adjustment(memo="x" * (10 * 1024 * 1024))
    answer = client.send("CS-IA-1", record)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "SSS_FILE_CONTENT_SIZE_EXCEEDED")


def test_the_unlimited_surfaces_answer(simulator, client):
    assert client.call("GET", "/services/rest/system/v1/serverTime").json()["serverTime"].endswith(".000Z")
    assert client.call("GET", "/rest/tokeninfo").json()["companyId"] == "TSTDRV1"
    urls = requests.get(simulator.base_url + "/rest/datacenterurls?account=TSTDRV1", timeout=20).json()
    assert urls["restDomain"] == simulator.base_url


def test_suiteql_rows_have_lower_case_keys_strings_and_no_nulls(strict):
    client = ForeignClient(strict.base_url)
    client.push("CS-IA-1", adjustment(line("000123", "-2.5")))
    rows = client.query(
        "SELECT a.Item, l.name, a.quantityOnHand AS OnHand, i.subsidiary"
        " FROM aggregateItemLocation a JOIN item i ON i.id = a.item JOIN location l ON l.id = a.location"
        " WHERE i.isinactive = 'F' ORDER BY a.item, a.location"
    ).json()
    assert rows["items"] == [{"links": [], "item": "101", "name": "MAIN", "onhand": "37.5"}]
    assert (rows["count"], rows["hasMore"], rows["totalResults"]) == (1, False, 1)
    found = client.query(
        "SELECT t.id, t.recordtype, TO_CHAR(t.lastmodifieddate, 'YYYY-MM-DD HH24:MI:SS') AS changed,"
        " tl.quantity"
        " FROM transaction t JOIN transactionline tl ON tl.transaction = t.id WHERE t.externalid = ?",
        "CS-IA-1",
    ).json()["items"][0]
    assert (found["recordtype"], found["quantity"], len(found["changed"])) == (
        "inventoryadjustment",
        "-2.5",
        19,
    )


def test_suiteql_pages_until_the_end(simulator, client):
    simulator.control.seed(items=[{"itemid": f"I{number:04}"} for number in range(25)])
    statement, seen = "SELECT itemid FROM item ORDER BY itemid", []
    for offset in (0, 10, 20):
        page = client.query(statement, page=f"?limit=10&offset={offset}").json()
        seen += [row["itemid"] for row in page["items"]]
        assert page["hasMore"] is (offset < 20)
    assert seen == [f"I{number:04}" for number in range(25)]


@pytest.mark.parametrize(
    ("statement", "page", "headers", "words"),
    [
        ("SELECT id FROM item", "", {}, "Prefer"),
        ("SELECT id FROM item", "?limit=10&offset=5", {"Prefer": "transient"}, "divisible"),
        ("SELECT id FROM item", "?limit=1001", {"Prefer": "transient"}, "between 1 and 1000"),
        ("SELECT id FROM employee", "", {"Prefer": "transient"}, "Record 'employee' was not found"),
        ("SELECT secret FROM tokens", "", {"Prefer": "transient"}, "Record 'tokens' was not found"),
        (
            "WITH item AS (SELECT * FROM tokens) SELECT * FROM item",
            "",
            {"Prefer": "transient"},
            "'tokens' was not found",
        ),
        ("SELECT colour FROM item", "", {"Prefer": "transient"}, "Unknown identifier 'colour'"),
        ("DELETE FROM item", "", {"Prefer": "transient"}, "only SELECT"),
        ("SELECT id FROM item LIMIT 5", "", {"Prefer": "transient"}, "LIMIT"),
    ],
)
def test_suiteql_refuses_what_netsuite_refuses(client, statement, page, headers, words):
    answer = client.query(statement, page=page, headers=headers)
    assert answer.status_code == 400
    assert words in answer.json()["o:errorDetails"][0]["detail"]
