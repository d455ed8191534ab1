"""The variance report: its figures, its filters, its files, and who may read it."""

import csv
import io
import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from approvals.clock import now
from inventory.admin.exporting import original_text, safe_cell, safe_text
from inventory.models import CountLine
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def empty_cache():
    cache.clear()


def client_for(*roles: str, person: Any = None) -> Client:
    person = person or make.user("", *roles)
    person.is_staff = True
    person.save()
    client = Client()
    client.force_login(person)
    return client


def address(**query: Any) -> str:
    return reverse("admin:inventory_variance_changelist") + "?" + "&".join(f"{k}={v}" for k, v in query.items())


def shown(client: Client, **query: Any) -> str:
    answer = client.get(address(**query))
    assert answer.status_code == 200
    body = answer.content.decode()
    body = body[body.index('class="cs-page"') :]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", re.sub(r"<style.*?</style>", " ", body, flags=re.S)))


def two_zones() -> Any:
    """North: 100 expected, 150 and 50 and 100 counted at $10. South: one line right."""
    north, south = make.zone("NORTH"), make.zone("SOUTH")
    make.ballast(north)
    up = make.stock(100, home=north, code="UP-1", description="Pears")
    down = make.stock(100, home=north, code="DOWN-1", description="Plums")
    right = make.stock(100, home=north)
    fine = make.stock(7, home=south)
    sheet = make.count(north, [(up, 150), (down, 50), (right, 100)])
    make.count(south, [(fine, 7)])
    return sheet


def test_accuracy_counts_lines_and_nothing_is_netted():
    two_zones()
    page = shown(client_for("approver"))
    assert "Accuracy 50 % 2 of 4 first counts" in page
    assert "Gross variance $1,000.00" in page
    assert "Net variance $0.00" in page
    assert re.search(r"MAIN / NORTH 3 33.3 % \$1,000.00 \$0.00", page)
    assert re.search(r"MAIN / SOUTH 1 100 %", page)


def test_a_recount_does_not_improve_the_accuracy():
    sheet, what, _home = make.disputed_count()
    line = make.send_back(sheet, what, make.approver())
    line.counted, line.counted_at, line.classification, line.variance = Decimal(142), now(), "match", Decimal(0)
    line.save()
    assert "Accuracy 0 % 0 of 1 first counts" in shown(client_for("approver"))


def test_filters_narrow_figures_and_lines_alike():
    sheet = two_zones()
    client = client_for("approver")
    south = shown(client, zone=make.zone("SOUTH").pk)
    assert "Accuracy 100 % 1 of 1" in south
    assert "UP-1" not in south
    pears = shown(client, item="pear")
    assert "UP-1" in pears
    assert "DOWN-1" not in pears
    assert "Gross variance $500.00" in pears
    assert sheet.code in pears


def test_the_period_is_respected():
    two_zones()
    CountLine.objects.update(counted_at=now() - timedelta(days=40))
    client = client_for("approver")
    assert "Nothing was counted" in shown(client)
    assert "Accuracy 50 %" in shown(client, days=90)
    assert "Nothing was counted" in shown(client, days="drop table")


def test_a_line_leads_to_its_sheet():
    sheet = two_zones()
    client = client_for("approver")
    path = reverse("admin:inventory_countsheet_change", args=[sheet.pk])
    assert path in client.get(address()).content.decode()
    line = CountLine.objects.filter(sheet=sheet).first()
    assert client.get(reverse("admin:inventory_variance_change", args=[line.pk])).headers["Location"] == path


def test_the_report_needs_both_permissions():
    assert client_for("counter").get(address()).status_code == 403
    assert client_for("integrator").get(address()).status_code == 403
    half = make.user("half", "counter")
    half.user_permissions.add(Permission.objects.get(codename="view_variance"))
    assert client_for(person=half).get(address()).status_code == 403
    assert client_for(person=half).get(address(export="csv")).status_code == 403
    assert client_for("auditor").get(address()).status_code == 200


def test_without_the_permission_for_cost_there_is_no_money():
    two_zones()
    money = Permission.objects.get(content_type__app_label="inventory", codename="view_cost")
    Group.objects.get(name="auditor").permissions.remove(money)
    client = client_for(person=get_user_model().objects.get(pk=make.user("poor", "auditor").pk))
    page = shown(client)
    assert "UP-1" in page
    assert "$" not in page
    assert "variance_value" not in client.get(address(export="csv")).content.decode()


DANGEROUS = ["=1+1", "+cmd", "-2", "@SUM(A1)", "\tx", "\rx"]


@pytest.mark.parametrize("text", DANGEROUS)
def test_a_text_that_a_spreadsheet_would_compute_is_made_harmless(text):
    assert safe_text(text) == "'" + text
    assert original_text(safe_text(text)) == text


@pytest.mark.parametrize("value", [Decimal("-5"), -5, -5.5, None, True, "12-3", "'quoted"])
def test_numbers_and_harmless_texts_stay_as_they_are(value):
    assert safe_cell(value) == value


def test_the_files_are_escaped_and_keep_numbers_as_numbers():
    home = make.zone()
    make.ballast(home)
    evil = make.stock(100, home=home, code="=HYPERLINK(1)", description="@evil")
    make.count(home, [(evil, 50)])
    client = client_for("approver")
    row = next(csv.DictReader(io.StringIO(client.get(address(export="csv")).content.decode("utf-8-sig"))))
    assert row["item_code"] == "'=HYPERLINK(1)"
    assert row["description"] == "'@evil"
    assert Decimal(row["variance"]) == -50
    book = load_workbook(io.BytesIO(client.get(address(export="xlsx")).content))
    headers, cells = [list(line) for line in book.active.iter_rows()]
    found = {head.value: cell for head, cell in zip(headers, cells, strict=True)}
    assert found["item_code"].value == "'=HYPERLINK(1)"
    assert found["item_code"].data_type == "s"
    assert (found["variance"].value, found["variance"].data_type) == (-50, "n")
    assert found["variance_value"].value == -500


def test_the_export_has_the_lines_of_the_filter_only():
    two_zones()
    text = client_for("approver").get(address(export="csv", item="DOWN")).content.decode()
    assert "DOWN-1" in text
    assert "UP-1" not in text


def test_charts_carry_their_data_and_their_own_options():
    two_zones()
    body = client_for("approver").get(address()).content.decode()
    assert body.count('class="chart"') == 3
    assert body.count("&quot;grouped&quot;: true") == 3


def test_the_number_of_queries_does_not_grow_with_the_lines():
    client = client_for("approver")
    home = make.zone()
    make.ballast(home)

    def fill(lines: int) -> None:
        make.count(home, [(make.stock(100, home=home), 50) for _ in range(lines)])

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(address())
        return len(captured)

    fill(5)
    queries()
    few = queries()
    fill(200)
    assert queries() == few
