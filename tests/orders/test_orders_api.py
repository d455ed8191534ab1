"""Orders over HTTP: sent once or twice, the stock is promised once; every refusal is a list of sentences."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from approvals.models import AuditEntry, EditToken, Event
from inventory.models import Item, Movement, Order, OrderLine
from tests import factories as make
from tests.orders import selling

pytestmark = pytest.mark.django_db
TABLES = (AuditEntry, Event, Movement, Order, OrderLine)


class Shop:
    def __init__(self, person: Any) -> None:
        self.headers = {"X-Edit-Token": EditToken.issue(user=person, label="test")[1]}
        self.client = Client(enforce_csrf_checks=True)

    def get(self, path: str) -> tuple[int, Any]:
        answer = self.client.get(f"/api{path}", headers=self.headers)
        return answer.status_code, answer.json()

    def post(self, path: str, body: Any) -> tuple[int, Any]:
        answer = self.client.post(f"/api{path}", json.dumps(body), "application/json", headers=self.headers)
        return answer.status_code, answer.json()


@pytest.fixture
def shop() -> Shop:
    return Shop(make.user("shop", "integrator"))


@pytest.fixture
def home() -> Any:
    return make.zone()


@pytest.fixture
def crate(home) -> Item:
    return make.stock(10, home=home, code="0012", unit="case")


def order(*lines: tuple[str, str, Any], order_id: str = "A-1", **more: Any) -> dict[str, Any]:
    said = [{"line_id": line_id, "item_code": code, "quantity": amount} for line_id, code, amount in lines]
    return {"order_id": order_id, "location": "MAIN", "lines": said, **more}


def rows() -> list[int]:
    return [table.objects.count() for table in TABLES]


def test_an_order_is_201_first_and_200_when_it_is_sent_again(shop, home, crate):
    body = order(("1", "0012", "4"), customer="Westside")
    status, first = shop.post("/orders", body)
    assert status == 201
    line = first["lines"][0]
    assert (first["status"], first["warnings"], first["location"]) == ("open", [], "MAIN")
    assert (line["item_code"], line["quantity"], line["reserved"]) == ("0012", "4.000", "4.000")
    before = rows()
    status, again = shop.post("/orders", body)
    assert status == 200
    assert again == first
    assert rows() == before
    assert selling.stock_of(crate, home) == (10, 4, 6)
    assert shop.get("/orders/A-1") == (200, first)


def test_another_quantity_for_a_known_line_is_409_naming_both(shop, home, crate):
    shop.post("/orders", order(("1", "0012", 4)))
    before = rows()
    status, answer = shop.post("/orders", order(("1", "0012", 5)))
    assert status == 409
    assert answer["problems"] == [
        "Line 1 of order A-1 is 4 of 0012 already, and 5 of 0012 is said now. Send it as it was, or under a new id."
    ]
    assert rows() == before


def test_an_order_that_cannot_be_is_422_with_every_problem(shop, home, crate):
    before = rows()
    status, answer = shop.post("/orders", order(("1", "0012", 11), ("2", "NOPE", 1), ("3", "0012", "0.5")))
    assert status == 422
    assert [problem.split(":")[0] for problem in answer["problems"]] == ["Line 2", "Line 3", "Item 0012 at MAIN"]
    assert shop.post("/orders", order(("1", "0012", 1), location="MOON"))[0] == 422
    assert shop.post("/orders", order(*[(str(n), "0012", 1) for n in range(501)]))[0] == 422
    assert rows() == before


def test_new_lines_of_a_known_order_are_promised(shop, home, crate):
    shop.post("/orders", order(("1", "0012", 4)))
    status, answer = shop.post("/orders", order(("2", "0012", 3)))
    assert (status, len(answer["lines"])) == (200, 2)
    assert selling.stock_of(crate, home) == (10, 7, 3)


def test_fulfilling_twice_ships_once(shop, home, crate):
    shop.post("/orders", order(("1", "0012", 4)))
    so_far = {"lines": [{"line_id": "1", "fulfilled": 3}]}
    for _ in range(2):
        status, answer = shop.post("/orders/A-1/fulfil", so_far)
        assert (status, answer["status"], answer["lines"][0]["fulfilled"]) == (200, "open", "3.000")
        assert selling.stock_of(crate, home) == (7, 1, 6)
    for _ in range(2):
        status, answer = shop.post("/orders/A-1/fulfil", {})
        assert (status, answer["status"]) == (200, "fulfilled")
        assert answer["closed_at"]
        assert selling.stock_of(crate, home) == (6, 0, 6)


def test_too_much_is_422_and_what_is_over_is_409(shop, home, crate):
    shop.post("/orders", order(("1", "0012", 4)))
    status, answer = shop.post("/orders/A-1/fulfil", {"lines": [{"line_id": "1", "fulfilled": 5}]})
    assert status == 422
    assert "5 of 0012 is more than the order's 4" in answer["problems"][0]
    twice = {"lines": [{"line_id": "1", "fulfilled": 1}, {"line_id": "1", "fulfilled": 2}]}
    assert shop.post("/orders/A-1/fulfil", twice)[0] == 422
    assert shop.post("/orders/A-1/cancel", {"lines": ["7"]})[0] == 422
    status, answer = shop.post("/orders/A-1/cancel", {})
    assert (status, answer["status"], answer["lines"][0]["cancelled"]) == (200, "cancelled", "4.000")
    assert shop.post("/orders/A-1/cancel", {"lines": ["1"]})[0] == 200
    assert shop.post("/orders/A-1/fulfil", {})[0] == 409
    assert selling.stock_of(crate, home) == (10, 0, 10)


def test_an_order_nobody_placed_is_404(shop):
    for answer in (shop.get("/orders/NO"), shop.post("/orders/NO/fulfil", {}), shop.post("/orders/NO/cancel", {})):
        assert answer == (404, {"problems": ["There is no order NO."]})


@pytest.mark.parametrize("role", [group for group in ("counter", "auditor", "price viewer", "quote manager")])
def test_who_may_not_process_orders_is_refused(home, crate, role):
    assert Group.objects.filter(name=role).exists()
    selling.place(home, (crate, 1), order_id="A-1")
    before = rows()
    person = make.user("", role)
    shop = Shop(person)
    before = rows()
    for path, body in (("", order(("1", "0012", 1), order_id="B")), ("/A-1/fulfil", {}), ("/A-1/cancel", {})):
        status, answer = shop.post(f"/orders{path}", body)
        assert (status, len(answer["problems"])) == (403, 1)
    assert shop.get("/orders/A-1")[0] == (200 if role == "auditor" else 403)
    assert rows() == before


@pytest.mark.parametrize("role", ["integrator", "order desk", "approver"])
def test_who_may_process_orders(home, crate, role):
    shop = Shop(make.user("", role))
    assert shop.post("/orders", order(("1", "0012", 1)))[0] == 201
    assert shop.post("/orders/A-1/fulfil", {})[0] == 200
    assert shop.get("/orders/A-1")[0] == 200


def test_without_a_token_nothing_is_told(crate):
    assert Client().get("/api/orders/A-1").status_code == 401
    assert Client().post("/api/orders", "{}", "application/json").status_code == 401
