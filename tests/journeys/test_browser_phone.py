"""The counter in the aisle and the approver on the way home: 390 pixels wide."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from inventory.counting.planning import plan_sheet
from tests.factories import count, envelope_of
from tests.inventory.workbook_lines import kept_in_excel
from tests.journeys.breakfast_zone import COUNTED, breakfast_zone
from tests.journeys.browsing import PHONE, Visitor

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.xdist_group("browser"),
]


def fits(visitor: Visitor, button: str) -> None:
    """Nothing sticks out sideways, and the button can be tapped where it is, a finger wide."""
    assert visitor.overflow() <= 0
    wanted = visitor.button(button)
    wanted.scroll_into_view_if_needed()
    wanted.click(trial=True)
    box = wanted.bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= PHONE["width"]
    assert box["height"] >= 40


def test_a_count_typed_in_on_a_phone(sign_in: Callable[..., Visitor], people: dict[str, Any]) -> None:
    home = breakfast_zone()
    sheet = plan_sheet(zone=home.zone, by=people["carla"])
    counter = sign_in("carla", PHONE)
    assert counter.overflow() <= 0
    counter.open(f"/admin/inventory/countsheet/{sheet.pk}/type/")
    for code, counted in COUNTED.items():
        field = counter.page.locator(f"[id='count-{code}']")
        field.fill("" if counted is None else str(counted))
        field.press("Enter")
    expect(counter.page.get_by_text("5 filled in")).to_be_visible()
    fits(counter, "Preview")
    counter.page.reload()  # what was typed is kept on the phone
    expect(counter.page.locator("[id='count-000123']")).to_have_value("184")
    counter.button("Preview").click()
    fits(counter, "Confirm: 5 lines counted, 2 not counted")
    counter.button("Confirm: 5 lines counted, 2 not counted").click()
    counter.says("is counted. Thank you.")
    assert counter.overflow() <= 0


def test_a_decision_on_a_phone(sign_in: Callable[..., Visitor], people: dict[str, Any]) -> None:
    home = breakfast_zone()
    sheet = count(home.zone, [(home.of(code), counted) for code, counted in COUNTED.items()], by=people["carla"])
    approver = sign_in("mike", PHONE)
    assert approver.overflow() <= 0
    approver.open(f"/admin/approvals/proposedaction/{envelope_of(sheet).pk}/change/")
    approver.page.get_by_label("Choose 000600").check()
    for button in ("Approve all 4", "Approve 1", "Reject 1", "Recount 1"):
        fits(approver, button)
    approver.button("Approve 1").click()
    approver.says("Approved.")
    fits(approver, "Approve all 3")


def test_a_question_asked_and_answered_on_a_phone(sign_in: Callable[..., Visitor], people: dict[str, Any]) -> None:
    home = breakfast_zone()
    what, location = home.of("000123"), home.zone.location
    location.stock_keeper = people["carla"]
    location.save()
    kept_in_excel(what, home.zone)
    approver = sign_in("mike", PHONE)
    approver.open(f"/admin/inventory/item/{what.pk}/check/")
    approver.page.get_by_label("How many are wanted?").fill("150")
    fits(approver, "Check")
    approver.button("Check").click()
    approver.says("No: only 142 each of 000123 can be had at MAIN, 150 are wanted: 8 short.")
    fits(approver, "Ask carla to go and look")
    approver.button("Ask carla to go and look").click()
    approver.says("carla is asked to go and look.")
    counter = sign_in("carla", PHONE)
    counter.page.get_by_role("link", name="How many 000123 are at MAIN?").click()
    assert not counter.sees_number("142")
    counter.page.get_by_label("How many are there?").fill("140")
    fits(counter, "That is how many there are")
    counter.button("That is how many there are").click()
    counter.says("Kept: 140 each of 000123.")
