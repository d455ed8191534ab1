"""The list with its missed days, the page one enters from, the workbook, the pile on the first page."""

from datetime import date
from io import BytesIO

import pytest
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from approvals.clock import at
from approvals.schedules import run_due_slots
from inventory.day_end.reporting import make_report
from inventory.models import DayEndReport, ExcelUpdate
from tests import factories as make
from tests.day_end.conftest import local
from tests.day_end.finding import found, synced

pytestmark = pytest.mark.django_db
LIST = "admin:inventory_dayendreport_changelist"
MONDAY = date(2026, 11, 23)


def client_of(*roles, superuser=False):
    person = make.user("", *roles, superuser=superuser)
    person.is_staff = True
    person.save()
    client = Client()
    client.force_login(person)
    return client


def address(name, report):
    return reverse(f"admin:inventory_dayendreport_{name}", args=[report.pk])


def text_of(client, where):
    with at(local(11, 24, 9)):
        answer = client.get(where)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def report(shop):
    label, tag = shop.keeps("L-1", 1000, description="Label"), shop.keeps("T-1", 250)
    shop.sells(local(11, 23, 9), (label, 200), (tag, 5))
    found(synced(shop.location), shop.keeps("D-1", 250), "review", 300, 250)
    with at(local(11, 23, 17)):
        return make_report(business_date=MONDAY, location=shop.location)


def test_an_empty_list_says_what_to_do(db):
    text = text_of(client_of("approver"), reverse(LIST))
    assert "The first report is made at 17:00" in text
    assert "set the authority of its balances to Excel" in text


def test_the_list_tells_how_much_waits(report, django_assert_max_num_queries):
    client = client_of("counter")
    text = text_of(client, reverse(LIST))
    assert "Mon Nov 23, 2026" in text
    assert "2 of 2" in text
    client.post(address("enter", report), {"item": ["L-1"]})
    assert "1 of 2" in text_of(client, reverse(LIST))
    with at(local(11, 24, 9)), django_assert_max_num_queries(25):
        client.get(reverse(LIST))


def test_the_page_says_it_all(report):
    text = text_of(client_of("approver"), address("change", report))
    for said in ("Mon Nov 23, 2026, MAIN", "L-1", "1000", "200", "800", "I have entered these in Excel"):
        assert said in text
    assert "Excel says 300, the system 250. Please verify the physical stock." in text
    assert reverse("admin:approvals_proposedaction_change", args=[report.email_id]) in text


def test_all_ticked_items_are_entered_and_one_is_taken_back(report):
    client = client_of("counter")
    answer = client.post(address("enter", report), {"item": ["L-1", "T-1"]}, follow=True)
    assert "2 items are marked as entered in Excel." in answer.content.decode()
    assert "I have entered these" not in answer.content.decode()
    answer = client.post(address("not_entered", report), {"item": ["T-1"]}, follow=True)
    assert "1 item is waiting to be entered again." in answer.content.decode()
    statuses = dict(ExcelUpdate.objects.values_list("item__item_code", "status"))
    assert statuses == {"L-1": "entered", "T-1": "pending"}


def test_nothing_ticked_is_told(report):
    answer = client_of("counter").post(address("enter", report), {}, follow=True)
    assert "Tick at least one item of the report." in answer.content.decode()


@pytest.mark.parametrize("role", ["auditor", "quote manager", "price viewer"])
def test_the_buttons_are_refused_to_others(report, role):
    client = client_of(role)
    for name in ("enter", "not_entered"):
        assert client.post(address(name, report), {"item": ["L-1"]}).status_code == 403
    make_it = reverse("admin:inventory_dayendreport_make", args=["2026-11-20", report.location_id])
    assert client.get(make_it).status_code == client.post(make_it).status_code == 403
    if role == "auditor":
        assert "I have entered these" not in text_of(client, address("change", report))
    else:
        assert client.get(address("workbook", report)).status_code == 403
        assert client.get(address("change", report)).status_code == 403
    assert DayEndReport.objects.count() == 1
    assert not ExcelUpdate.objects.exclude(status="pending").exists()


def test_a_button_is_a_post(report):
    client = client_of(superuser=True)
    assert client.get(address("enter", report)).status_code == 405
    assert client.post(address("change", report), {"orders_processed": 9}).status_code in {200, 403}
    report.refresh_from_db()
    assert report.orders_processed == 1


def test_the_workbook_is_downloaded(report):
    answer = client_of("counter").get(address("workbook", report))
    assert answer["Content-Disposition"] == 'attachment; filename="end-of-day-2026-11-23-main.xlsx"'
    sheet = load_workbook(BytesIO(answer.content)).worksheets[0]
    cells = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    assert cells == [["L-1", "Label", 1000, 200, 800], ["T-1", None, 250, 5, 245]]


def test_a_missed_day_is_made_with_a_button(report):
    client = client_of("approver")
    with at(local(11, 25, 9)):
        listed = client.get(reverse(LIST)).content.decode()
        make_it = reverse("admin:inventory_dayendreport_make", args=["2026-11-24", report.location_id])
        assert "Business days without a report" in listed
        assert make_it in listed
        asked = client.get(make_it).content.decode()
        assert "The items to enter, their quantities and the discrepancies are of now" in asked
        assert DayEndReport.objects.count() == 1
        answer = client.post(make_it, follow=True).content.decode()
        assert "The report is there: 2 items to enter in Excel, 1 discrepancy." in answer
        assert "Business days without a report" not in answer
        made = DayEndReport.objects.get(business_date=date(2026, 11, 24))
        page = client.get(address("change", made)).content.decode()
    assert "Made on 2026-11-25 for 2026-11-24" in page
    assert "since 2026-11-23" in page


def test_a_day_to_come_is_refused_on_the_page(report):
    make_it = reverse("admin:inventory_dayendreport_make", args=["2126-01-01", report.location_id])
    answer = client_of("approver").post(make_it)
    assert answer.status_code == 409
    assert "is still to come" in answer.content.decode()
    bad = reverse("admin:inventory_dayendreport_make", args=["yesterday", report.location_id])
    assert client_of("approver").get(bad).status_code == 404


def test_the_first_page_has_the_pile_for_those_who_enter(report):
    for role in ("counter", "approver", "order desk"):
        text = text_of(client_of(role), reverse("admin:index"))
        assert "Items to enter in Excel" in text
        assert "MAIN: 200 sold, 800 remaining" in text
        assert address("change", report) in text
    assert "Items to enter in Excel" not in text_of(client_of("auditor"), reverse("admin:index"))


def test_a_missed_day_is_on_the_first_page(report):
    with at(local(11, 25, 9)):
        text = client_of("counter").get(reverse("admin:index")).content.decode()
    assert "End-of-day reports not made" in text
    assert "Tue Nov 24, MAIN" in text


def test_the_sidebar_leads_there(report):
    assert reverse(LIST) in text_of(client_of("counter"), reverse("admin:index"))
    assert reverse(LIST) not in text_of(client_of("quote manager"), reverse("admin:index"))


def test_the_slots_screen_names_the_schedule(shop):
    with at(local(11, 23, 17)):
        run_due_slots()
    text = text_of(client_of(superuser=True), reverse("admin:approvals_scheduledslot_changelist"))
    assert "End-of-day report" in text
    assert "No report is owed" in text
