"""The emergency check: what can be had, who says so, and how sure that is; by the function, the API and the command."""

import io
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from approvals import clock
from approvals.clock import now
from approvals.models import Alert, EditToken
from inventory.checking.check import StockAnswer, check_stock, look_up
from inventory.models import (
    Balance,
    ExcelUpdate,
    Item,
    Location,
    Order,
    OrderLine,
    Parity,
    StockQuestion,
    Zone,
)
from tests import factories as make
from tests.inventory.workbook_lines import kept_in_excel, says, synced, workbook

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 20, 17, tzinfo=UTC)  # 12:00 in New York
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def at_noon():
    with clock.at(NOON):
        yield


@pytest.fixture
def home() -> Zone:
    return make.zone("A")


@pytest.fixture
def keeper(home: Zone) -> Any:
    person = make.user("cleo", "counter")
    Location.objects.filter(pk=home.location.pk).update(stock_keeper=person)
    home.location.refresh_from_db()
    return person


def tags(home: Zone, on_hand: int = 200) -> Item:
    what = make.stock(on_hand, home=home, code="TBALTAG0363N")
    kept_in_excel(what, home)
    return what


def check(what: Item, home: Zone, quantity: int | None = None) -> StockAnswer:
    asked = None if quantity is None else Decimal(quantity)
    return check_stock(item=what, location=home.location, quantity=asked, by=None)


# -- the figure -----------------------------------------------------------------------------------------------


def test_a_workbook_saved_before_todays_sales_is_not_trusted_blindly(home):
    what = tags(home)
    synced(home, {what.item_code: 200}, as_of=NOON - 3 * HOUR)
    make.move(what, -150, home=home, at=NOON - 2 * HOUR)
    answer = check(what, home, 100)
    assert answer.said == 200, "what the workbook says, shown only"
    assert (answer.quantity, answer.enough) == (50, False)
    assert "Goods moved since then (-150) are taken into account." in answer.reasons
    assert answer.sentence.startswith("No: only 50 each of TBALTAG0363N")


def test_what_is_reserved_cannot_be_had(home):
    what = tags(home)
    Balance.objects.filter(item=what).update(quantity_reserved=30)
    assert check(what, home, 170).enough is True
    answer = check(what, home, 171)
    assert (answer.on_hand, answer.reserved, answer.quantity, answer.enough) == (200, 30, 170, False)


def test_nobody_said_how_many(home):
    answer = check(tags(home), home)
    assert answer.enough is None
    assert answer.sentence == "200 each of TBALTAG0363N can be had at MAIN."


def test_an_item_never_seen_here_is_not_here(home):
    answer = check(make.item("NEW-1"), home, 1)
    assert (answer.quantity, answer.enough, answer.confidence, answer.authority) == (0, False, "low", "count")
    assert answer.question is None


# -- who says so, and how sure that is -------------------------------------------------------------------------


def test_a_matching_workbook_of_today_is_named_and_trusted(home):
    what = tags(home)
    sync = workbook(home, as_of=NOON - 3 * HOUR)
    says(sync, what, 200, expected=200)
    answer = check(what, home, 10)
    assert (answer.authority, answer.document) == ("excel", f"workbook stock.xlsx, sync {sync.pk}")
    assert (answer.as_of, answer.age_seconds, answer.age) == (NOON - 3 * HOUR, 3 * 3600, "3 h ago")
    assert answer.confidence == "high"
    assert answer.question is None


@pytest.mark.parametrize(
    ("more", "confidence"),
    [
        ({"decision": ""}, "medium"),
        ({"decision": "rejected"}, "medium"),
        ({"decision": "approved"}, "high"),
        ({"decision": "guardrail", "classification": "auto_adjust"}, "high"),
        ({"decision": "guardrail", "is_flagged": True}, "medium"),
        ({"decision": "", "classification": "alert"}, "medium"),
    ],
)
def test_a_difference_of_today_counts_as_long_as_it_is_open(home, more, confidence):
    what = tags(home)
    says(workbook(home), what, 230, expected=200, **more)
    assert check(what, home).confidence == confidence


