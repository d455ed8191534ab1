"""The script a customer deploys, run by Node against stand-ins of NetSuite's modules (tests/netsuite/restlet)."""

import json
import os
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from hypothesis import given, settings
from hypothesis import strategies as st

from netsuite.records import AdjustmentLine, Reference, inventory_adjustment, payload_hash, quantity_sum
from netsuite.simulator.running import running_simulator
from tests.netsuite.contract import REQUESTS, answer_problems, problems
from tests.netsuite.simulator_client import (
    CUSTOM,
    RESTLET,
    ForeignClient,
    adjustment,
    estimate,
    estimate_line,
    line,
    push_body,
    quote_body,
)

pytestmark = pytest.mark.slow

HERE = Path(__file__).resolve().parent / "restlet"
SCRIPT = HERE.parents[2] / "docs" / "netsuite" / "restlet" / "countersign_push.js"


def node(*arguments: str | Path, **given: Any) -> subprocess.CompletedProcess[str]:
    program = shutil.which("node")
    assert program, "Node is missing: .ci/system_packages.sh test"
    return subprocess.run([program, *arguments], capture_output=True, text=True, timeout=120, **given)


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The script's own tests, and every exchange they had with it."""
    kept = tmp_path_factory.mktemp("restlet") / "records.jsonl"
    done = node("--test", *sorted(HERE.glob("*.test.cjs")), env=os.environ | {"CONTRACT_RECORDS": str(kept)})
    assert done.returncode == 0, done.stdout
    return [json.loads(text) for text in kept.read_text(encoding="utf-8").split("\n") if text]


def test_its_own_tests_pass(records):
    outcomes = Counter(record["answer"].get("outcome") for record in records if record["op"] == "push")
    assert set(outcomes) >= {"created", "existing", "conflict", "rejected"}
    assert {record["op"] for record in records} >= {"ping", "lookup", "push"}


def test_every_answer_it_gave_keeps_the_contract(records):
    found = [
        (record, problem)
        for record in records
        for problem in answer_problems(record["op"], record["status"], record["answer"])
    ]
    assert found == []


def test_what_it_took_keeps_the_contract_too(records):
    """Nothing outside the contract is written: whatever came to a record fits the schema of a push."""
    taken = [record for record in records if record["answer"].get("outcome") == "created"]
    assert len(taken) > 15
    assert [problem for record in taken for problem in problems("pushRequest", record["request"])] == []


def calls(*lines: dict[str, Any]) -> list[dict[str, Any]]:
    """One account, these calls in turn."""
    done = node(HERE / "answer_lines.cjs", input="".join(json.dumps(line) + "\n" for line in lines))
    assert done.returncode == 0, done.stderr
    return [json.loads(text) for text in done.stdout.split("\n") if text]


