"""Questions to a person who goes and looks: asked once, answered once, told of when late, blind."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import QuerySet
from django.test import Client
from django.urls import reverse

from approvals import clock, watching
from approvals.clock import now
from approvals.models import Alert, AuditEntry
from approvals.refusals import Refused
from approvals.ticking import tick
from inventory.checking.check import check_stock
from inventory.checking.handing_over import hand_over
from inventory.checking.questions import QuestionClosed, answer_question, cancel_question
from inventory.models import ExcelSync, Item, Location, StockQuestion, Zone
from tests import factories as make
from tests.inventory.test_races import at_once
from tests.inventory.workbook_lines import kept_in_excel, says, workbook

pytestmark = pytest.mark.django_db
ON_HAND = 98_765  # a number that is nowhere else


def alerts() -> QuerySet[Alert]:
    """Without the morning's question for a workbook, which is not theirs."""
    return Alert.objects.exclude(key__startswith="no-workbook-")


@pytest.fixture
def home() -> Zone:
    return make.zone("A")


@pytest.fixture
def keeper(home: Zone) -> Any:
    person = make.user("cleo", "counter")
    Location.objects.filter(pk=home.location.pk).update(stock_keeper=person)
    home.location.refresh_from_db()
    return person


def tags(home: Zone, code: str = "TAG-1", **fields: Any) -> Item:
    what = make.stock(ON_HAND, home=home, code=code, **fields)
    kept_in_excel(what, home)
    return what


def asked(home: Zone, code: str = "TAG-1", **fields: Any) -> Any:
    return check_stock(item=tags(home, code, **fields), location=home.location, by=None).question


def client_of(person: Any) -> Client:
    person.is_staff = True
    person.save()
    client = Client()
    client.force_login(person)
    return client