def test_a_synced_workbook_is_trusted_once_its_difference_is_decided(home):
    what = tags(home)
    sync = synced(home, {what.item_code: 250}, as_of=NOON - HOUR)
    answer = check(what, home)
    assert (answer.quantity, answer.said, answer.confidence) == (200, 250, "medium")
    line = sync.lines.get(item=what)
    assert [proposal.action_id for proposal in answer.undecided] == [line.proposed_action_id]
    make.approve(line.proposed_action.envelope, make.approver())
    answer = check(what, home)
    assert (answer.quantity, answer.confidence, answer.undecided) == (250, "high", ())
    assert answer.document == f"workbook, sync {sync.pk}"


def test_an_item_that_came_with_the_workbook_is_as_the_workbook_says(home):
    what = tags(home)
    synced(home, {what.item_code: 200, "NEW-1": 40}, as_of=NOON - HOUR)
    answer = check(Item.objects.get(item_code="NEW-1"), home, 40)
    assert (answer.quantity, answer.enough, answer.authority, answer.confidence) == (40, True, "excel", "high")


def test_sales_not_entered_in_the_workbook_are_taken_off_and_told(home):
    what = tags(home)
    order = Order.objects.create(order_id="SO-1", location=home.location)
    line = OrderLine.objects.create(order=order, line_id="1", item=what, quantity=30, fulfilled=30)
    ExcelUpdate.objects.create(item=what, location=home.location, order_line=line, sold=30, sold_at=NOON - 5 * HOUR)
    make.move(what, -30, home=home, at=NOON - 5 * HOUR)
    synced(home, {what.item_code: 200}, as_of=NOON - HOUR)
    answer = check(what, home)
    assert (answer.quantity, answer.said, answer.confidence) == (170, 200, "high")
    assert "30 sold are not entered in the workbook yet; they are taken off here." in answer.reasons


def test_rows_that_say_nothing_are_passed_over(home):
    what = tags(home)
    old = workbook(home, as_of=NOON - 24 * HOUR, name="monday.xlsx")
    says(old, what, 200, expected=200)
    says(workbook(home, as_of=NOON - HOUR), what, None, classification="missing_there")
    answer = check(what, home)
    assert answer.document == f"workbook monday.xlsx, sync {old.pk}"
    assert answer.question is not None


def test_the_workbook_of_another_location_says_nothing_here(home):
    what = tags(home)
    away = make.zone("B", location="OTHER")
    says(workbook(away), what, 200, expected=200)
    assert look_up(item=what, location=home.location).as_of is None


def test_today_is_today_in_the_warehouse(home):
    """23:30 in New York is tomorrow in UTC already; a workbook of 00:30 UTC is of yesterday evening there."""
    what = tags(home)
    with clock.at(datetime(2026, 11, 21, 4, 30, tzinfo=UTC)):
        says(workbook(home, as_of=datetime(2026, 11, 20, 6, 0, tzinfo=UTC)), what, 200, expected=200)
        assert check(what, home).confidence == "high"
    with clock.at(datetime(2026, 11, 21, 5, 30, tzinfo=UTC)):
        assert check(what, home).confidence == "low"


def test_where_the_count_has_the_word_the_count_is_the_source(home):
    make.ballast(home)
    what = make.stock(100, home=home, cost=1)
    assert check(what, home).confidence == "low"
    with clock.at(NOON - timedelta(days=12)):
        sheet = make.count(home, [(what, 100)], at=now())
    answer = check(what, home)
    assert (answer.authority, answer.document) == ("count", f"count on sheet {sheet.code}")
    assert (answer.age, answer.confidence) == ("12 days ago", "medium")
    make.count(home, [(what, 101)], at=NOON)
    answer = check(what, home)
    assert (answer.quantity, answer.confidence, answer.question) == (101, "high", None)