SEED: dict[str, Any] = {
    "locations": [
        {"id": "5", "name": "MAIN"},
        {"id": "6", "name": "CLOSED", "inactive": True},
        {"id": "7", "name": "ABROAD", "subsidiary": "9"},
        {"id": "8", "name": "SHELVES"},
    ],
    "bins": [
        {"id": "70", "location": "SHELVES", "name": "A-01"},
        {"id": "71", "location": "ABROAD", "name": "A-01"},
    ],
    "inventory_statuses": [{"id": "1", "name": "Good"}, {"id": "2", "name": "Hold", "inactive": True}],
    "items": [
        {"id": "101", "itemid": "000123", "average_cost": "2.50", "prices": {"1": "20", "5": "18.5"}},
        {"id": "102", "itemid": "OLD", "inactive": True},
        {"id": "103", "itemid": "LOT", "lot": True},
        {"id": "104", "itemid": "SERVICE", "itemtype": "NonInvtPart"},
        {"id": "108", "itemid": "000456", "average_cost": "1"},
        {"id": "109", "itemid": "SERIAL", "serial": True, "use_bins": True},
    ],
    "subsidiaries": [{"id": "9", "name": "Elsewhere"}],
    "periods": [{"date": "2026-01-15", "closed": True}],
    "price_levels": [{"id": "5", "name": "Contract"}, {"id": "6", "name": "Old", "inactive": True}],
    "customers": [
        {"id": "900", "entityid": "LAKESIDE", "price_level": "5"},
        {"id": "901", "entityid": "GONE", "inactive": True},
    ],
}
CASES: list[tuple[Any, dict[str, Any]]] = [
    (adjustment(), {}),
    (adjustment(line("000123", "-3.000"), line("000456", "1.5", unitCost="12.5000")), {}),
    (adjustment(line("000123", "0.000125") | {"item": {"id": "101"}, "location": {"id": "5"}}), {}),
    (adjustment(line("000123", "+2") | {"location": None}), {}),
    (adjustment(account={"id": "54"}, subsidiary={"id": "1"}, memo=None), {}),
    (adjustment(), {"dryRun": True}),
    (adjustment(line("nothing", "1")), {"dryRun": True}),
    (adjustment(), {"payloadHash": "0" * 64}),
    (adjustment(), {"surprise": 1}),
    (adjustment(), {"contract": 2}),
    (adjustment(), {"recordType": "invoice"}),
    (adjustment(), {"externalId": "a b"}),
    (adjustment(), {"payloadHash": None}),
    (adjustment(), {"dryRun": "yes"}),
    ([], {}),
    (adjustment(colour="red"), {}),
    (adjustment(line("000123", "1"), line("000123", "1", amount="1")), {}),
    (adjustment(line("000123", "1"), line("nothing", "1")), {}),
    (adjustment(line("OLD", "1")), {}),
    (adjustment(line("LOT", "1")), {}),
    (adjustment(line("SERVICE", "1")), {}),
    (adjustment(line("000123", "1") | {"location": {"name": "ATTIC"}}), {}),
    (adjustment(line("000123", "1") | {"location": {"name": "CLOSED"}}), {}),
    (adjustment(line("000123", "1") | {"location": {"name": "ABROAD"}}), {}),
    (adjustment(line("000123", "1") | {"location": None}, adjLocation=None), {}),
    (adjustment(line("000123", "1") | {"item": None}), {}),
    (adjustment(line("000123", "1") | {"item": {"id": "101", "itemid": "000123"}}), {}),
    (adjustment(line("000123", "1") | {"item": {"id": 101}}), {}),
    (adjustment(line("000123", "0.000")), {}),
    (adjustment(line("000123", "1e3")), {}),
    (adjustment(line("000123", "\u0663")), {}),
    (adjustment(line("000123", "1234567890123.5")), {}),
    (adjustment(line("000123", "1", unitCost="-1")), {}),
    (adjustment(line("000123", "1", unitCost="1,5")), {}),
    (adjustment(line("000123", "-1", unitCost="1")), {}),
    (adjustment(line("000123", "1", memo="x" * 1000)), {}),
    (adjustment(lines=[]), {}),
    (adjustment(lines=["text"]), {}),
    (adjustment(tranDate=None), {}),
    (adjustment(tranDate="11/21/2026"), {}),
    (adjustment(tranDate="2026-02-30"), {}),
    (adjustment(tranDate="2026-01-31"), {}),
    (adjustment(account={"id": "12"}), {}),
    (adjustment(account={"name": "Adjustments"}), {}),
    (adjustment(subsidiary={"id": "77"}), {}),
]
ON_A_SHELF = {"location": {"name": "SHELVES"}}
PLACED = {"bin": {"name": "A-01"}, "status": {"name": "Good"}}
CASES += [
    (adjustment(line("000123", "1"), line(item, quantity, detail=detail) | more), {})
    for item, quantity, detail, more in (
        ("LOT", "5", [{"lot": "L1", "quantity": "3"}, {"lot": "L2", "quantity": "2.0"}], {}),
        ("LOT", "-2", [{"lot": "L1", "quantity": "-2"}], {}),
        ("LOT", "-2", [{"lot": "L1", "quantity": "-2"}], {}),
        ("LOT", "-1", [{"lot": "L9", "quantity": "-1"}], {}),
        ("LOT", "1", [{"lot": "L1", "quantity": "2"}], {}),
        ("LOT", "1", [{"lot": "L1", "quantity": "2"}, {"lot": "L2", "quantity": "-1"}], {}),
        ("LOT", "1", [{"quantity": "1"}], {}),
        ("LOT", "1", [{"lot": "", "quantity": "1"}], {}),
        ("LOT", "1", [{"lot": "L1"}], {}),
        ("LOT", "1", [{"lot": "L1", "lotId": "1", "quantity": "1"}], {}),
        ("LOT", "1", [], {}),
        ("LOT", "1", ["L1"], {}),
        ("LOT", "1", {"lot": "L1", "quantity": "1"}, {}),
        ("LOT", "1", None, {}),
        ("SERIAL", "1", [{"lot": "S1", "quantity": "1", **PLACED}], ON_A_SHELF),
        ("SERIAL", "1", [{"lot": "S1", "quantity": "1", **PLACED}], ON_A_SHELF),
        ("SERIAL", "-1", [{"lot": "S1", "quantity": "-1", "bin": {"id": "70"}}], ON_A_SHELF),
        ("SERIAL", "2", [{"lot": "S2", "quantity": "2", **PLACED}], ON_A_SHELF),
        ("000123", "1", [{"lot": "L1", "quantity": "1"}], {}),
        ("000123", "1", [{"quantity": "1", "status": {"id": "1"}}], {}),
        ("000123", "1", [{"quantity": "1", "status": {"name": "Hold"}}], {}),
        ("000123", "1", [{"quantity": "1", "bin": {"name": "A-01"}}], {}),
        ("000123", "1", [{"quantity": "1", "bin": "70"}], {}),
    )
]
QUOTES: list[dict[str, Any]] = [
    estimate(),
    estimate(estimate_line("000123", "2"), estimate_line("SERVICE", "3", rate="2.335", priceLevel=CUSTOM)),
    estimate(estimate_line("000123", "2", priceLevel={"name": "Base Price"}), dueDate=None, title=None),
    estimate(estimate_line("000123", "0.5", rate="0")),
    estimate(entity=None),
    estimate(entity={"id": "900"}),
    estimate(entity={"entityid": "GONE"}),
    estimate(entity={"entityid": "NOBODY"}),
    estimate(entity={"name": "LAKESIDE"}),
    estimate(dueDate="31.12.2026"),
    estimate(expectedCloseDate="2026-02-30"),
    estimate(tranDate=None),
    estimate(total="1.00"),
    estimate(title="x" * 1000),
    estimate(lines=[]),
    estimate(estimate_line("000123", "0", rate="1")),
    estimate(estimate_line("000123", "1"), estimate_line("000123", "-1", rate="1")),
    estimate(estimate_line("000123", "1", rate="-1")),
    estimate(estimate_line("000123", "1", rate=1)),
    estimate(estimate_line("000123", "1", amount="1")),
    estimate(estimate_line("000123", "1", priceLevel=CUSTOM)),
    estimate(estimate_line("000123", "1", rate="1", priceLevel={"id": "1"})),
    estimate(estimate_line("000123", "1", priceLevel={"name": "Old"})),
    estimate(estimate_line("nothing", "1", rate="1")),
    estimate(estimate_line("OLD", "1", rate="1")),
    estimate(estimate_line("000123", "1", rate="1") | {"item": None}),
    estimate(estimate_line("000123", "1", rate="1", description="x" * 1000)),
]
# NetSuite finds these while saving and names no field.
FOUND_WHILE_SAVING = {"TRAN_PERIOD_CLOSED", "INVALID_TRANS_SUB_LOC", "INVALID_ADJUSTMENT_ACCT"}
FOUND_WHILE_SAVING |= {"INVALID_SERIAL_OR_LOT_NUMBER"}


