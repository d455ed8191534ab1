"""The first page: what waits for whom, whether the house is healthy, and as many queries when full as when not."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from approvals.alerts import raise_alert
from approvals.clock import now
from approvals.models import ProposedAction, TickMark
from inventory.admin.summary import SUMMARY_KEY, zone_key
from inventory.counting.limits import seed_guardrails
from inventory.counting.planning import plan_sheet
from inventory.models import Balance
from netsuite.models import DrainLease, Push
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def ready():
    cache.clear()
    seed_guardrails()


def client_for(*roles: str, person: Any = None) -> Client:
    person = person or make.user("", *roles)
    person.is_staff = True
    person.save()
    client = Client()
    client.force_login(person)
    return client


def dashboard(*roles: str, person: Any = None) -> str:
    """What a reader of the page sees."""
    answer = client_for(*roles, person=person).get(reverse("admin:index"))
    assert answer.status_code == 200
    body = answer.content.decode()
    body = re.sub(r"<(style|script).*?</\1>", " ", body[body.index('class="cs-page"') :], flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


def arrived(*, days_ago: int) -> None:
    """As if the stock had been taken in so long ago."""
    Balance.objects.update(created_at=now() - timedelta(days=days_ago))


def test_an_envelope_waits_for_the_approver_and_its_lines_are_counted():
    sheet, _what, _home = make.disputed_count()
    shown = dashboard("approver")
    assert make.envelope_of(sheet).title in shown
    assert "1 line to decide" in shown


def test_nobody_is_asked_to_decide_a_count_they_took_part_in():
    person = make.user("both", "approver", "counter")
    sheet, _what, _home = make.disputed_count(by=person)
    shown = dashboard(person=person)
    assert make.envelope_of(sheet).title not in shown
    assert "1 more for somebody else: you took part" in shown


def test_a_sign_off_waits_for_a_second_person_only_when_its_turn_has_come():
    sheet, _what, _home = make.disputed_count(cost=500)
    first, second = make.approver("first"), make.approver("second")
    assert "second person" not in dashboard(person=second)
    make.approve(make.envelope_of(sheet), first)
    assert make.sign_off_of(sheet).status == "pending"
    assert "To sign off as second person" in dashboard(person=second)
    assert "To sign off as second person" not in dashboard(person=first)


def test_an_email_draft_waits_once_the_count_is_finished():
    sheet, _what, _home = make.disputed_count()
    make.approve(make.envelope_of(sheet), make.approver())
    assert "E-mail drafts to approve" in dashboard("approver")


def test_a_counter_sees_sheets_and_recounts_and_no_figures():
    sheet, what, home = make.disputed_count()
    make.send_back(sheet, what, make.approver())
    plan_sheet(zone=make.zone("NEXT"), by=make.user())
    TickMark.ticked()
    shown = dashboard("counter")
    assert "1 Recounts to enter" in shown
    assert what.item_code in shown
    assert "1 Sheets to count" in shown
    assert "NEXT" in shown
    for secret in ("Variance", "1,470", "142", "+42", "accuracy", "NetSuite", "on hand"):
        assert secret not in shown


def test_an_envelope_with_nothing_but_an_open_recount_waits_for_the_counter_only():
    sheet, what, _home = make.disputed_count()
    make.send_back(sheet, what, make.approver())
    assert make.envelope_of(sheet).title not in dashboard("approver").split("Recent runs")[0].split("Recounts")[0]


@pytest.mark.parametrize(
    ("minutes", "said"),
    [(None, "The worker has not run yet"), (12, "The worker has been silent for 12 min"), (1, "")],
)
def test_a_silent_worker_shows_in_red(minutes, said):
    if minutes is not None:
        TickMark.objects.create(finished_at=now() - timedelta(minutes=minutes))
    shown = dashboard("approver")
    assert (said in shown) if said else "silent" not in shown


def test_a_halted_drain_says_what_to_check():
    DrainLease.objects.create(
        halt="login", halted_until=now() + timedelta(minutes=30), halted_reason="Check the token in NetSuite."
    )
    shown = dashboard("approver")
    assert "NetSuite refused our login" in shown
    assert "Check the token in NetSuite." in shown


def test_a_push_that_needs_a_person_is_a_banner_and_a_number():
    sheet, _what, _home = make.disputed_count()
    make.approve(make.envelope_of(sheet), make.approver())
    Push.objects.update(status="needs_human")
    shown = dashboard("approver")
    assert "1 push to NetSuite needs a person" in shown


def test_accuracy_is_not_netted():
    home = make.zone()
    make.ballast(home)
    up, down, right = (make.stock(100, home=home, cost=10) for _ in range(3))
    make.count(home, [(up, 150), (down, 50), (right, 100)])
    shown = dashboard("approver")
    assert "33.3 %" in shown
    assert "$1,000.00" in shown
    assert "$0.00" in shown
    assert "1 of 3 first counts" in shown


def test_items_never_counted_are_in_danger_and_missing_capacity_is_said():
    for code in ("A", "B", "C", "D"):
        make.stock(5, home=make.zone(code))
    assert "4 items were never counted" in dashboard("approver")
    arrived(days_ago=40)
    make.set_limit("count_capacity", value_limit=1)
    shown = dashboard("approver")
    assert "MAIN / A the promise was broken on" in shown
    assert "The capacity is not enough" in shown
    make.set_limit("count_capacity", value_limit=9)
    assert "The capacity is not enough" not in dashboard("approver")


def test_a_zone_whose_sheet_is_out_stays_in_danger_until_it_is_counted(django_capture_on_commit_callbacks):
    home = make.zone("LATE")
    what = make.stock(5, home=home)
    arrived(days_ago=40)
    plan_sheet(zone=home, by=make.user())
    shown = dashboard("approver")
    assert "MAIN / LATE the promise was broken on" in shown
    assert "1 overdue zone with a sheet that lies uncounted" in shown
    with django_capture_on_commit_callbacks(execute=True):
        make.count(home, [(what, 5)])
    shown = dashboard("approver")
    assert "promise was broken" not in shown
    assert "never counted" not in shown


def test_the_figures_live_under_the_contracts_keys_and_a_count_throws_them_away(django_capture_on_commit_callbacks):
    home = make.zone()
    what = make.stock(100, home=home, cost=1)
    assert "Nothing was counted in the last 30 days" in dashboard("approver")
    assert cache.get(SUMMARY_KEY) is not None
    client_for("approver").get(reverse("admin:inventory_zone_changelist"))
    assert cache.get(zone_key(home.pk)) is not None
    with django_capture_on_commit_callbacks(execute=True):
        make.count(home, [(what, 100)])
    assert cache.get(SUMMARY_KEY) is None
    assert cache.get(zone_key(home.pk)) is None
    assert "1 of 1 first counts" in dashboard("approver")


def test_an_empty_house_says_what_to_do_next():
    shown = dashboard(person=make.user("boss", superuser=True))
    assert "import your items" in shown
    assert "No run yet" in shown
    assert "No open alerts" in shown


def test_an_alert_shows_with_its_resolve_link_for_those_who_may():
    raise_alert(key="a", severity="critical", message="The freezer is warm.")
    assert "The freezer is warm." in dashboard("auditor")
    assert "Resolve" in dashboard("approver")
    assert "Resolve" not in dashboard("auditor")


def test_the_number_of_queries_does_not_grow():
    person = make.user("busy", "approver", "counter")
    client = client_for(person=person)

    def queries() -> int:
        cache.clear()
        with CaptureQueriesContext(connection) as captured:
            assert client.get(reverse("admin:index")).status_code == 200
        return len(captured)

    def fill(times: int) -> None:
        for _ in range(times):
            sheet, what, _home = make.disputed_count()
            raise_alert(key=f"alert-{sheet.pk}", severity="warning", message="x")
            make.send_back(sheet, what, make.approver())
            make.disputed_count()
            plan_sheet(zone=make.zone(), by=person)

    fill(7)
    queries()
    few = queries()
    fill(12)
    assert ProposedAction.objects.count() > 40
    assert queries() == few
    assert few < 60
