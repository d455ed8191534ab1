"""Quotes over the API: drafting stages a proposal only; answers never tell cost or margin."""

import json
from typing import Any

import pytest
from django.test import Client

from approvals.models import EditToken, ProposedAction
from quotes.models import Quote
from tests.factories import user
from tests.quotes import factories as make
from tests.quotes.drafted import approve, district, draft, priced, wishes

pytestmark = pytest.mark.django_db


def call(person: Any, path: str, body: Any = None, **given: Any) -> tuple[int, Any]:
    _, token = EditToken.issue(user=person, label="assistant")
    client, headers = Client(), {"X-Edit-Token": token}
    if body is None:
        answer = client.get(path, given, headers=headers)
    else:
        answer = client.post(path, json.dumps(body), content_type="application/json", headers=headers)
    return answer.status_code, answer.json()


def wish(who: Any, *items: Any, **more: Any) -> dict[str, Any]:
    lines = [item if isinstance(item, dict) else {"item_code": item.item_code} for item in items]
    return {"customer": who.code, "school_year": "2026-27", "items": lines, **more}


@pytest.fixture
def quoter() -> Any:
    return user("quinn", "quoter")


def test_a_draft_is_staged_and_nothing_else(quoter):
    who = district()
    first, second = priced(who, 2)
    override = {"item_code": second.item_code, "quantity": "12.5", "price": "38.5000", "reason": "Their bid"}
    status, answer = call(quoter, "/api/quotes", wish(who, first, override))
    assert (status, answer["status"], answer["lines"], answer["warnings"]) == (201, "pending", 2, [])
    envelope = ProposedAction.objects.get(pk=answer["action_id"])
    assert envelope.action_type == "workflow_customer_quote"
    line = envelope.lines.get().payload["lines"][1]
    assert (line["case_price"], line["quantity"], line["override_reason"]) == ("38.5000", "12.5", "Their bid")
    assert not Quote.objects.exists()


def test_every_problem_at_once(quoter):
    who = make.customer(status="hold")
    items = [{"item_code": "A", "price": "3"}, {"item_code": " "}]
    status, answer = call(quoter, "/api/quotes", wish(who, *items, school_year="2026"))
    said = " ".join(answer["problems"])
    assert status == 422
    for part in ("needs a reason", "write an item code", "Write both years", "on hold"):
        assert part in said
    assert not ProposedAction.objects.exists()


def test_the_body_is_checked_with_the_place_of_each_mistake(quoter):
    body = wish(district(), {"item_code": "A", "quantity": -1, "price": "1.23456"})
    status, answer = call(quoter, "/api/quotes", body)
    assert status == 422
    assert {sentence.split(":")[0] for sentence in answer["problems"]} == {"items[0].quantity", "items[0].price"}


def test_an_open_quote_for_the_same_items_is_named_and_can_be_revised(quoter):
    who = district()
    (item,) = priced(who)
    quote = approve(draft(who, wishes(item)))
    _, answer = call(quoter, "/api/quotes", wish(who, item))
    assert [(one["quote_id"], one["shared_items"]) for one in answer["open_quotes"]] == [(quote.pk, [item.item_code])]
    status, answer = call(quoter, "/api/quotes", wish(who, item, quote_id=quote.pk))
    assert status == 201
    assert ProposedAction.objects.get(pk=answer["action_id"]).lines.get().payload["revises"] == quote.pk


def test_the_margin_floor_is_told_only_to_who_may_see_cost(quoter):
    who = district()
    (item,) = priced(who, price=40, cost="34.01")
    assert call(quoter, "/api/quotes", wish(who, item))[1]["warnings"] == []
    seer = user("maria", "quote manager", "price viewer")
    (warning,) = call(seer, "/api/quotes", wish(who, item))[1]["warnings"]
    assert item.item_code in warning


def test_reading_a_quote_tells_prices_and_never_cost(quoter):
    who = district()
    (item,) = priced(who, price="42.50", cost="31.77")
    quote = approve(draft(who, wishes(item, quantity=4)))
    for person in (quoter, user("maria", "quote manager", "price viewer")):
        status, answer = call(person, f"/api/quotes/{quote.number.lower()}")
        assert status == 200
        assert (answer["number"], answer["status"], answer["total"]) == (quote.number, "approved", "170.00")
        (line,) = answer["lines"]
        assert (line["net_price"], line["quantity"], line["extended"]) == ("42.50", "4", "170.00")
        assert "31.77" not in json.dumps(answer)
        assert not {"cost_basis", "cost_date", "margin"} & set(line)
    assert call(quoter, f"/api/quotes/{quote.number}", revision=2)[0] == 404
    assert call(quoter, "/api/quotes/Q-1999-00001")[0] == 404


def test_without_permission_or_token_nothing_is_drafted_or_read():
    body = wish(district())
    stranger = user("nobody")
    assert call(stranger, "/api/quotes", body)[0] == 403
    assert call(stranger, "/api/quotes/Q-2026-00001")[0] == 403
    assert Client().post("/api/quotes", json.dumps(body), content_type="application/json").status_code == 401