def gist(answer: dict[str, Any]) -> tuple[Any, ...]:
    """What two implementations of the contract must agree on."""
    error = answer["error"] or {}
    place = () if error.get("code") in FOUND_WHILE_SAVING else (error.get("field"), error.get("line"))
    names = ("lineCount", "quantitySum", "subtotal")
    figures = tuple(answer[name] for name in names) if answer["outcome"] != "rejected" else ()
    return (answer["outcome"], error.get("code"), *place, *figures)


def found(answer: dict[str, Any]) -> tuple[Any, ...]:
    names = ("found", "matches", "payloadHash", "lineCount", "quantitySum", "subtotal", "total")
    return tuple(answer.get(name) for name in names)


def test_script_and_simulator_answer_alike():
    """Each push twice, then another content under the same id, to both; then a look-up of each."""
    bodies = [push_body(f"CS-IA-{number}", record) | changed for number, (record, changed) in enumerate(CASES)]
    sent = [body for body in bodies for _ in (1, 2)]
    quotes = [quote_body(f"CS-QT-{number}", record) for number, record in enumerate(QUOTES)]
    sent += [body for body in quotes for _ in (1, 2)]
    other = [push_body(f"CS-IA-{number}", adjustment(memo="other")) for number in range(3)]
    sent += other
    asked = [
        {"op": "lookup", "recordtype": "inventoryadjustment", "externalid": f"cs-ia-{n}"} for n in range(len(CASES))
    ]
    asked += [{"op": "lookup", "recordtype": "estimate", "externalid": f"CS-QT-{n}"} for n in range(len(QUOTES))]
    account = {"closedMonths": ["2026-01"], "parameters": {"custscript_countersign_accounts": "54 12"}}
    posts = [{"method": "POST", "body": body} for body in sent]
    scripted = calls({"account": account}, *posts, *({"method": "GET", "query": query} for query in asked))
    with running_simulator(strict=True) as simulator:
        simulator.control.seed(**SEED)
        client = ForeignClient(simulator.base_url)
        simulated = [client.call("POST", RESTLET, json=body).json() for body in sent]
        looked_up = [client.lookup(query["externalid"], query["recordtype"]) for query in asked]
    differences = [
        (body, gist(ours["answer"]), gist(theirs))
        for body, ours, theirs in zip(sent, scripted[: len(sent)], simulated, strict=True)
        if gist(ours["answer"]) != gist(theirs)
    ]
    assert differences == []
    assert len({gist(answer) for answer in simulated}) > 40
    described = [reply["answer"] for reply in scripted[len(sent) :]]
    assert [found(answer) for answer in described] == [found(answer) for answer in looked_up]
    assert {answer["found"] for answer in looked_up} == {True, False}


