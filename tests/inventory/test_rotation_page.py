"""The rotation plan: what is due, what a press of the button puts out, and who may press it."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from approvals.clock import now
from approvals.models import ScheduledSlot
from inventory.counting.submission import WORKFLOW
from inventory.models import Balance, CountSheet
from tests import factories as make

pytestmark = pytest.mark.django_db


def client_for(*roles: str) -> Client:
    cache.clear()
    person = make.user("", *roles)
    person.is_staff = True
    person.save()
    client = Client()
    client.force_login(person)
    return client


def text_of(answer: Any) -> str:
    body = re.sub(r"<(style|script).*?</\1>", " ", answer.content.decode(), flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


def plan(*roles: str) -> str:
    return text_of(client_for(*roles).get(reverse("admin:inventory_zone_rotation")))


def test_each_zone_stands_with_its_items_its_oldest_count_and_what_the_plan_says():
    never, fresh = make.zone("NEVER"), make.zone("FRESH")
    make.stock(5, home=never)
    counted = make.stock(5, home=fresh)
    make.count(fresh, [(counted, 5)])
    make.zone("EMPTY")
    shown = plan("approver")
    assert re.search(r"MAIN / NEVER 1 1 never counted .*? Due now", shown)
    assert re.search(r"MAIN / FRESH 1 .*? In time", shown)
    assert re.search(r"MAIN / EMPTY 0 .*? Empty", shown)
    assert "Monday" in shown


def test_too_little_capacity_is_said_and_the_left_over_zones_are_named():
    for code in ("A", "B", "C"):
        make.stock(5, home=make.zone(code))
    Balance.objects.update(created_at=now() - timedelta(days=40))
    make.set_limit("count_capacity", value_limit=1)
    shown = plan("approver")
    assert "promise is in danger" in shown
    assert "Left over now: MAIN / B, MAIN / C" in shown
    assert "Due, left over" in shown


def test_planning_now_puts_out_a_sheet_for_each_chosen_zone_once():
    for code in ("A", "B", "C"):
        make.stock(5, home=make.zone(code))
    make.set_limit("count_capacity", value_limit=2)
    client = client_for("counter")
    path = reverse("admin:inventory_zone_rotation")
    client.get(path)
    assert CountSheet.objects.count() == 0, "looking changes nothing"
    client.post(path, {"plan": "week"})
    assert sorted(CountSheet.objects.values_list("zone__code", flat=True)) == ["A", "B"]


def test_a_sheet_for_one_zone_is_not_doubled():
    home = make.zone("A")
    make.stock(5, home=home)
    client = client_for("counter")
    path = reverse("admin:inventory_zone_rotation")
    for _ in range(2):
        assert client.post(path, {"zone": home.pk}).status_code == 302
    sheet = CountSheet.objects.get()
    assert f"Open sheet {sheet.code}" in text_of(client.get(path))


def test_those_who_do_not_count_cannot_put_sheets_out():
    home = make.zone("A")
    make.stock(5, home=home)
    client = client_for("auditor")
    path = reverse("admin:inventory_zone_rotation")
    assert "Print a sheet" not in text_of(client.get(path))
    assert client.post(path, {"zone": home.pk}).status_code == 403
    assert client_for("quote manager").get(path).status_code == 403
    assert CountSheet.objects.count() == 0


def test_a_counter_does_not_see_accuracy():
    make.stock(5, home=make.zone("A"))
    assert "Accuracy" in plan("approver")
    assert "Accuracy" not in plan("counter")


def test_past_mondays_are_listed_with_what_they_did():
    ScheduledSlot.objects.create(schedule=WORKFLOW, slot_at=now(), status="done", detail="To be counted: MAIN / A.")
    assert "To be counted: MAIN / A." in plan("approver")
