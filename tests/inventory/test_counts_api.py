"""Counts sent in by a program, variances read by one."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from approvals.clock import now
from approvals.models import AuditEntry, EditToken, ProposedAction, WorkflowRun
from inventory.models import CountLine, CountSheet, Item, Movement, Zone
from tests import factories as make

pytestmark = pytest.mark.django_db
ON_HAND = 98_765  # a number that is nowhere else
TABLES = (AuditEntry, CountLine, CountSheet, Movement, ProposedAction, WorkflowRun)


def token_of(person: Any) -> dict[str, str]:
    return {"X-Edit-Token": EditToken.issue(user=person, label="test")[1]}


@pytest.fixture
def counter() -> Any:
    return make.user("cleo", "counter")


@pytest.fixture
def home() -> Zone:
    home = make.zone("A")
    make.ballast(home)
    for code in ("00012", "00013", "00014"):
        make.stock(ON_HAND, home=home, cost=35, code=code)
    return home


def send(body: Any, headers: dict[str, str], content_type: str = "application/json") -> tuple[int, Any]:
    text = body if isinstance(body, str | bytes) else json.dumps(body)
    answer = Client(enforce_csrf_checks=True).post("/api/counts", text, content_type=content_type, headers=headers)
    return answer.status_code, answer.json()


def body_for(home: Zone, *counts: Any, at: Any = None) -> dict[str, Any]:
    lines = [{"item_code": code, "counted": counted} for code, counted in counts]
    return {"zone_id": home.pk, "counted_at": at or now().isoformat(), "counts": lines}


def rows() -> list[int]:
    return [table.objects.count() for table in TABLES]


# -- in -------------------------------------------------------------------------------------------------------


def test_a_count_is_taken_and_answered_with_its_figures(counter, home):
    body = body_for(home, ("00012", ON_HAND), ("00013", "90000.000"), ("00014", None))
    status, answer = send(body, token_of(counter))
    sheet = CountSheet.objects.get()
    assert status == 201
    assert answer == {
        "sheet_id": sheet.pk,
        "sheet_code": sheet.code,
        "run_id": sheet.run_id,
        "status": "waiting",
        "lines_read": 3,
        "counted": 2,
        "not_counted": 1,
        "warnings": [],
    }
    assert (sheet.source, sheet.counted_by) == ("api", counter)
    not_counted = make.line_of(sheet, Item.objects.get(item_code="00014"))
    assert not_counted.counted is None


def test_the_counter_learns_nothing_that_was_expected(counter, home):
    """The answer to the count, and whatever else a counter can ask for."""
    headers = token_of(counter)
    _, answer = send(body_for(home, ("00012", 90_000), ("00013", ON_HAND - 1)), headers)
    client = Client()
    texts = [json.dumps(answer)]
    for path in (
        f"/api/workflow-runs/{answer['run_id']}",
        "/api/proposed-actions",
        "/api/inventory/variances",
    ):
        reply = client.get(path, headers=headers)
        assert reply.status_code == 403
        texts.append(reply.content.decode())
    told = " ".join(texts).replace(",", "")
    differences = ("8765", "8764", "98765", "98764")
    assert not [number for number in differences if number in told]


def test_an_old_count_is_taken_with_a_warning(counter, home):
    at = (now() - timedelta(hours=30)).isoformat()
    status, answer = send(body_for(home, ("00012", ON_HAND), at=at), token_of(counter))
    assert status == 201
    assert "hours old" in answer["warnings"][0]


def test_a_session_of_the_admin_will_do_with_its_csrf_token(counter, home):
    client = Client(enforce_csrf_checks=True)
    client.force_login(counter)
    body = json.dumps(body_for(home, ("00012", ON_HAND)))
    before = rows()
    refused = client.post("/api/counts", body, content_type="application/json")
    assert refused.status_code == 403
    assert refused.json()["problems"] == [
        "Send the header X-CSRFToken with the value of the cookie csrftoken, or an X-Edit-Token."
    ]
    assert rows() == before
    client.get("/admin/login/")
    token = client.cookies["csrftoken"].value
    taken = client.post("/api/counts", body, content_type="application/json", headers={"X-CSRFToken": token})
    assert taken.status_code == 201


@pytest.mark.parametrize("role", ["auditor", "price viewer", "quote manager"])
def test_who_may_not_count_is_told_so(home, role):
    before = rows()
    status, answer = send(body_for(home, ("00012", 1)), token_of(make.user("anna", role)))
    assert status == 403
    assert answer["problems"] == ["anna has no permission inventory.submit_count. Ask an administrator for the role."]
    assert rows() == before


# -- refused --------------------------------------------------------------------------------------------------


def test_every_problem_is_listed_at_once_and_nothing_is_stored(counter, home):
    Item.objects.filter(item_code="00013").update(allows_fractions=False)
    body = body_for(home, ("00012", 1), ("nothing", 2), ("00013", "1.5"), ("00012", 3), at="2100-01-01T00:00:00Z")
    before = rows()
    status, answer = send(body, token_of(counter))
    assert status == 422
    assert [sentence.split(":")[0] for sentence in answer["problems"]] == [
        "The count is dated 2100-01-01 00",
        "counts[0]",
        "counts[1]",
        "counts[2]",
        "counts[3]",
    ]
    text = " ".join(answer["problems"])
    assert "item 00012 is counted 2 times" in text
    assert "“nothing” is not in the catalogue" in text
    assert "whole units" in text
    assert rows() == before


def test_every_malformed_field_is_listed_at_once_by_its_place(counter, home):
    body = {
        "zone_id": "A",
        "counts": [
            {"item_code": "00012", "counted": -1},
            {"item_code": "", "counted": "many"},
            {"counted": 1},
            7,
        ],
    }
    before = rows()
    status, answer = send(body, token_of(counter))
    assert status == 422
    assert [sentence.split(":")[0] for sentence in answer["problems"]] == [
        "zone_id",
        "counted_at",
        "counts[0].counted",
        "counts[1].item_code",
        "counts[1].counted",
        "counts[2].item_code",
        "counts[3].item_code",
    ]
    assert rows() == before


NOT_NUMBERS = ["NaN", "Infinity", "-Infinity", "true", "[]", "{}", '"a"', '"1,5"']
NOT_QUANTITIES = ["1e309", "-0.001", "1e-9", "0.0005", "1e11", "1" * 14, "9" * 5000]


@pytest.mark.parametrize("written", NOT_NUMBERS + NOT_QUANTITIES, ids=lambda written: written[:20])
def test_a_quantity_that_is_none_is_refused_by_its_place(counter, home, written):
    """Written into the JSON as it stands, since some of it no encoder would produce."""
    template = json.dumps(body_for(home, ("00012", "HERE")))
    before = rows()
    status, answer = send(template.replace('"HERE"', written), token_of(counter))
    assert status == (400 if len(written) == 5000 else 422)
    assert len(answer["problems"]) == 1
    assert rows() == before


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("zone_id", 4711, "zone_id: zone 4711 does not exist."),
        ("zone_id", 0, "zone_id: Input should be greater than or equal to 1."),
        ("zone_id", 2**63, "zone_id: Input should be less than 9223372036854775808."),
        ("zone_id", 10**400, "zone_id: "),
        ("zone_id", None, "zone_id: "),
        (
            "counted_at",
            "2026-11-23T06:30:00",
            "counted_at: say the time zone too, for example 2026-11-23T06:30:00-05:00.",
        ),
        ("counted_at", "yesterday", "counted_at: "),
        ("counted_at", "0001-01-01T00:00:00+14:00", "counted_at: is not in the years 1970 to 2199. Correct the date."),
        ("counted_at", "9999-12-31T23:59:59-12:00", "counted_at: is not in the years 1970 to 2199. Correct the date."),
        ("counted_at", 10**30, "counted_at: "),
        ("counts", [], "counts: List should have at least 1 item after validation, not 0."),
        ("counts", None, "counts: "),
        ("counts", [{"item_code": "00012"}], "Nothing was counted: every line is empty."),
        ("counts", [{"item_code": "0\x0012", "counted": 1}], "counts[0].item_code: contains a NUL character"),
        ("counts", [{"item_code": "\ud800", "counted": 1}], "counts[0].item_code: "),
        ("counts", [{"item_code": "x" * 61, "counted": 1}], "counts[0].item_code: "),
    ],
)  # fmt: skip
def test_a_field_that_makes_no_sense_is_a_sentence_and_stores_nothing(counter, home, field, value, sentence):
    before = rows()
    status, answer = send(body_for(home, ("00012", 1)) | {field: value}, token_of(counter))
    assert status == 422
    assert len(answer["problems"]) == 1
    assert answer["problems"][0].startswith(sentence)
    assert rows() == before


def test_more_than_20000_lines_are_refused_before_any_is_read(counter, home):
    body = body_for(home) | {"counts": [{"item_code": f"{n}", "counted": 1} for n in range(20_001)]}
    before = rows()
    status, answer = send(body, token_of(counter))
    assert status == 422
    assert answer["problems"] == ["counts: List should have at most 20000 items after validation, not 20001."]
    assert rows() == before


def test_more_than_five_megabytes_are_refused(counter, home):
    status, answer = send(b" " * (5 * 1024 * 1024 + 1), token_of(counter))
    assert status == 413
    assert answer["problems"] == ["The body is longer than 5 MB. Send it in several parts: a count zone by zone."]


@pytest.mark.parametrize("body", ["{", "", "null", "[]", '"x"', b"\xff\xfe{}", "[" * 100_000, "zone_id=1"])
def test_a_body_that_is_no_count_is_a_sentence(counter, home, body):
    before = rows()
    status, answer = send(body, token_of(counter))
    assert status in {400, 422}
    assert len(answer["problems"]) >= 1
    assert rows() == before


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "multipart/form-data", ""])
def test_what_is_sent_as_something_else_is_read_as_json_or_refused(counter, home, content_type):
    before = rows()
    for body in ("<count/>", "a=b", "--x\r\n"):
        status, answer = send(body, token_of(counter), content_type)
        assert status == 400
        assert answer["problems"][0].startswith("The body cannot be read as JSON.")
    assert rows() == before


def test_only_post_counts(counter):
    assert Client().get("/api/counts", headers=token_of(counter)).status_code == 405


# -- variances ------------------------------------------------------------------------------------------------


@pytest.fixture
def two_counts() -> list[CountSheet]:
    return [make.disputed_count()[0], make.disputed_count(counted=10, expected=20)[0]]


def variances(person: Any, **query: Any) -> tuple[int, Any]:
    answer = Client().get("/api/inventory/variances", query, headers=token_of(person))
    return answer.status_code, answer.json()


def test_variances_come_newest_first_with_their_figures(two_counts):
    status, found = variances(make.approver())
    assert status == 200
    assert [row["sheet_id"] for row in found] == [two_counts[1].pk, two_counts[0].pk]
    worked = found[1]
    figures = [worked[name] for name in ("counted", "expected", "variance", "variance_value")]
    assert [float(figure) for figure in figures] == [184, 142, 42, 1470]
    assert worked["classification"] == "needs_review"
    assert worked["zone"] == two_counts[0].zone.code


def test_variances_are_narrowed_and_paged(two_counts):
    reader = make.approver()
    older, newer = two_counts
    [line] = CountLine.objects.filter(sheet=newer)
    assert [row["sheet_id"] for row in variances(reader, zone_id=older.zone_id)[1]] == [older.pk]
    assert [row["sheet_id"] for row in variances(reader, item_code=line.item.item_code)[1]] == [newer.pk]
    assert [row["sheet_id"] for row in variances(reader, before_line=line.pk)[1]] == [older.pk]
    assert len(variances(reader, limit=1)[1]) == 1
    later = (now() + timedelta(minutes=1)).isoformat()
    assert variances(reader, since=later) == (200, [])
    naive = datetime(2020, 1, 1).isoformat()  # noqa: DTZ001
    assert len(variances(reader, since=naive)[1]) == 2


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": "9" * 5000}, "limit"),
        ({"zone_id": -(2**63) - 1}, "zone_id"),
        ({"before_line": 2**63}, "before_line"),
        ({"since": "0001-01-01T00:00:00+14:00"}, "since"),
        ({"since": "soon"}, "since"),
        ({"item_code": "a\x00"}, "item_code"),
    ],
)
def test_a_query_that_makes_no_sense_is_a_sentence(two_counts, query, place):
    status, answer = variances(make.approver(), **query)
    assert status == 422
    assert answer["problems"][0].startswith(f"{place}: ")


def test_variances_need_both_permissions():
    status, answer = variances(make.user("ingo", "integrator"))
    assert status == 403
    assert answer["problems"][0].startswith("ingo has no permission inventory.view_variance.")