def text_of(answer: Any) -> str:
    body = re.sub(r"<(style|script).*?</\1>", " ", answer.content.decode(), flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


def page(question: StockQuestion, name: str = "change") -> str:
    return reverse(f"admin:inventory_stockquestion_{name}", args=[question.pk])


# -- answering ------------------------------------------------------------------------------------------------


def test_an_answer_is_kept_with_who_and_when(home, keeper):
    question = asked(home)
    answered = answer_question(question=question, found=Decimal(12), by=keeper, note=" behind the door ")
    assert (answered.status, answered.found, answered.answered_by) == ("answered", 12, keeper)
    assert answered.note == "behind the door"
    assert now() - answered.answered_at < timedelta(minutes=1)
    verbs = list(AuditEntry.objects.filter(verb__startswith="stock_question").values_list("verb", flat=True))
    assert sorted(verbs) == ["stock_question.answered", "stock_question.asked"]


def test_a_double_click_answers_once_and_another_answer_is_told_who_was_first(home, keeper):
    question = asked(home)
    first = answer_question(question=question, found=Decimal(12), by=keeper)
    at = first.answered_at
    again = answer_question(question=StockQuestion.objects.get(), found=Decimal(12), by=keeper)
    assert again.answered_at == at
    with pytest.raises(QuestionClosed, match="cleo answered this already, at"):
        answer_question(question=StockQuestion.objects.get(), found=Decimal(13), by=make.approver("ada"))
    assert StockQuestion.objects.get().found == 12
    assert AuditEntry.objects.filter(verb="stock_question.answered").count() == 1


def test_the_named_person_needs_no_permission_and_a_stranger_may_not_answer(home):
    named = make.user("nobody-else")
    home.location.stock_keeper = named
    home.location.save()
    question = asked(home)
    with pytest.raises(Refused, match="given to somebody else"):
        answer_question(question=question, found=Decimal(1), by=make.user("aud", "auditor"))
    assert answer_question(question=question, found=Decimal(1), by=named).found == 1


@pytest.mark.parametrize(
    ("found", "sentence"), [("-1", "zero or more"), ("1.5", "whole units"), ("1e11", "ten digits"), ("NaN", "says NaN")]
)
def test_what_cannot_be_counted_is_refused(home, keeper, found, sentence):
    question = asked(home)
    with pytest.raises(Refused, match=sentence):
        answer_question(question=question, found=Decimal(found), by=keeper)
    assert StockQuestion.objects.get().status == "open"


def test_cancelling_needs_a_note_and_ends_it(home, keeper):
    question = asked(home)
    with pytest.raises(Refused, match="Say why"):
        cancel_question(question=question, by=keeper, note="  ")
    cancel_question(question=question, by=keeper, note="The customer went away")
    with pytest.raises(QuestionClosed, match="cancelled in the meantime: The customer went away"):
        answer_question(question=StockQuestion.objects.get(), found=Decimal(1), by=keeper)


def test_an_answer_is_taken_over_by_the_tiers_of_the_sync_and_nobody_is_asked_again(home, keeper):
    make.ballast(home)
    what = tags(home)
    question = check_stock(item=what, location=home.location, by=None).question
    answered = answer_question(question=question, found=Decimal(ON_HAND - 5), by=keeper)
    assert answered.sync.source == "answer"
    assert make.on_hand(what, home) == ON_HAND - 5
    answer = check_stock(item=what, location=home.location, by=None)
    assert (answer.document, answer.confidence) == (f"answer of cleo, sync {answered.sync.pk}", "high")
    assert answer.question is None


def test_a_large_difference_found_goes_to_a_person_who_did_not_find_it(home, keeper):
    what = tags(home)
    question = check_stock(item=what, location=home.location, by=None).question
    answered = answer_question(question=question, found=Decimal(12), by=keeper)
    assert make.on_hand(what, home) == ON_HAND
    answer = check_stock(item=what, location=home.location, by=None)
    assert (answer.confidence, len(answer.undecided), answer.question) == ("medium", 1, None)
    assert answered.sync.run.proposed_actions.filter(participants=keeper).exists()


def test_an_answer_left_behind_by_a_crash_is_handed_over_by_the_tick_once(home, keeper):
    make.ballast(home)
    what = tags(home)
    question = check_stock(item=what, location=home.location, by=None).question
    said = {"found": ON_HAND - 5, "answered_by": keeper, "answered_at": now()}
    StockQuestion.objects.filter(pk=question.pk).update(status="answered", **said)
    tick()
    assert not ExcelSync.objects.exists(), "perhaps somebody is just about to"
    with clock.at(now() + timedelta(minutes=3)):
        tick(), tick()
    question.refresh_from_db()
    assert question.sync == ExcelSync.objects.get()
    assert make.on_hand(what, home) == ON_HAND - 5


def test_an_answer_the_sync_refuses_is_kept_and_told_of_once(home, keeper):
    question = asked(home)
    later = now() + timedelta(days=1)
    said = {"found": 5, "answered_by": keeper, "answered_at": later}
    StockQuestion.objects.filter(pk=question.pk).update(status="answered", **said)
    question.refresh_from_db()
    hand_over(question)
    alert = alerts().get()
    assert "How many TAG-1 are at MAIN?” was not taken over: " in alert.message
    with clock.at(later + timedelta(minutes=3)):
        tick()
    alert.refresh_from_db()
    assert (alert.times_raised, ExcelSync.objects.count()) == (1, 0)
    assert StockQuestion.objects.get().found == 5


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_checks_at_once_open_one_question():
    home = make.zone("A")
    for number in range(5):
        what = tags(home, f"TAG-{number}")
        ends = at_once(*[lambda: check_stock(item=what, location=home.location, by=None)] * 4)  # noqa: B023
        assert not [end for end in ends if isinstance(end, Exception)], ends
        assert len({end.question.pk for end in ends}) == 1
        assert StockQuestion.objects.filter(item=what).count() == 1


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_of_two_answers_at_once_one_wins():
    home = make.zone("A")
    ada, bob = make.approver("ada"), make.approver("bob")
    question = asked(home)

    def saying(found: int, by: Any) -> Any:
        mine = StockQuestion.objects.get(pk=question.pk)
        return lambda: answer_question(question=mine, found=Decimal(found), by=by)

    ends = at_once(saying(1, ada), saying(2, bob))
    assert sorted(type(end).__name__ for end in ends) == ["QuestionClosed", "StockQuestion"]
    assert AuditEntry.objects.filter(verb="stock_question.answered").count() == 1


# -- told of when late ----------------------------------------------------------------------------------------


def test_a_late_question_is_told_of_once_and_no_more_when_answered(home, keeper):
    question = asked(home)
    tick()
    assert not alerts().exists()
    with clock.at(question.due_at + timedelta(minutes=1)):
        tick(), tick()
        alert = alerts().get()
        assert "How many TAG-1 are at MAIN? Asked of cleo and not answered by" in alert.message
        assert (alert.times_raised, alert.link) == (1, page(question))
        answer_question(question=question, found=Decimal(12), by=keeper)
        alert.refresh_from_db()
        assert alert.resolved_at is not None
        tick()
        assert not alerts().filter(key=alert.key, resolved_at=None).exists()


def test_a_stock_keeper_named_later_gets_what_was_given_to_nobody(home):
    question = asked(home)
    assert alerts().filter(resolved_at=None).count() == 1
    home.location.stock_keeper = make.user("cleo", "counter")
    home.location.save()
    tick()
    question.refresh_from_db()
    assert question.assigned_to.username == "cleo"
    assert not alerts().filter(resolved_at=None).exists()


def test_who_resolved_the_alert_is_not_told_again(home, keeper):
    question = asked(home)
    with clock.at(question.due_at + timedelta(minutes=1)):
        tick()
        alerts().update(resolved_at=now())
        tick()
        assert alerts().count() == 1


def test_a_watcher_that_fails_is_told_of_and_keeps_nobody_waiting(home, keeper, monkeypatch):
    def broken() -> None:
        raise ValueError("out of order")

    question = asked(home)
    watchers = {"broken": broken, **watching._WATCHERS}
    monkeypatch.setattr(watching, "_WATCHERS", watchers)
    with clock.at(question.due_at + timedelta(minutes=1)):
        tick()
        assert set(alerts().values_list("key", flat=True)) == {"watcher-broken", f"stock-question-{question.pk}"}
        watchers["broken"] = lambda: None
        tick()
        assert alerts().get(key="watcher-broken").resolved_at is not None


# -- the screens ----------------------------------------------------------------------------------------------


def test_the_page_takes_an_answer_from_a_counter(home, keeper):
    question = asked(home)
    client = client_of(keeper)
    assert "How many are there?" in text_of(client.get(page(question)))
    answer = client.post(page(question), {"found": "12", "note": "shelf 3"}, follow=True)
    shown = text_of(answer)
    assert "Kept: 12 each of TAG-1." in shown
    assert "12 by cleo" in shown
    assert StockQuestion.objects.get().note == "shelf 3"
    assert client.post(page(question), {"found": "12", "note": "shelf 3"}).status_code == 302


@pytest.mark.parametrize(
    ("typed", "sentence"), [("", "Nothing was typed."), ("a dozen", "is not a quantity"), ("1.5", "whole units")]
)
def test_what_is_no_quantity_leaves_the_page_with_a_sentence(home, keeper, typed, sentence):
    question = asked(home)
    answer = client_of(keeper).post(page(question), {"found": typed, "note": "kept"})
    assert sentence in text_of(answer)
    assert "kept" in answer.content.decode()
    assert StockQuestion.objects.get().status == "open"


def test_who_goes_and_looks_is_told_no_quantity_to_find(home, keeper):
    what = tags(home)
    says(workbook(home, as_of=now() - timedelta(days=2)), what, ON_HAND, expected=ON_HAND)
    question: Any = check_stock(item=what, location=home.location, quantity=Decimal(7), by=None).question
    client = client_of(keeper)
    for path in (page(question), reverse("admin:inventory_stockquestion_changelist"), reverse("admin:index")):
        body = client.get(path).content.decode()
        assert "TAG-1" in body
        assert not re.search("98,?765", body)
    assert client.get(reverse("admin:inventory_item_check_stock", args=[what.pk])).status_code == 403


def test_an_auditor_sees_and_cannot_answer(home, keeper):
    question = asked(home)
    client = client_of(make.user("aud", "auditor"))
    assert "That is how many there are" not in text_of(client.get(page(question)))
    client.post(page(question), {"found": "12"})
    assert client.post(page(question, "cancel"), {"reason": "No"}).status_code == 403
    assert StockQuestion.objects.get().status == "open"


def test_who_has_no_business_with_it_gets_nothing(home, keeper):
    question = asked(home)
    client = client_of(make.user("quoter", "quote manager"))
    assert client.get(page(question)).status_code == 403
    assert client.get(reverse("admin:inventory_stockquestion_changelist")).status_code == 403


def test_the_named_person_opens_the_page_without_any_role(home):
    home.location.stock_keeper = make.user("nobody-else")
    home.location.save()
    question = asked(home)
    client = client_of(home.location.stock_keeper)
    assert client.get(page(question)).status_code == 200
    assert "How many TAG-1 are at MAIN?" in text_of(client.get(reverse("admin:index")))
    assert client.post(page(question), {"found": "3"}).status_code == 302


def test_the_list_has_mine_first_and_late_ones_in_red(home, keeper):
    other = make.zone("B", location="OTHER")
    other.location.stock_keeper = make.approver("ada")
    other.location.save()
    with clock.at(now() - timedelta(hours=5)):
        hers = asked(other, "HERS-1")
    mine = asked(home, "MINE-1")
    body = client_of(keeper).get(reverse("admin:inventory_stockquestion_changelist")).content.decode()
    assert body.index("MINE-1") < body.index("HERS-1")
    assert re.search(r"text-red[^>]*>\s*3 h overdue", body)
    answer_question(question=mine, found=Decimal(1), by=keeper)
    body = client_of(keeper).get(reverse("admin:inventory_stockquestion_changelist")).content.decode()
    assert body.index("HERS-1") < body.index("MINE-1"), "what is closed comes last"
    assert hers.status == "open"


def test_the_dashboard_shows_mine_and_those_given_to_nobody(home, keeper):
    asked(home, "MINE-1")
    asked(make.zone("B", location="OTHER"), "NOBODYS-1")
    away = make.zone("C", location="AWAY")
    away.location.stock_keeper = make.approver("ada")
    away.location.save()
    asked(away, "HERS-1")
    shown = text_of(client_of(keeper).get(reverse("admin:index")))
    assert "2 To go and look" in shown
    assert "HERS-1" not in shown


def test_cancelling_on_the_page_asks_for_a_reason(home, keeper):
    question = asked(home)
    client = client_of(keeper)
    assert "Say why" in text_of(client.post(page(question, "cancel"), {"reason": ""}))
    client.post(page(question, "cancel"), {"reason": "Found the workbook"})
    assert StockQuestion.objects.get().status == "cancelled"


# -- the check's page -----------------------------------------------------------------------------------------


def test_opening_the_checks_page_asks_nobody_and_the_button_does(home, keeper):
    what = tags(home)
    client = client_of(make.approver("ada"))
    path = reverse("admin:inventory_item_check_stock", args=[what.pk])
    shown = text_of(client.get(path, {"quantity": "100000"}))
    assert "No: only 98,765 each of TAG-1 can be had at MAIN, 100,000 are wanted: 1,235 short." in shown
    assert "Low confidence" in shown
    assert "Ask cleo to go and look" in shown
    assert not StockQuestion.objects.exists()
    shown = text_of(client.post(path, {"location": "MAIN", "quantity": "100000"}, follow=True))
    assert "cleo is asked to go and look." in shown
    question = StockQuestion.objects.get()
    assert (question.wanted, question.asked_by.username) == (100_000, "ada")


def test_the_item_and_the_balance_lead_to_the_check(home):
    what = tags(home)
    away = make.zone("B", location="OTHER")
    make.move(what, 5, home=away, kind="receipt")
    client = client_of(make.approver("ada"))
    path = reverse("admin:inventory_item_check_stock", args=[what.pk])
    assert path in client.get(reverse("admin:inventory_item_change", args=[what.pk])).content.decode()
    balance = what.balances.get(location=away.location)
    button = reverse("admin:inventory_balance_check_stock", args=[balance.pk])
    assert button in client.get(reverse("admin:inventory_balance_change", args=[balance.pk])).content.decode()
    shown = text_of(client.get(button, follow=True))
    assert "5 each of TAG-1 can be had at OTHER." in shown


@pytest.mark.parametrize(
    ("query", "sentence"),
    [({"quantity": "lots"}, "“lots” is not a quantity"), ({"location": "X"}, "there is no location “X”")],
)
def test_the_checks_page_says_what_is_wrong(home, query, sentence):
    what = tags(home)
    path = reverse("admin:inventory_item_check_stock", args=[what.pk])
    assert sentence in text_of(client_of(make.approver("ada")).get(path, query))