def test_what_waits_for_a_decision_is_listed_and_lowers_the_confidence(home):
    sheet, what, zone = make.disputed_count()
    kept_in_excel(what, zone)
    says(workbook(zone), what, 142, expected=142)
    answer = check(what, zone)
    action = make.envelope_of(sheet).lines.get()
    assert [(p.action_id, p.title) for p in answer.undecided] == [(action.pk, action.title)]
    assert answer.confidence == "medium"
    make.reject(make.envelope_of(sheet), make.approver())
    answer = check(what, zone)
    assert (answer.undecided, answer.confidence) == ((), "high")


def test_netsuites_opinion_is_shown_only(home):
    what = tags(home)
    Parity.objects.create(
        item=what, location=home.location, our_quantity=200, netsuite_quantity=7, difference=193, state="drift"
    )
    answer = check(what, home, 100)
    assert (answer.quantity, answer.enough) == (200, True)
    assert answer.netsuite.netsuite_quantity == 7


def test_a_check_takes_as_many_queries_whatever_the_history(home):
    what = tags(home)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            look_up(item=what, location=home.location, quantity=Decimal(1))
        return len(captured)

    says(workbook(home, as_of=NOON - HOUR), what, 200, expected=200)
    few = queries()
    for _ in range(15):
        says(workbook(home), what, 200, expected=200)
        make.move(what, -1, home=home)
    assert queries() == few


# -- somebody goes and looks -----------------------------------------------------------------------------------


def test_scenario_3_an_emergency_with_an_old_workbook_sends_a_named_person_to_look(home, keeper, settings):
    settings.STOCK_QUESTION_HOURS = 3
    what = tags(home)
    says(workbook(home, as_of=NOON - 24 * HOUR), what, 200, expected=200)
    answer = check(what, home, 120)
    question = answer.question
    assert (question.assigned_to, question.due_at, question.wanted) == (keeper, NOON + 3 * HOUR, 120)
    assert "is from 19 Nov 2026, not from today" in question.why
    assert "200" not in question.why, "who counts must not be told what to find"
    assert not Alert.objects.exists()


def test_asking_again_finds_the_same_question(home, keeper):
    what = tags(home)
    first, second = check(what, home, 5).question, check(what, home, 9).question
    assert first == second
    assert StockQuestion.objects.count() == 1


def test_looking_up_asks_nobody(home, keeper):
    answer = look_up(item=tags(home), location=home.location)
    assert answer.why_look == "No workbook has said anything about this item yet."
    assert not StockQuestion.objects.exists()


def test_items_of_another_authority_raise_no_question(home, keeper):
    check(make.stock(5, home=home), home)
    assert not StockQuestion.objects.exists()


def test_without_a_stock_keeper_an_alert_says_so_until_one_is_named(home):
    what = tags(home)
    question = check(what, home).question
    assert question.assigned_to is None
    alert = Alert.objects.get()
    assert "Location MAIN has no stock keeper" in alert.message
    assert alert.link == f"/admin/inventory/location/{home.location.pk}/change/"
    check(what, home)
    alert.refresh_from_db()
    assert alert.times_raised == 1
    home.location.stock_keeper = make.user("cleo", "counter")
    home.location.save()
    assert check(what, home).question.assigned_to.username == "cleo"
    alert.refresh_from_db()
    assert alert.resolved_at is not None


# -- the API ---------------------------------------------------------------------------------------------------


def get(path: str, person: Any) -> tuple[int, Any]:
    token = EditToken.issue(user=person, label="test")[1]
    answer = Client().get(f"/api/inventory/{path}", headers={"X-Edit-Token": token})
    return answer.status_code, answer.json()


