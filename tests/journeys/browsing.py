"""A person at a browser: signs in, opens pages, and remembers everything the browser complained about."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

PASSWORD = "open-sesame-17"
PATIENCE = 120_000  # milliseconds; two test workers share two cores with a browser
DESK, PHONE = {"width": 1280, "height": 860}, {"width": 390, "height": 844}


@dataclass
class Visitor:
    """One person in one browser window. `complaints` must stay empty: console errors, scripts, failed loads."""

    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        self.page.goto(f"{self.address}{path}")

    def sign_in(self, name: str) -> None:
        self.open("/admin/")
        self.page.get_by_label("Username").fill(name)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Log in").click()
        expect(self.page.get_by_role("heading", name="Waiting for you")).to_be_visible()

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name)

    def says(self, sentence: str) -> None:
        """Somewhere on the page, or in the message above it."""
        expect(self.page.get_by_text(sentence).first).to_be_visible()

    def text(self) -> str:
        return self.page.locator("body").inner_text()

    def sees_number(self, number: str) -> bool:
        """As a word of its own, in what the server sent: hidden fields and attributes count as seen."""
        return re.search(rf"(?<![\w.,/-]){re.escape(number)}(?![\w/-])", self.page.content()) is not None

    def overflow(self) -> int:
        """Pixels by which the page is wider than the window. A page that is only arriving has no width yet."""
        width = (
            "document.readyState === 'complete' && {wider: document.documentElement.scrollWidth - window.innerWidth}"
        )
        return int(self.page.wait_for_function(width).json_value()["wider"])

    def tab_to(self, wanted: Locator) -> None:
        """With the Tab key alone."""
        for _ in range(150):
            if wanted.evaluate("each => each === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"150 Tabs did not reach {wanted}")

    def reload_until(self, condition: Callable[[], bool], seconds: float = 150) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"it did not happen in time:\n{self.text()}"
            self.page.reload()


def new_visitor(browser: Browser, address: str, viewport: dict[str, int]) -> Visitor:
    context: BrowserContext = browser.new_context(viewport=viewport)
    context.set_default_timeout(PATIENCE)
    return visit(context, address)


def visit(context: BrowserContext, address: str) -> Visitor:
    """A window, or one more tab of somebody who is signed in."""
    visitor = Visitor(context.new_page(), address)
    heard = visitor.complaints
    visitor.page.on("console", lambda said: heard.append(said.text) if said.type == "error" else None)
    visitor.page.on("pageerror", lambda error: heard.append(f"{visitor.page.url}: {error.stack}"))
    visitor.page.on("response", lambda got: heard.append(f"{got.status} {got.url}") if got.status >= 400 else None)
    return visitor
