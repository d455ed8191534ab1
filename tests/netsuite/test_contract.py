"""One schema for both sides: what our client really sends and what the simulator really answers keep it.

The script for a real account is held to the same schema in test_restlet_script.py.
"""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from netsuite import configuration, drain
from netsuite.client import Client, client_for
from netsuite.outcomes import Confirmed, Conflict, NotFound, Pong, Rejected
from netsuite.records import AdjustmentLine, Reference, inventory_adjustment, payload_hash
from netsuite.simulator.running import Running
from tests.netsuite.contract import REQUESTS, SCHEMA, answer_problems, problems
from tests.netsuite.simulator_client import RESTLET, ForeignClient, adjustment, line, push_body
from tests.netsuite.stage import adjustment as our_adjustment
from tests.netsuite.stage import enqueue
from tests.netsuite.wire import Wire, tapped


@pytest.fixture
def wire(simulator: Running, settings: Any) -> Iterator[Wire]:
    """Between the client of the settings and the simulator."""
    with tapped(simulator.base_url) as wire:
        settings.NETSUITE_RESTLET_BASE_URL = wire.base_url
        yield wire


def client() -> Client:
    return client_for(configuration.connection(), configuration.timing())


def content(external_id: str, record: dict[str, Any]) -> dict[str, Any]:
    digest = payload_hash(record_type="inventoryadjustment", external_id=external_id, record=record)
    return {
        "record_type": "inventoryadjustment",
        "external_id": external_id,
        "record": record,
        "payload_hash": digest,
    }


def broken(wire: Wire) -> list[str]:
    """Every way in which what went over the wire misses the contract."""
    found = []
    for call in wire.conversations:
        found += problems(REQUESTS[call.op], call.request)
        if call.answer is not None:
            found += answer_problems(call.op, call.status or 0, call.answer)
    return found


def test_the_schema_is_a_schema_and_closed():
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert [path for path in open_objects(schema, "$")] == []


def open_objects(node: Any, path: str) -> Iterator[str]:
    """Objects of the contract that would let an unknown field pass; a condition describes no object."""
    if isinstance(node, list):
        for number, child in enumerate(node):
            yield from open_objects(child, f"{path}[{number}]")
    if not isinstance(node, dict):
        return
    if node.get("type") == "object" and "properties" in node and node.get("additionalProperties") is not False:
        yield path
    for name, child in node.items():
        yield from open_objects(child, f"{path}.{name}")


def test_what_our_client_sends_and_gets_in_a_plain_day(wire, simulator):
    ours = client()
    full = inventory_adjustment(
        tran_date=date(2026, 11, 21),
        memo="Zählung 3 – “A”\n\U0001f4e6",
        account_id="54",
        subsidiary_id="1",
        location=Reference("MAIN", "5"),
        lines=[
            AdjustmentLine(Reference("000123", "101"), Decimal("-3"), Decimal("1"), "timing"),
            AdjustmentLine(Reference("000124"), Decimal("999999999.999"), Decimal("0.00005")),
        ],
    )
    assert isinstance(ours.ping(), Pong)
    assert isinstance(ours.push(**content("CS-IA-1", full)), Confirmed)
    assert isinstance(ours.push(**content("CS-IA-1", full)), Confirmed)
    assert isinstance(ours.push(**content("CS-IA-1", our_adjustment("A"))), Conflict)
    assert isinstance(ours.lookup(**content("CS-IA-1", full)), Confirmed)
    assert isinstance(ours.lookup(**content("CS-IA-2", full)), NotFound)
    simulator.control.seed(periods=[{"date": "2026-11-21", "closed": True}])
    assert isinstance(ours.push(**content("CS-IA-3", full)), Rejected)
    assert [call.op for call in wire.conversations] == ["ping", *["push"] * 3, "lookup", "lookup", "push"]
    assert broken(wire) == []


