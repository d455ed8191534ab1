"""Whose word counts: set for many balances at once, with history, and what a count then may no longer do by itself."""

import re
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from approvals.admin import paging
from approvals.models import AuditEntry
from approvals.refusals import Refused
from inventory.counting.comparing import ComparedLine, compare
from inventory.models import AuthorityChange, Balance, Zone
from inventory.stock.authority import set_authority
from tests import factories as make

pytestmark = pytest.mark.django_db
LIST = "admin:inventory_balance_changelist"


def client_of(person: Any) -> Client:
    person.is_staff = True
    person.save()
    client = Client()
    client.force_login(person)
    return client


def text_of(answer: Any) -> str:
    body = re.sub(r"<(style|script).*?</\1>", " ", answer.content.decode(), flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


def authorities() -> list[str]:
    return list(Balance.objects.order_by("pk").values_list("authority", flat=True))


@pytest.fixture
def boss() -> Any:
    return make.approver("boss")


@pytest.fixture
def home() -> Zone:
    return make.zone("A")


# -- the operation --------------------------------------------------------------------------------------------


def test_only_rows_that_change_are_changed_and_remembered(boss, home):
    for _ in range(3):
        make.stock(5, home=home)
    first = Balance.objects.order_by("pk")[0]
    assert set_authority(balances=Balance.objects.filter(pk=first.pk), authority="wms", by=boss, reason="Trial") == 1
    assert set_authority(balances=Balance.objects.all(), authority="wms", by=boss, reason=" WMS is live ") == 2
    assert authorities() == ["wms"] * 3
    newest = list(AuthorityChange.objects.values_list("before", "after", "reason", "changed_by__username"))
    assert newest == [("count", "wms", "WMS is live", "boss")] * 2 + [("count", "wms", "Trial", "boss")]
    entry = AuditEntry.objects.filter(verb="authority.changed").order_by("-number")[0]
    assert entry.details == {"authority": "wms", "balances": 2, "reason": "WMS is live", "before": {"count": 2}}


def test_saying_it_twice_writes_nothing_the_second_time(boss, home):
    make.stock(5, home=home)
    rows = Balance.objects.all()
    assert set_authority(balances=rows, authority="excel", by=boss, reason="Trial") == 1
    assert set_authority(balances=rows, authority="excel", by=boss, reason="Trial") == 0
    assert AuthorityChange.objects.count() == 1
    assert AuditEntry.objects.filter(verb="authority.changed").count() == 1


def test_a_thousand_balances_take_as_many_statements_as_two(boss, home):
    def statements(authority: str, rows: Any) -> int:
        with CaptureQueriesContext(connection) as captured:
            set_authority(balances=rows, authority=authority, by=boss, reason="Trial")
        return len(captured)

    make.stock(5, home=home), make.stock(5, home=home)
    statements("wms", Balance.objects.all())  # the audit trail's first entry also makes its head
    few = statements("excel", Balance.objects.all())
    items = [make.item(cost=1) for _ in range(20)]
    places = [make.zone("X", location=f"W{n}").location for n in range(50)]
    Balance.objects.bulk_create(Balance(item=what, location=place) for what in items for place in places)
    assert statements("wms", Balance.objects.filter(item__item_code__gte="")) == few
    assert set(authorities()) == {"wms"}
    assert AuthorityChange.objects.count() == 4 + 1002


@pytest.mark.parametrize(
    ("authority", "reason", "sentence"),
    [
        ("excel", "  ", "Say why the authority changes"),
        ("oracle", "Trial", "“oracle” is no source of stock figures"),
        ("excel", "x" * 301, "300 are the most"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(boss, home, authority, reason, sentence):
    make.stock(5, home=home)
    with pytest.raises(Refused, match=sentence):
        set_authority(balances=Balance.objects.all(), authority=authority, by=boss, reason=reason)
    assert authorities() == ["count"]


def test_who_may_not_is_refused(home):
    make.stock(5, home=home)
    with pytest.raises(Refused, match="You may not change the authority"):
        set_authority(balances=Balance.objects.all(), authority="excel", by=make.user("cleo", "counter"), reason="Hm")
    assert authorities() == ["count"]


# -- the screens ----------------------------------------------------------------------------------------------


def post(client: Client, rows: Any, *, query: str = "", **more: Any) -> Any:
    form = {"action": "set_authority", "index": "0", "select_across": "0", "_selected_action": list(rows), **more}
    return client.post(reverse(LIST) + query, form)


def apply(client: Client, rows: Any, question: Any, *, query: str = "", **more: Any) -> Any:
    return post(client, rows, query=query, apply="1", seen=question.context["seen"], **more)


def test_the_page_says_how_many_change_and_what_it_means_before_anything_happens(boss, home):
    for _ in range(3):
        make.stock(5, home=home)
    ids = list(Balance.objects.values_list("pk", flat=True))
    set_authority(balances=Balance.objects.filter(pk=ids[0]), authority="excel", by=boss, reason="Trial")
    client = client_of(boss)
    question = post(client, ids)
    shown = text_of(question)
    assert "Whose word counts for 3 balances?" in shown
    assert "A feed that is not the authority is compared and reported, never applied." in shown
    assert "Excel changes 2 of 3" in shown
    assert sorted(authorities()) == ["count", "count", "excel"]
    answer = apply(client, ids, question, authority="excel", reason="The workbook is kept again")
    assert answer.status_code == 302
    assert authorities() == ["excel"] * 3
    assert AuthorityChange.objects.count() == 3


def test_all_matching_rows_are_set_in_as_many_queries_for_many_as_for_few(boss, home):
    client = client_of(boss)

    def queries(authority: str) -> int:
        some = list(Balance.objects.values_list("pk", flat=True)[:1])
        question = post(client, some, select_across="1", query="?location__id__exact=" + str(home.location.pk))
        with CaptureQueriesContext(connection) as captured:
            answer = apply(
                client, some, question, select_across="1", authority=authority, reason="Cut-over",
                query="?location__id__exact=" + str(home.location.pk),
            )  # fmt: skip
            assert answer.status_code == 302, text_of(answer)
        return len(captured)

    other = make.zone("B", location="OTHER")
    make.stock(5, home=other)
    for _ in range(60):
        make.stock(5, home=home)
    queries("wms")
    few = queries("excel")
    items = [make.item(cost=1) for _ in range(200)]
    Balance.objects.bulk_create(Balance(item=what, location=home.location) for what in items)
    assert queries("wms") == few
    assert set(Balance.objects.filter(location=home.location).values_list("authority", flat=True)) == {"wms"}
    assert Balance.objects.get(location=other.location).authority == "count"


def test_the_page_counts_all_of_a_list_that_is_counted_only_so_far(boss, home, monkeypatch):
    monkeypatch.setattr(paging, "MOST_COUNTED", 3)
    for _ in range(6):
        make.stock(5, home=home)
    some = [Balance.objects.all()[0].pk]
    assert "for 6 balances?" in text_of(post(client_of(boss), some, select_across="1"))


def test_a_choice_that_changed_between_page_and_click_is_refused(boss, home):
    make.stock(5, home=home)
    client = client_of(boss)
    some = [Balance.objects.get().pk]
    question = post(client, some, select_across="1")
    make.stock(5, home=home)
    answer = apply(client, some, question, select_across="1", authority="excel", reason="Cut-over")
    assert answer.status_code == 409
    assert "Your choice is 2 balances now" in text_of(answer)
    assert authorities() == ["count"] * 2


def test_without_the_permission_there_is_no_such_action(home):
    make.stock(5, home=home)
    client = client_of(make.user("aud", "auditor"))
    assert "Set authority" not in text_of(client.get(reverse(LIST)))
    post(client, [Balance.objects.get().pk], apply="1", seen="count:1", authority="excel", reason="Hm")
    assert authorities() == ["count"]


def test_an_empty_reason_leaves_the_page_with_a_sentence(boss, home):
    make.stock(5, home=home)
    client = client_of(boss)
    ids = [Balance.objects.get().pk]
    answer = apply(client, ids, post(client, ids), authority="excel", reason="")
    assert "Say why the authority changes" in text_of(answer)
    assert authorities() == ["count"]


def test_the_balance_says_who_and_since_when_and_leads_to_the_history(boss, home):
    make.stock(5, home=home), make.stock(7, home=home)
    one, other = Balance.objects.order_by("pk")
    set_authority(balances=Balance.objects.filter(pk=one.pk), authority="excel", by=boss, reason="Kept by hand")
    set_authority(balances=Balance.objects.filter(pk=other.pk), authority="wms", by=boss, reason="Scanned now")
    client = client_of(make.user("aud", "auditor"))
    page = client.get(reverse("admin:inventory_balance_change", args=[one.pk]))
    shown = text_of(page)
    assert "Excel since" in shown
    assert "Kept by hand" in shown
    history = reverse("admin:inventory_authoritychange_changelist") + f"?balance={one.pk}"
    assert history in page.content.decode()
    listed = text_of(client.get(history))
    assert "Kept by hand" in listed
    assert "Scanned now" not in listed


def test_nobody_edits_the_history_not_even_a_superuser(boss, home):
    make.stock(5, home=home)
    set_authority(balances=Balance.objects.all(), authority="excel", by=boss, reason="Kept by hand")
    client = client_of(make.user("root", superuser=True))
    change = AuthorityChange.objects.get()
    for name in ("change", "delete"):
        client.post(reverse(f"admin:inventory_authoritychange_{name}", args=[change.pk]), {"post": "yes"})
    assert client.get(reverse("admin:inventory_authoritychange_add")).status_code == 403
    change.refresh_from_db()
    assert change.reason == "Kept by hand"


def test_the_list_filters_by_authority(boss, home):
    make.stock(5, home=home, code="PEAR-1"), make.stock(7, home=home, code="PLUM-1")
    rows = Balance.objects.filter(item__item_code="PLUM-1")
    set_authority(balances=rows, authority="excel", by=boss, reason="Kept by hand")
    shown = text_of(client_of(boss).get(reverse(LIST) + "?authority__exact=excel"))
    assert "PLUM-1" in shown
    assert "PEAR-1" not in shown


# -- a count of what another source has the word on ------------------------------------------------------------


@pytest.mark.parametrize(("authority", "name"), [("excel", "Excel"), ("wms", "The WMS")])
def test_a_small_difference_of_an_item_of_another_authority_goes_to_a_human(boss, home, authority, name):
    make.ballast(home)
    ours, theirs = make.stock(100, home=home, cost=1), make.stock(100, home=home, cost=1)
    same = make.stock(50, home=home, cost=1)
    rows = Balance.objects.filter(item__in=[theirs, same])
    set_authority(balances=rows, authority=authority, by=boss, reason="Kept there")
    sheet = make.count(home, [(ours, 101), (theirs, 101), (same, 50)])
    assert make.line_of(sheet, ours).classification == "within_guardrail"
    assert make.line_of(sheet, same).classification == "match"
    line = make.line_of(sheet, theirs)
    assert line.classification == "needs_review"
    assert line.why.startswith(f"{name} is the authority for this item here; approve only if")
    assert make.on_hand(theirs, home) == 100
    make.approve(make.envelope_of(sheet), boss)
    assert make.on_hand(theirs, home) == 101


def test_what_the_line_guardrail_says_is_told_too(boss, home):
    make.ballast(home)
    what = make.stock(100, home=home, cost=10)
    set_authority(balances=Balance.objects.filter(item=what), authority="excel", by=boss, reason="Kept there")
    line = make.line_of(make.count(home, [(what, 150)]), what)
    assert "corrected too. inventory_variance" in line.why
    assert "50 % is more than 2 %" in line.why


def test_the_authority_elsewhere_does_not_matter(boss, home):
    make.ballast(home)
    what = make.stock(100, home=home, cost=1)
    away = make.zone("B", location="OTHER")
    make.move(what, 10, home=away, kind="receipt")
    set_authority(balances=Balance.objects.filter(location=away.location), authority="excel", by=boss, reason="There")
    assert make.line_of(make.count(home, [(what, 101)]), what).classification == "within_guardrail"


def test_comparing_asks_as_many_questions_for_many_lines_as_for_one(boss, home):
    items = [make.stock(100, home=home, cost=1) for _ in range(40)]
    set_authority(balances=Balance.objects.filter(item__in=items[::2]), authority="excel", by=boss, reason="There")
    counted, expected = Decimal(101), Decimal(100)
    lines = [ComparedLine(n, what.pk, counted, expected, what.avg_cost, None) for n, what in enumerate(items)]

    def queries(some: list[ComparedLine]) -> int:
        with CaptureQueriesContext(connection) as captured:
            compare(some, home, {})
        return len(captured)

    queries(lines)  # seeds the guardrails
    assert queries(lines) == queries(lines[:1])
