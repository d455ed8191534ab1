"""The end of the day on a phone beside the workbook, and with the keyboard alone at the desk."""

from collections.abc import Callable
from typing import Any

import pytest

from approvals.business_days import business_day_of
from approvals.clock import now
from inventory.day_end.reporting import make_report
from inventory.models import DayEndReport, ExcelUpdate
from inventory.orders.closing import fulfil_order
from tests import factories as make
from tests.day_end.finding import found, synced
from tests.journeys.browsing import PHONE, Visitor
from tests.journeys.test_browser_phone import fits
from tests.orders import selling

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.xdist_group("browser"),
]


def report_of_today() -> DayEndReport:
    home = make.zone("A")
    labels, tags = (make.stock(1000, home=home, code=code, description="Woven label") for code in ("L-1", "T-1"))
    selling.by_excel(home, labels, tags)
    fulfil_order(order=selling.place(home, (labels, 200), (tags, 50)).order, by=None)
    doubtful = make.stock(250, home=home, code="TBALTAG0363N", description="Tag, black, with a long name")
    found(synced(home.location), doubtful, "review", 300, 250)
    return make_report(business_date=business_day_of(now()), location=home.location)


def statuses() -> dict[str, str]:
    return dict(ExcelUpdate.objects.values_list("item__item_code", "status"))


def test_the_items_are_entered_on_a_phone(sign_in: Callable[..., Visitor], people: dict[str, Any]) -> None:
    report_of_today()
    clerk = sign_in("carla", PHONE)
    clerk.says("Items to enter in Excel")
    clerk.page.get_by_role("link", name="L-1 Woven label").click()
    fits(clerk, "I have entered these in Excel")
    clerk.page.get_by_label("T-1").uncheck()
    clerk.button("I have entered these in Excel").click()
    clerk.says("1 item is marked as entered in Excel.")
    assert statuses() == {"L-1": "entered", "T-1": "pending"}
    clerk.button("Not entered after all").click()
    clerk.says("1 item is waiting to be entered again.")
    assert statuses() == {"L-1": "pending", "T-1": "pending"}
    assert clerk.overflow() <= 0


def test_the_items_are_entered_with_the_keyboard_and_printed(
    come_back: Callable[..., Visitor], people: dict[str, Any]
) -> None:
    report = report_of_today()
    approver = come_back("mike")
    approver.open(f"/admin/inventory/dayendreport/{report.pk}/change/")
    approver.tab_to(approver.page.get_by_label("L-1"))
    approver.page.keyboard.press("Space")
    approver.tab_to(approver.button("I have entered these in Excel"))
    approver.page.keyboard.press("Enter")
    approver.says("1 item is marked as entered in Excel.")
    assert statuses() == {"L-1": "pending", "T-1": "entered"}
    approver.page.emulate_media(media="print")
    assert not approver.button("I have entered these in Excel").is_visible()
    assert not approver.page.get_by_role("link", name="Download the workbook").is_visible()
    assert approver.page.get_by_text("Please verify the physical stock.").is_visible()
    approver.page.emulate_media(media="screen")
    with approver.page.expect_download() as download:
        approver.page.get_by_role("link", name="Download the workbook").click()
    assert download.value.suggested_filename.endswith("-main.xlsx")