FAULTS = (
    *("reset_before_commit", "reset_after_commit", "truncated_body", "garbage_html_200", "html_502"),
    *("http_500_before", "http_500_after_commit", "throttle", "http_503", "item_inactivate", "auth_revoke"),
)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_whole_drain_keeps_the_contract_whatever_fails(wire, simulator, later, fault):
    """What the drain sends by itself: pushes, look-ups before a second send, and the answers to them."""
    simulator.control.add_fault(fault, op="push")
    enqueue("CS-IA-1", "A", quantity="-2")
    enqueue("CS-IA-2", "B", "C", quantity="1.5")
    for _ in range(4):
        drain.drain()
        later(400)
    assert {call.op for call in wire.conversations} >= {"push"}
    assert len(wire.conversations) >= (1 if fault == "auth_revoke" else 2)
    assert broken(wire) == []


def test_errors_before_the_script_keep_the_contract(wire, simulator, settings):
    settings.NETSUITE_SCRIPT = "customscript_elsewhere"
    client().ping()
    settings.NETSUITE_SCRIPT, settings.NETSUITE_TOKEN_SECRET = "customscript_countersign_push", "wrong-secret"
    client().ping()
    assert [call.status for call in wire.conversations] == [400, 401]
    assert broken(wire) == []


# ---- What the simulator takes is what the schema takes -----------------------------------------------------------

