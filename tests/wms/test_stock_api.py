"""What stands now, and a disputed quantity stated by hand."""

from typing import Any

import pytest
from django.test import Client

from approvals.models import AuditEntry, EditToken, ProposedAction
from inventory.models import Balance, ExcelSync, SyncLine
from tests import factories as make
from tests.orders.selling import assert_books_agree, place
from tests.wms.sending import Wms, fed_stock

pytestmark = pytest.mark.django_db


class Program:
    def __init__(self, *roles: str) -> None:
        self.person = make.user("", *roles)
        self.headers = {"X-Edit-Token": EditToken.issue(user=self.person, label="test")[1]}

    def get(self, path: str, **query: Any) -> tuple[int, Any]:
        answer = Client().get(f"/api/inventory/{path}", query, headers=self.headers)
        return answer.status_code, answer.json()

    def dispute(
        self, sku: str, quantity: Any, reason: str = "Recounted with the driver", **more: Any
    ) -> tuple[int, Any]:
        body = {"quantity": quantity, "reason": reason, **more}
        path = f"/api/inventory/{sku}/reconcile"
        answer = Client().post(path, body, content_type="application/json", headers=self.headers)
        return answer.status_code, answer.json()


@pytest.fixture
def home() -> Any:
    return make.zone()


def test_a_source_that_never_spoke_has_no_age(home):
    what = fed_stock(10, home=home, code="A/1")
    status, said = Program("integrator").get(what.item_code)
    assert (status, said["source"], said["as_of"], said["freshness_seconds"]) == (200, "wms", None, None)
    assert said["open_incidents"] == []


def test_after_an_update_it_is_fresh_and_tells_of_the_shortfall(home):
    wms, what, program = Wms(home, "main"), fed_stock(10, home=home, code="A/1"), Program("integrator")
    place(home, (what, 8))
    wms.send(wms.update(3, what, 5))
    status, said = program.get("A/1", location="MAIN")
    assert status == 200
    assert (said["on_hand"], said["reserved"], said["available"]) == ("5.000", "8.000", "-3.000")
    assert (said["source"], said["document"]) == ("wms", "update 3 of main")
    assert 0 <= said["freshness_seconds"] < 60
    assert [incident["shortfall"] for incident in said["open_incidents"]] == ["3.000"]
    assert program.get("A/1/check")[1]["document"] == "update 3 of main"


def test_what_is_not_there_is_said(home):
    what, program = make.item("B-1"), Program("integrator")
    assert program.get("NOBODY")[0] == 404
    assert program.get(what.item_code) == (404, {"problems": ["Item B-1 is not kept at MAIN."]})
    assert program.get(what.item_code, location="NOWHERE")[0] == 422
    assert Program("counter").get(what.item_code)[0] == 403
    assert Client().get("/api/inventory/B-1").status_code == 401


def test_a_small_dispute_posts_at_once_against_the_wms(home):
    make.ballast(home)
    what, boss = fed_stock(1000, home=home, cost=1), Program("approver")
    status, said = boss.dispute(what.item_code, 997)
    assert (status, said["result"], said["difference"], said["action_id"]) == (200, "auto_adjust", "-3.000", None)
    assert make.on_hand(what, home) == 997
    assert Balance.objects.get(item=what).authority == "wms"
    entry = AuditEntry.objects.get(verb="stock.reconciled")
    assert entry.details["reason"] == "Recounted with the driver"
    assert "Recounted with the driver" in SyncLine.objects.get().stated
    assert_books_agree()


def test_a_large_dispute_waits_for_another_person(home):
    what, boss = fed_stock(1000, home=home), Program("approver")
    status, said = boss.dispute(what.item_code, 500)
    assert (status, said["result"]) == (200, "alert")
    assert make.on_hand(what, home) == 1000
    action = ProposedAction.objects.get(pk=said["action_id"])
    assert action.status == "pending"
    with pytest.raises(Exception, match="took part"):
        make.approve(action.envelope, boss.person)
    make.approve(action.envelope, make.approver())
    assert make.on_hand(what, home) == 500
    assert_books_agree()


def test_the_wms_has_the_next_word_again(home):
    make.ballast(home)
    wms, what = Wms(home), fed_stock(1000, home=home, cost=1)
    wms.send(wms.update(1, what, 1000))
    Program("approver").dispute(what.item_code, 995)
    assert wms.told(wms.update(2, what, 996)) == ["applied"]
    assert make.on_hand(what, home) == 996
    assert_books_agree()


def test_a_dispute_is_refused_with_every_reason(home):
    what, boss = fed_stock(10, home=home), Program("approver")
    make.item("B-1")
    status, said = boss.dispute("B-1", 1.5, reason="x" * 150)
    assert status == 422
    assert len(said["problems"]) == 2
    assert boss.dispute(what.item_code, 5, reason="  ")[0] == 422
    assert boss.dispute("NOBODY", 5)[0] == 404
    assert Program("integrator").dispute(what.item_code, 5)[0] == 403
    assert not ExcelSync.objects.exists()
