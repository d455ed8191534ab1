"""A quote as people make it: drafted in the form, warned of, approved, printed, mailed, confirmed, awarded."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from playwright.sync_api import expect

from netsuite.models import Push
from netsuite.simulator.running import Running
from quotes.models import Quote
from tests.journeys.browsing import PHONE, Visitor
from tests.netsuite.stage import assert_once
from tests.quotes import factories as make

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]
SignIn = Callable[..., Visitor]
HOUSE = Path(__file__).resolve().parents[2]
FORM = "/admin/quotes/quote/draft/"


@pytest.fixture
def district(people: dict[str, Any]) -> Any:
    """Elm Grove with three prices, one of them under the floor; carla drafts its quotes and sees margins."""
    people["carla"].groups.add(*Group.objects.filter(name__in=["quoter", "price viewer"]))
    elm = make.customer("ELM", contact="food@elmgrove.example", name="Elm Grove District", terms="Net 30")
    for code, name, price, cost in (
        ("000100", "Chicken patty", "42.50", "33.10"),
        ("000200", "Beef crumbles", "61.20", "55.00"),
        ("000300", "String cheese", "38.90", "30.00"),
    ):
        make.master_price(elm, make.spec_item(code, name=name, servings_per_case=148), price, cost=cost)
    return elm


@pytest.fixture
def manage(house_environment: dict[str, str]) -> Callable[..., str]:
    """Runs a command as the worker would, on this test's database and files."""

    def run(*arguments: str) -> str:
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(command, cwd=HOUSE, env=house_environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def draft(visitor: Visitor) -> None:
    """Types, and waits for what the program makes of it; never presses “Look up prices”."""
    page = visitor.page
    visitor.open(FORM)
    page.get_by_label("Customer").fill("ELM Elm Grove District")
    page.get_by_label("Add items").fill("000100, 000200\n000300")
    page.get_by_label("Add items").press("Enter")
    visitor.says("Under the margin floor: 000200.")
    for code, cases in (("000100", "1200"), ("000200", "300"), ("000300", "650")):
        page.get_by_label(f"Cases of {code} a year").fill(cases)
    visitor.says("$51,000.00")
    page.locator(".qd-more summary").nth(2).click()
    page.locator("[name=price-2]").fill("37.95")
    visitor.says("A price of its own needs a reason.")
    page.locator("[name=reason-2]").fill("Matches the competing bid")
    visitor.says("$94,027.50")
    expect(page.locator("[name=reason-2]")).to_be_focused()


def test_from_the_form_to_netsuite(
    sign_in: SignIn, district: Any, simulator: Running, manage: Callable[..., str], house_environment: dict[str, str]
) -> None:
    quoter = sign_in("carla")
    draft(quoter)
    quoter.button("Send for approval").dblclick()
    quoter.says("waits for approval. Nothing is sent before that.")
    assert not Quote.objects.exists()

    approver = sign_in("mike")
    approver.open("/admin/quotes/quote/")
    approver.page.get_by_role("link", name="Quote for ELM").click()
    approver.says("As the customer will see it")
    approver.button("Approve").click()  # the browser holds it back: a reason is missing
    assert not Quote.objects.exists()
    approver.page.get_by_label("Note").fill("Beef is sold at a loss on purpose")
    approver.button("Approve").click()
    approver.says("Approved.")

    quote = Quote.objects.get()
    approver.open(f"/admin/quotes/quote/{quote.pk}/change/")
    address = approver.page.get_by_role("link", name="Open the PDF").get_attribute("href")
    pdf = approver.page.context.request.get(f"{approver.address}{address}")
    assert (pdf.status, pdf.headers["content-type"], pdf.body()[:5]) == (200, "application/pdf", b"%PDF-")
    approver.page.get_by_role("link", name="E-mail waits for its approval").click()
    approver.says("food@elmgrove.example")
    approver.button("Approve").click()
    approver.says("Approved.")

    manage("tick")
    manage("drain_pushes")
    approver.open(f"/admin/quotes/quote/{quote.pk}/change/")
    approver.says("E-mail sent")
    approver.says("Estimate: Confirmed by NetSuite")
    assert Push.objects.get().status == "confirmed"
    assert_once(simulator, Push.objects.get().external_id)
    letters = [file.read_text() for file in Path(house_environment["VAR_DIR"], "mail").iterdir()]
    assert sum("To: food@elmgrove.example" in letter and "Q-2026-00001-r1.pdf" in letter for letter in letters) == 1

    approver.page.get_by_role("link", name="Record the answer").click()
    approver.page.get_by_label("PO number").fill("PO-2026-118")
    approver.page.get_by_label("PO date").fill("2026-11-20")
    approver.button("All 3 awarded").click()
    approver.says("is accepted.")
    approver.says("Awarded prices for the pricing master")
    quote.refresh_from_db()
    assert quote.lifecycle_status == "accepted"


def test_the_same_on_a_phone_without_sideways_scrolling(sign_in: SignIn, district: Any) -> None:
    quoter = sign_in("carla", PHONE)
    draft(quoter)
    assert quoter.overflow() <= 0
    quoter.button("Send for approval").click()
    quoter.says("waits for approval. Nothing is sent before that.")
    approver = sign_in("mike", PHONE)
    approver.open("/admin/quotes/quote/")
    approver.page.get_by_role("link", name="Quote for ELM").click()
    assert approver.overflow() <= 0
    approver.page.get_by_label("Note").fill("Agreed")
    approver.button("Approve").click()
    approver.says("Approved.")
    quote = Quote.objects.get()
    for path in (f"/admin/quotes/quote/{quote.pk}/change/", f"/quotes/{quote.number}"):
        approver.open(path)
        assert approver.overflow() <= 0, path


def test_a_quote_is_drafted_with_the_keyboard_alone(sign_in: SignIn, district: Any) -> None:
    quoter = sign_in("carla")
    quoter.open(FORM)
    page, keyboard = quoter.page, quoter.page.keyboard
    expect(page.get_by_label("Customer")).to_be_focused()
    keyboard.type("Elm Grove")
    quoter.tab_to(page.get_by_label("Add items"))
    keyboard.type("000100")
    keyboard.press("Enter")
    quoter.says("Chicken patty")
    quoter.tab_to(page.get_by_label("Cases of 000100 a year"))
    keyboard.type("10")
    quoter.says("$425.00")
    keyboard.press("Enter")  # looks prices up; it never sends
    quoter.says("$425.00")
    quoter.tab_to(quoter.button("Send for approval"))
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        # As when the last key's prices are still on their way.
        page.get_by_label("Cases of 000100 a year").dispatch_event("change", {"bubbles": True})
    expect(page.locator("[data-live]")).not_to_have_class(re.compile("qd-waiting"))
    expect(quoter.button("Send for approval")).to_be_focused()
    keyboard.press("Enter")
    quoter.says("waits for approval. Nothing is sent before that.")


def test_prices_that_do_not_come_back_are_said_and_nothing_typed_is_lost(sign_in: SignIn, district: Any) -> None:
    quoter = sign_in("carla")
    draft(quoter)
    page, told = quoter.page, quoter.page.get_by_text("No prices came back.")
    expect(told).to_be_hidden()
    page.route("**/quotes/**", lambda route: route.abort())
    page.get_by_label("Cases of 000100 a year").fill("1300")
    expect(told).to_be_visible()
    expect(page.get_by_label("Cases of 000100 a year")).to_have_value("1300")
    # The browser's own words about the call; a script's would name the page.
    assert {each.split(":")[0] for each in quoter.complaints} == {"Failed to load resource"}
    quoter.complaints.clear()
    page.unroute("**/quotes/**")
    quoter.button("Look up prices").last.click()
    quoter.says("$55,250.00")
    expect(told).to_be_hidden()