quantities = st.decimals(min_value=-999_999, max_value=999_999, places=3).filter(bool)
costs = st.none() | st.decimals(min_value=0, max_value=99_999, places=4)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@st.composite
def records_of_ours(draw: st.DrawFn) -> dict[str, Any]:
    rows = draw(st.lists(st.tuples(quantities, costs, texts), min_size=1, max_size=6))
    return inventory_adjustment(
        tran_date=draw(st.dates()),
        memo=draw(texts),
        account_id="",
        subsidiary_id="",
        location=Reference("MAIN"),
        lines=[AdjustmentLine(Reference("000123"), *row) for row in rows],
    )


@settings(max_examples=5, deadline=None)
@given(st.lists(records_of_ours(), min_size=20, max_size=40))
def test_whatever_our_client_builds_hashes_and_adds_up_in_the_script(built):
    bodies = []
    for number, record in enumerate(built):
        content = {"recordType": "inventoryadjustment", "externalId": f"CS-IA-{number}", "record": record}
        digest = payload_hash(record_type="inventoryadjustment", external_id=f"CS-IA-{number}", record=record)
        bodies.append({"op": "push", "contract": 1, "payloadHash": digest, "dryRun": False, **content})
    assert [problem for body in bodies for problem in problems(REQUESTS["push"], body)] == []
    answers = [reply["answer"] for reply in calls(*({"method": "POST", "body": body} for body in bodies))]
    assert [answer["outcome"] for answer in answers] == ["created"] * len(built)
    assert [answer["warnings"] for answer in answers] == [[]] * len(built)
    assert [answer["quantitySum"] for answer in answers] == [f"{quantity_sum(record):.3f}" for record in built]


def test_it_has_no_way_to_change_delete_or_send():
    """What its head promises an auditor, by the modules it loads and the entry points it returns."""
    text = SCRIPT.read_text(encoding="utf-8")
    modules = set(json.loads(text.split("define(", 1)[1].split("]", 1)[0].replace("'", '"') + "]"))
    assert modules == {f"N/{name}" for name in ("crypto", "encode", "error", "log", "query", "record", "runtime")}
    assert "return { get, post };" in text
    assert not {"submitFields", "record.delete", "record.transform", "record.copy", "eval("} & {
        word for word in ("submitFields", "record.delete", "record.transform", "record.copy", "eval(") if word in text
    }


def test_the_installation_names_every_id_the_script_and_the_settings_use():
    text, page = SCRIPT.read_text(encoding="utf-8"), (SCRIPT.parent / "INSTALL.md").read_text(encoding="utf-8")
    ids = set(re.findall(r"'(cust(?:body|script)_\w+)'", text))
    assert len(ids) == 3
    ids |= {django_settings.NETSUITE_SCRIPT, django_settings.NETSUITE_DEPLOY}
    assert sorted(name for name in ids if name not in page) == []
    units = re.findall(r"A push uses about (\d+) of", page)
    assert [calls({"method": "POST", "body": push_body("CS-IA-1", adjustment())})[0]["answer"]["usage"]] == [
        int(units[0])
    ]


def test_it_is_a_script_of_version_2_1_with_the_contract_the_simulator_has():
    text = SCRIPT.read_text(encoding="utf-8")
    assert "@NApiVersion 2.1" in text
    assert "@NScriptType Restlet" in text
    with running_simulator() as simulator:
        pong = ForeignClient(simulator.base_url).ping().json()
    assert f"const CONTRACT = {pong['contract']};" in text
    assert f"const VERSION = '{pong['version']}';" in text
