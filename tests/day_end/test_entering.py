"""Saying that a report's items were entered in Excel: those very sales, once, and back again."""

from datetime import date

import pytest

from approvals.clock import at
from approvals.refusals import Refused
from inventory.day_end.entering import enter_items, standings, take_back_items
from inventory.day_end.reporting import make_report
from inventory.models import ExcelUpdate
from tests import factories as make
from tests.day_end.conftest import local
from tests.day_end.finding import synced

pytestmark = pytest.mark.django_db


@pytest.fixture
def report(shop):
    label, tag = shop.keeps("L", 100), shop.keeps("T", 40)
    shop.sells(local(11, 23, 9), (label, 10), (tag, 4))
    shop.sells(local(11, 23, 10), (label, 5))
    with at(local(11, 23, 17)):
        report = make_report(business_date=date(2026, 11, 23), location=shop.location)
    shop.sells(local(11, 23, 18), (label, 1))
    return report


@pytest.fixture
def clerk(db):
    return make.user("clerk", "counter")


def standing(report):
    return {each.item.item_code: each.status for each in standings(report)}


def test_all_or_chosen_items_are_entered_and_later_sales_wait(report, clerk):
    assert enter_items(report=report, codes={"L"}, by=clerk) == 1
    assert standing(report) == {"L": "entered", "T": "pending"}
    assert enter_items(report=report, codes={"L", "T"}, by=clerk) == 1
    assert standing(report) == {"L": "entered", "T": "entered"}
    assert {each.entered_by for each in standings(report)} == {"clerk"}
    assert list(ExcelUpdate.objects.filter(status="pending").values_list("sold", flat=True)) == [1]


def test_entering_twice_changes_nothing(report, clerk):
    enter_items(report=report, codes={"L"}, by=clerk)
    before = list(ExcelUpdate.objects.order_by("pk").values())
    assert enter_items(report=report, codes={"L"}, by=make.user("", "counter")) == 0
    assert list(ExcelUpdate.objects.order_by("pk").values()) == before


def test_not_entered_after_all(report, clerk):
    enter_items(report=report, codes={"L", "T"}, by=clerk)
    assert take_back_items(report=report, codes={"L"}, by=clerk) == 1
    assert standing(report) == {"L": "pending", "T": "entered"}
    assert take_back_items(report=report, codes={"L"}, by=clerk) == 0


def test_what_a_workbook_proved_stays_proved(shop, report, clerk):
    enter_items(report=report, codes={"L", "T"}, by=clerk)
    proof = synced(shop.location)
    ExcelUpdate.objects.filter(item__item_code="L", status="entered").update(status="proved", proved_by=proof)
    assert take_back_items(report=report, codes={"L"}, by=clerk) == 0
    assert take_back_items(report=report, codes={"L", "T"}, by=clerk) == 1
    assert standing(report) == {"L": "proved", "T": "pending"}


def test_an_item_waits_until_all_its_sales_are_entered(shop, report, clerk):
    first = report.updates[0]["updates"][0]
    ExcelUpdate.objects.filter(pk=first).update(status="proved", proved_by=synced(shop.location))
    assert standing(report)["L"] == "pending"
    assert enter_items(report=report, codes={"L"}, by=clerk) == 1
    assert standing(report)["L"] == "entered"


@pytest.mark.parametrize("codes", [set(), {"NO-SUCH"}])
def test_nothing_chosen_is_told(report, clerk, codes):
    with pytest.raises(Refused, match="Tick at least one item"):
        enter_items(report=report, codes=codes, by=clerk)


def test_only_those_who_may(report):
    auditor = make.user("", "auditor")
    for operation in (enter_items, take_back_items):
        with pytest.raises(Refused, match="may not mark"):
            operation(report=report, codes={"L"}, by=auditor)
    assert not ExcelUpdate.objects.exclude(status="pending").exists()
