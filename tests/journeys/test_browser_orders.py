"""An order taken at the desk with the keyboard alone, and handed out from a phone."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from inventory.models import ExcelUpdate, Movement, Order
from tests.journeys.breakfast_zone import breakfast_zone
from tests.journeys.browsing import PHONE, Visitor
from tests.orders import selling

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.xdist_group("browser"),
]


def test_an_order_is_typed_in_handed_out_and_entered_in_excel(
    come_back: Callable[..., Visitor], people: dict[str, Any]
) -> None:
    home = breakfast_zone()
    selling.by_excel(home.zone, home.of("000123"))
    desk = come_back("mike")
    desk.open("/admin/inventory/order/")
    desk.page.get_by_role("link", name="New order").click()
    desk.tab_to(desk.page.get_by_label("Item code of line 1"))
    for typed in ("000123", "12", "000600", "70"):
        desk.page.keyboard.type(typed)
        desk.page.keyboard.press("Enter")
    desk.button("Place the order").click()
    desk.says("70 wanted, 61.5 available")
    expect(desk.page.get_by_label("Quantity of line 1")).to_have_value("12")
    desk.page.get_by_label("Quantity of line 2").fill("1.5")
    desk.button("Place the order").click()
    desk.says("its goods are promised")
    order = Order.objects.get()
    assert order.warnings

    picker = come_back("dana", PHONE)
    picker.open(f"/admin/inventory/order/{order.pk}/change/")
    assert picker.overflow() <= 0
    picker.page.get_by_role("link", name="Fulfil some").click()
    picker.page.get_by_label("000123").fill("10")
    assert picker.overflow() <= 0
    picker.button("Fulfil these").click()
    picker.says("1 line of order")
    picker.page.get_by_role("link", name="Fulfil all").click()
    picker.says("2 of 000123, 1.5 of 000600")
    picker.button("Fulfil all").click()
    picker.says("2 lines of order")
    assert picker.overflow() <= 0
    assert [m.delta for m in Movement.objects.filter(kind="shipment").order_by("pk")][0] == -10

    desk.open("/admin/inventory/excelupdate/")
    for box in desk.page.locator("input.action-select").all():
        box.check()
    desk.page.locator("select[name=action]").select_option(label="Mark as entered")
    desk.page.get_by_role("button", name="Run").click()
    desk.says("2 sales are marked as entered in Excel.")
    assert set(ExcelUpdate.objects.values_list("status", flat=True)) == {"entered"}