def test_the_api_answers_with_source_age_and_confidence(home, keeper):
    what = tags(home)
    sync = workbook(home, as_of=NOON - 24 * HOUR)
    says(sync, what, 200, expected=200)
    status, answer = get(f"{what.item_code}/check?quantity=120.5", make.user("machine", "integrator"))
    assert status == 200
    question = StockQuestion.objects.get()
    assert answer | {"reasons": []} == {
        "item_code": "TBALTAG0363N", "location": "MAIN", "unit": "each", "quantity": "200.000", "on_hand": "200.000",
        "reserved": "0.000", "asked": "120.5", "enough": True, "source": "excel",
        "document": f"workbook stock.xlsx, sync {sync.pk}", "as_of": "2026-11-19T17:00:00Z", "age_seconds": 86400,
        "age": "24 h ago", "confidence": "low", "reasons": [], "undecided": [], "netsuite": None,
        "sentence": "Yes: 200 each of TBALTAG0363N can be had at MAIN, 120.5 are wanted.",
        "question": {"id": question.pk, "assigned_to": "cleo", "due_at": "2026-11-20T19:00:00Z", "why": question.why},
    }  # fmt: skip
    assert question.asked_by.username == "machine"
    assert any("1 day old" in reason for reason in answer["reasons"])


def test_a_code_with_a_slash_is_found(home):
    make.stock(5, home=home, code="AB/12 x")
    status, answer = get("AB%2F12%20x/check", make.user("", "integrator"))
    assert (status, answer["item_code"]) == (200, "AB/12 x")


def test_an_unknown_code_is_a_404_with_a_sentence(home):
    status, answer = get("nothing/check", make.user("", "integrator"))
    assert status == 404
    assert answer == {
        "problems": ["Item “nothing” is not in the catalogue. Check the code: case and leading zeros count."]
    }


def test_the_location_is_needed_where_there_are_several(home):
    what = tags(home)
    make.zone("B", location="OTHER")
    by = make.user("", "integrator")
    status, answer = get(f"{what.item_code}/check", by)
    assert (status, answer["problems"]) == (422, ["location: say which. There are: MAIN, OTHER."])
    status, answer = get(f"{what.item_code}/check?location=NOWHERE", by)
    assert (status, answer["problems"]) == (422, ["location: there is no location “NOWHERE”. There are: MAIN, OTHER."])
    assert get(f"{what.item_code}/check?location=OTHER", by)[1]["quantity"] == "0"


def test_who_may_not_see_balances_may_not_check(home):
    what = tags(home)
    status, _ = get(f"{what.item_code}/check", make.user("", "counter"))
    assert status == 403
    assert not StockQuestion.objects.exists()


@pytest.mark.parametrize("quantity", ["-1", "many", "NaN", "1.2345"])
def test_a_quantity_that_is_none_is_refused(home, quantity):
    status, answer = get(f"{tags(home).item_code}/check?quantity={quantity}", make.user("", "integrator"))
    assert status == 422
    assert answer["problems"][0].startswith("quantity: ")


# -- the command -----------------------------------------------------------------------------------------------


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("check_stock", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_answers_in_plain_words(home, keeper):
    what = tags(home)
    said = run(what.item_code, "250")
    assert said.startswith("No: only 200 each of TBALTAG0363N can be had at MAIN, 250 are wanted: 50 short.")
    assert "Confidence: low." in said
    assert f"Question {StockQuestion.objects.get().pk} is open: cleo goes and looks." in said


def test_the_command_prints_what_the_api_answers(home, keeper):
    what = tags(home)
    printed = json.loads(run(what.item_code, "250", "--location", "MAIN", "--json"))
    root = get_user_model().objects.create_user("root", is_superuser=True)
    assert printed == get(f"{what.item_code}/check?quantity=250", root)[1]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("nothing", "1"), "is not in the catalogue"),
        (("TBALTAG0363N", "x"), "“x” is not a quantity"),
        (("TBALTAG0363N", "-1"), "“-1” is not a quantity"),
        (("TBALTAG0363N", "1", "--location", "NOWHERE"), "there is no location “NOWHERE”"),
    ],
)
def test_the_command_refuses_with_a_sentence(home, arguments, sentence):
    tags(home)
    with pytest.raises(CommandError, match=sentence) as refused:
        run(*(("--", *arguments) if "-1" in arguments else arguments))
    assert refused.value.returncode == 2
