"""Decisions and runs over HTTP, as a program sees them: its token, its answers, its refusals."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from approvals.clock import now
from approvals.models import AuditEntry, EditToken, ProposedAction
from inventory.models import CountSheet, Movement
from tests import factories as make

pytestmark = pytest.mark.django_db


class Program:
    """A client that acts by token; answers are (status, content)."""

    def __init__(self, person: Any) -> None:
        self.token, text = EditToken.issue(user=person, label="test")
        self.headers = {"X-Edit-Token": text}
        self.client = Client(enforce_csrf_checks=True)

    def get(self, path: str, **query: Any) -> tuple[int, Any]:
        answer = self.client.get(f"/api{path}", query, headers=self.headers)
        return answer.status_code, answer.json()

    def post(self, path: str, body: Any, **headers: str) -> tuple[int, Any]:
        text = body if isinstance(body, str | bytes) else json.dumps(body)
        answer = self.client.post(f"/api{path}", text, content_type="application/json", headers=self.headers | headers)
        return answer.status_code, answer.json()

    def decide(self, action_id: int, seen: str, verdict: str = "approve", **more: Any) -> tuple[int, Any]:
        return self.post(f"/proposed-actions/{action_id}/{verdict}", {"content_hash": seen, **more})


@pytest.fixture
def approver() -> Program:
    return Program(make.approver("ada"))


@pytest.fixture
def waiting() -> tuple[Any, Any, Any, ProposedAction]:
    """A count of 184 where 142 were expected: the sheet, the item, the zone, the proposal for the line."""
    sheet, what, home = make.disputed_count()
    return sheet, what, home, ProposedAction.objects.get(count_line__sheet=sheet)


def seen_by(program: Program, action_id: int) -> str:
    _, actions = program.get("/proposed-actions")
    return next(action["content_hash"] for action in actions if action["id"] == action_id)


def stored() -> tuple[int, ...]:
    """What a refusal must leave as it was."""
    pending = ProposedAction.objects.filter(status="pending").count()
    return Movement.objects.count(), AuditEntry.objects.count(), CountSheet.objects.count(), pending


# -- who is let in --------------------------------------------------------------------------------------------


def expired(program: Program) -> None:
    EditToken.objects.filter(pk=program.token.pk).update(expires_at=now() - timedelta(seconds=1))


def revoked(program: Program) -> None:
    program.token.revoke()


def person_left(program: Program) -> None:
    program.token.user.is_active = False
    program.token.user.save()


def wrong(program: Program) -> None:
    program.headers = {"X-Edit-Token": "cst_wrong"}


def missing(program: Program) -> None:
    program.headers = {}


PATHS = (
    "/proposed-actions",
    "/workflow-runs/1",
    "/inventory/variances",
)
POSTS = ("/counts", "/proposed-actions/1/approve", "/proposed-actions/1/reject")


@pytest.mark.parametrize("spoil", [missing, wrong, expired, revoked, person_left])
def test_without_a_live_token_every_door_is_closed(approver, spoil):
    spoil(approver)
    answers = [approver.get(path) for path in PATHS] + [approver.post(path, {}) for path in POSTS]
    for status, content in answers:
        assert status == 401
        assert content == {
            "problems": ["Send the header X-Edit-Token with a valid token; issue one in the admin under Edit tokens."]
        }


def test_a_token_that_is_used_says_when(approver):
    approver.get("/proposed-actions")
    approver.token.refresh_from_db()
    assert now() - approver.token.last_used_at < timedelta(minutes=1)


def test_a_role_that_may_not_look_is_told_which_permission_it_lacks(waiting):
    sheet, *_ = waiting
    program = Program(make.user("carl", "counter"))
    for path, permission in (
        ("/proposed-actions", "approvals.view_proposedaction"),
        (f"/workflow-runs/{sheet.run_id}", "approvals.view_workflowrun"),
    ):
        status, content = program.get(path)
        assert status == 403
        assert content["problems"] == [f"carl has no permission {permission}. Ask an administrator for the role."]


def test_a_session_may_look_but_deciding_takes_a_token(waiting):
    *_, action = waiting
    person = make.approver()
    client = Client(enforce_csrf_checks=True)
    client.force_login(person)
    looked = client.get("/api/proposed-actions").json()
    body = json.dumps({"content_hash": next(row["content_hash"] for row in looked if row["id"] == action.pk)})
    path = f"/api/proposed-actions/{action.pk}/approve"
    before = stored()
    assert client.post(path, body, content_type="application/json").status_code == 401
    assert stored() == before


# -- what is answered -----------------------------------------------------------------------------------------


def test_what_waits_is_told_with_its_live_numbers(approver, waiting):
    sheet, what, home, action = waiting
    status, actions = approver.get("/proposed-actions", action_type="inventory_adjustment")
    assert (status, [row["id"] for row in actions]) == (200, [action.pk])
    live = actions[0]["live"]
    assert (live["on_hand"], live["physical_qty"], live["expected"]) == ("142.000", "184.000", "142.000")
    assert (live["variance"], live["line"]) == ("42.000", make.line_of(sheet, what).pk)
    assert Decimal(live["variance_value"]) == 1470
    make.move(what, 1, home=home)
    assert seen_by(approver, action.pk) != actions[0]["content_hash"]


def test_lists_are_narrowed_and_paged(approver):
    runs = [make.disputed_count()[0].run_id for _ in range(3)]
    _, actions = approver.get("/proposed-actions", action_type="inventory_adjustment")
    ids = [row["id"] for row in actions]
    assert ids == sorted(ids)
    assert len(ids) == 3
    _, page = approver.get("/proposed-actions", action_type="inventory_adjustment", after=ids[0], limit=1)
    assert [row["id"] for row in page] == [ids[1]]
    _, of_run = approver.get("/proposed-actions", workflow_run=runs[2])
    assert {row["workflow_run_id"] for row in of_run} == {runs[2]}
    assert approver.get("/proposed-actions", status="rejected") == (200, [])


def test_a_run_is_told_with_its_steps(approver, waiting):
    sheet, *_ = waiting
    status, run = approver.get(f"/workflow-runs/{sheet.run_id}")
    assert (status, run["status"]) == (200, "waiting")
    assert [step["position"] for step in run["steps"]] == list(range(1, 11))
    assert run["steps"][3]["name"] == "hitl_approve"
    assert run["steps"][3]["status"] == "waiting"


def test_what_is_not_there_is_said(approver):
    assert approver.get("/workflow-runs/4711") == (404, {"problems": ["There is no run 4711."]})
    for verdict in ("approve", "reject"):
        answer = approver.decide(4711, "0" * 64, verdict, note="why")
        assert answer == (404, {"problems": ["There is no proposed action 4711."]})


# -- deciding -------------------------------------------------------------------------------------------------


def test_an_approval_posts_and_says_who_and_when(approver, waiting):
    sheet, what, home, action = waiting
    status, decided = approver.decide(action.pk, seen_by(approver, action.pk), note="counted twice")
    assert (status, decided["status"], decided["approved_by"]) == (200, "approved", "ada")
    assert decided["reason_note"] == "counted twice"
    assert decided["content_hash"] == ""
    assert make.on_hand(what, home) == 184
    assert make.run_of(sheet).status == "completed"
    action.refresh_from_db()
    assert action.decided_via == "api"


def test_a_rejection_posts_nothing_and_needs_its_reason(approver, waiting):
    _, what, home, action = waiting
    seen = seen_by(approver, action.pk)
    before = stored()
    for body in ({}, {"note": ""}, {"note": "  \n"}):
        status, content = approver.decide(action.pk, seen, "reject", **body)
        assert status == 422
        assert content["problems"][0].startswith("note: ")
    assert stored() == before
    status, decided = approver.decide(action.pk, seen, "reject", note="Wrong shelf")
    assert (status, decided["status"]) == (200, "rejected")
    assert make.on_hand(what, home) == 142


def test_the_second_of_two_is_told_who_was_first_and_when(approver, waiting):
    *_, action = waiting
    seen = seen_by(approver, action.pk)
    approver.decide(action.pk, seen)
    action.refresh_from_db()
    before = stored()
    status, content = Program(make.approver("ben")).decide(action.pk, seen, "reject", note="No")
    assert status == 409
    assert content["problems"] == [
        f"“{action.title}” was already approved by ada at {action.decided_at:%Y-%m-%d %H:%M:%S} UTC."
    ]
    assert stored() == before


def test_changed_numbers_refuse_with_the_new_hash_which_then_decides(approver, waiting):
    _, what, home, action = waiting
    seen = seen_by(approver, action.pk)
    make.move(what, -2, home=home)
    before = stored()
    status, content = approver.decide(action.pk, seen)
    assert status == 409
    assert "numbers changed since you looked" in content["problems"][0]
    assert "on hand 142" in content["problems"][1]
    assert "→ 140.000" in content["problems"][1]
    assert content["content_hash"] == seen_by(approver, action.pk) != seen
    assert stored() == before
    assert approver.decide(action.pk, content["content_hash"])[0] == 200


def test_who_counted_cannot_decide_by_token_either():
    person = make.user("cleo", "counter", "approver")
    _, what, home = make.disputed_count(by=person)
    action = ProposedAction.objects.get(action_type="inventory_adjustment")
    program = Program(person)
    before = stored()
    for verdict in ("approve", "reject"):
        status, content = program.decide(action.pk, seen_by(program, action.pk), verdict, note="mine")
        assert status == 403
        assert content["problems"] == ["cleo took part in this, so somebody else must decide it."]
    assert stored() == before
    assert make.on_hand(what, home) == 142


def test_without_the_approver_role_nothing_is_decided(waiting):
    *_, action = waiting
    before = stored()
    status, content = Program(make.user("ingo", "integrator")).decide(action.pk, make.seen(action))
    assert status == 403
    assert content["problems"] == ["ingo may not decide proposed actions. Ask an administrator for the approver role."]
    assert stored() == before


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"content_hash": "abc"},
        {"content_hash": "Z" * 64},
        {"content_hash": None},
        {"content_hash": "0" * 64, "note": "x" * 2001},
        {"content_hash": "0" * 64, "note": "a\x00b"},
        {"content_hash": "0" * 64, "note": 7},
        [],
        "null",
        '"text"',
    ],
)
def test_a_decision_that_is_none_is_refused_and_changes_nothing(approver, waiting, body):
    *_, action = waiting
    before = stored()
    status, content = approver.post(f"/proposed-actions/{action.pk}/approve", body)
    assert status == 422
    assert content["problems"]
    assert all(sentence.endswith(".") for sentence in content["problems"])
    assert stored() == before


@pytest.mark.parametrize(
    "number", ["0", "-1", str(2**63), "9" * 5000, "1.5", "one", "1e3"], ids=lambda number: number[:20]
)
def test_a_number_that_is_no_id_is_a_sentence(approver, number):
    for status, content in (
        approver.get(f"/workflow-runs/{number}"),
        approver.decide(number, "0" * 64),
        approver.get("/proposed-actions", workflow_run=number),
    ):
        assert status == 422
        assert len(content["problems"]) == 1


def test_every_query_that_makes_no_sense_is_a_sentence(approver):
    status, content = approver.get("/proposed-actions", status="maybe", limit=501, after=-1, action_type="a\x00")
    assert status == 422
    places = [sentence.split(":")[0] for sentence in content["problems"]]
    assert sorted(places) == ["action_type", "after", "limit", "status"]


@pytest.mark.parametrize("body", ["{", b"\xff\xfe", "[" * 100_000, '{"content_hash": ' + "9" * 5000 + "}"])
def test_a_body_that_is_no_json_is_a_sentence(approver, waiting, body):
    *_, action = waiting
    status, content = approver.post(f"/proposed-actions/{action.pk}/approve", body)
    assert status == 400
    assert content["problems"][0].startswith("The body cannot be read as JSON.")