UNUSED = count(1)
GOOD = adjustment(line("000123", "-3.000", memo="timing"), line("000456", "1.5", unitCost="12.5000", memo=""))
ODD: list[Any] = [
    *(None, True, 0, 1, -1.5, "", " ", "x", "1", "-1", "+1", "0", "-0.000", "1.", ".5", "1e3", "1.2345678"),
    *(
        "123456789012.123",
        "123456789012.1234",
        "1234567890.123456",
        "\u0663",
        "2026-11-21",
        "2026-13-01",
        "inventoryadjustment",
    ),
    *("0" * 64, "A" * 64, "x" * 999, "x" * 1000, "é" * 999, [], [1], {}, {"id": "5"}, {"id": 5}, {"id": ""}),
    *({"name": "MAIN"}, {"itemid": "000123"}, {"id": "5", "name": "MAIN"}, {"id": None}, [{}], [None]),
]


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a document."""
    if path:
        yield path
    if isinstance(node, dict | list):
        for key in node if isinstance(node, dict) else range(len(node)):
            yield from places(node[key], (*path, key))


def change(document: Any, path: tuple[Any, ...], how: Callable[[Any, Any], None]) -> None:
    *way, last = path
    for key in way:
        document = document[key]
    how(document, last)


def put(value: Any) -> Callable[[Any, Any], None]:
    return lambda holder, key: holder.__setitem__(key, value)


def drop(holder: Any, key: Any) -> None:
    del holder[key]


def add_unknown(holder: Any, key: Any) -> None:
    if isinstance(holder[key], dict):
        holder[key]["surprise"] = 1
    else:
        drop(holder, key)


@pytest.fixture
def foreign(simulator: Running) -> ForeignClient:
    return ForeignClient(simulator.base_url)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_the_simulator_takes_a_push_if_and_only_if_the_schema_does(foreign, data):
    """A good push with one or two things changed. Both may be strict about different things only by mistake."""
    record = deepcopy(GOOD)
    for _ in range(data.draw(st.integers(1, 2))):
        path = data.draw(st.sampled_from(sorted(places(record), key=repr)))
        how = data.draw(st.sampled_from([drop, add_unknown, *map(put, ODD)]))
        change(record, path, how)
    body = push_body(f"CS-IA-{next(UNUSED)}", record)
    answer = foreign.call("POST", RESTLET, json=body)
    assert answer_problems("push", answer.status_code, answer.json()) == []
    fits = problems("pushRequest", body)
    assert (answer.json()["outcome"] == "created") is (fits == []), (fits, answer.json()["error"])


NUMBERS = (
    *("1234567890123", "123456789012.123", "123456789012.1234", "123456789.123456", "1234567890.123456", "1.1234567"),
    *(
        "0",
        "-0.000",
        "+0.5",
        "00012.50",
        "1.",
        ".5",
        "1e3",
        "1,5",
        " 1",
        "1 ",
        "\u0663",
        "NaN",
        "--1",
        "",
        None,
        1,
        True,
    ),
)


@pytest.mark.parametrize("number", NUMBERS, ids=repr)
@pytest.mark.parametrize("field", ["adjustQtyBy", "unitCost"])
def test_both_take_the_same_numbers(foreign, field, number):
    body = push_body("CS-IA-1", adjustment(line("000123", "1") | {field: number}))
    answer = foreign.call("POST", RESTLET, json=body).json()
    assert (answer["outcome"] == "created") is (problems("pushRequest", body) == [])


TEXTS = (None, "", " ", "L1", "x" * 999, "x" * 1000, 7, {"id": "1"})
NAMED = (None, "1", {"id": "1"}, {"name": "A-01"}, {"id": 1}, {"id": ""}, {"id": "1", "name": "A-01"}, {"itemid": "1"})


@pytest.mark.parametrize(
    "detail",
    [
        *(None, [], {}, [{}], ["L1"], [None], [{"lot": "L1"}], [{"lot": "L1", "quantity": "2", "surprise": 1}]),
        *([{"lot": "L1", "quantity": quantity}] for quantity in ("2", "+2.000", "0", 2, None, "2e0", "", "2.")),
        *([{"lot": lot, "quantity": "2"}] for lot in TEXTS),
        *([{"lot": "L1", "bin": named, "quantity": "2"}] for named in NAMED),
        *([{"lot": "L1", "status": named, "quantity": "2"}] for named in NAMED),
    ],
    ids=lambda detail: repr(detail)[:60],
)
def test_both_take_the_same_inventory_detail(simulator, foreign, detail):
    """The item has lots where a lot is named and none where not, so that only the form is left to differ."""
    parts = [part for part in detail if isinstance(part, dict)] if isinstance(detail, list) else []
    simulator.control.seed(
        locations=[{"id": "5", "name": "MAIN"}],
        bins=[{"id": "1", "location": "MAIN", "name": "A-01"}],
        inventory_statuses=[{"id": "1", "name": "A-01"}],
        items=[{"itemid": "LOT", "lot": any(part.get("lot") for part in parts)}],
    )
    body = push_body("CS-IA-1", adjustment(line("LOT", "2", detail=detail)))
    answer = foreign.call("POST", RESTLET, json=body)
    assert answer_problems("push", answer.status_code, answer.json()) == []
    fits = problems("pushRequest", body)
    assert (answer.json()["outcome"] == "created") is (fits == []), (fits, answer.json()["error"])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("contract", value) for value in (2, "1", None)],
        *[("recordType", value) for value in ("invoice", "INVENTORYADJUSTMENT", None)],
        *[("externalId", value) for value in ("", "a b", "x" * 65, "a|b", 7)],
        *[("payloadHash", value) for value in ("0" * 63, "G" * 64, None)],
        *[("dryRun", value) for value in ("true", None, 1)],
        ("surprise", 1),
    ],
)
def test_neither_takes_a_wrong_envelope(foreign, name, value):
    body = push_body("CS-IA-1", GOOD) | {name: value}
    assert problems("pushRequest", body)
    answer = foreign.call("POST", RESTLET, json=body).json()
    assert (answer["outcome"], answer["error"]["field"]) == ("rejected", name)
    assert answer_problems("push", 200, answer) == []


def test_a_hash_that_is_not_the_records_is_refused(simulator, foreign):
    answer = foreign.push("CS-IA-1", changed={"payloadHash": "0" * 64})
    assert (answer["outcome"], answer["error"]["field"]) == ("rejected", "payloadHash")
    assert simulator.control.transactions() == []


def test_the_simulators_other_answers_keep_the_contract(foreign):
    made = foreign.push("CS-IA-1", GOOD)
    answers = [
        ("push", foreign.push("CS-IA-2", GOOD, changed={"dryRun": True})),
        ("push", made),
        ("push", foreign.push("cs-ia-1", changed={"payloadHash": made["payloadHash"]})),
        ("push", foreign.push("CS-IA-1")),
        ("lookup", foreign.lookup("cs-ia-1")),
        ("lookup", foreign.lookup("CS-IA-9")),
        ("ping", foreign.ping().json()),
    ]
    assert [answer.get("outcome") for _, answer in answers[:4]] == ["created", "created", "existing", "conflict"]
    assert [problem for op, answer in answers for problem in answer_problems(op, 200, answer)] == []
