"""The main job as two people do it: a walk-sheet in, decisions, a record in NetSuite, exactly once."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from netsuite.simulator.running import Running
from tests.journeys.breakfast_zone import COUNTED, EXPECTED, breakfast_zone, walk_sheet
from tests.journeys.browsing import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]


def test_from_the_walk_sheet_to_netsuite(
    sign_in: Callable[..., Visitor], drain: Callable[[], None], simulator: Running, tmp_path: Path
) -> None:
    breakfast_zone()
    counter = sign_in("carla")
    uploads_and_confirms(counter, walk_sheet(tmp_path))
    approver = sign_in("mike")
    envelope = opens_the_envelope(approver)
    rejects_only_with_a_reason(approver)
    asks_for_a_recount(approver)
    approves_the_rest(approver)

    drain()
    is_confirmed(approver, "INVADJ", times=1)
    held = simulator.control.transactions()
    assert [lines_of(record) for record in held] == [{"000123": "42.000", "000600": "-13.250"}]

    enters_the_recount(counter)
    decides_the_recount(approver, envelope)
    drain()
    is_confirmed(approver, "INVADJ", times=2)
    tells_the_whole_story(approver)
    held = simulator.control.transactions()
    assert [lines_of(record) for record in held] == [{"000300": "-7.000"}, {"000123": "42.000", "000600": "-13.250"}]
    assert not simulator.control.duplicates()["external_ids"]
    assert not simulator.control.duplicates()["committed_by_two_requests"]


def lines_of(record: dict) -> dict[str, str]:
    return {line["itemid"]: line["quantity"] for line in record["lines"]}


def uploads_and_confirms(counter: Visitor, sheet: Path) -> None:
    """Counting is blind: neither the preview nor the finished sheet shows what was expected."""
    counter.page.get_by_role("link", name="Count sheets").first.click()
    counter.page.get_by_role("link", name="Upload a walk-sheet").click()
    counter.page.locator("input[type=file]").set_input_files(sheet)
    counter.page.get_by_label("Zone").select_option(label="MAIN / A")
    counter.button("Read and preview").click()
    expect(counter.page.get_by_role("heading", name="Every row", exact=True)).to_be_visible()
    for code, counted in COUNTED.items():
        row = counter.page.get_by_role("row").filter(has_text=code)
        expect(row).to_contain_text("not counted" if counted is None else str(counted))
    sees_nothing_expected(counter)
    counter.button("Confirm: 5 lines counted, 1 not counted").click()
    counter.says("is counted. Thank you.")
    sees_nothing_expected(counter)


def sees_nothing_expected(counter: Visitor) -> None:
    counted = {str(each) for each in COUNTED.values()}
    assert not [number for number in EXPECTED.values() if number not in counted and counter.sees_number(number)]
    assert "expected" not in counter.text().lower()


def opens_the_envelope(approver: Visitor) -> str:
    approver.open("/admin/")
    tile = approver.page.locator("#waiting")
    expect(tile).to_contain_text("4 lines to decide")
    to_decide(approver).click()
    expect(line(approver, "000123")).to_contain_text("142")
    expect(line(approver, "000123")).to_contain_text("$1,470.00")
    return approver.page.url.removeprefix(approver.address)


def to_decide(approver: Visitor) -> Locator:
    """The link of the envelope in the tile of what waits."""
    return approver.page.locator("#waiting li").filter(has_text="to decide").get_by_role("link")


def line(approver: Visitor, code: str) -> Locator:
    return approver.page.get_by_role("row").filter(has=approver.page.get_by_label(f"Choose {code}"))


def rejects_only_with_a_reason(approver: Visitor) -> None:
    expect(approver.button("Reject chosen")).to_be_disabled()
    approver.page.get_by_label("Choose 000200").check()
    approver.button("Reject 1").click()
    note = approver.page.get_by_label("Note")
    assert note.evaluate("each => each.validationMessage") == "Say why: this is kept with the decision."
    expect(line(approver, "000200")).to_be_visible()
    note.fill("Half a pallet stood in the aisle")
    approver.button("Reject 1").click()
    approver.says("Rejected.")
    expect(approver.page.get_by_text("“Half a pallet stood in the aisle”")).to_be_visible()


def asks_for_a_recount(approver: Visitor) -> None:
    approver.page.get_by_label("Choose 000300").check()
    approver.page.get_by_label("Note").fill("Count the top shelf too")
    approver.button("Recount 1").click()
    approver.says("Sent back for a recount.")


def approves_the_rest(approver: Visitor) -> None:
    approver.button("Approve all 2").click()
    approver.says("Approved.")
    approver.says("Nothing is left to decide here.")
    approver.open("/admin/")
    expect(approver.page.locator("#waiting")).not_to_contain_text("lines to decide")


def is_confirmed(approver: Visitor, tran_id: str, times: int) -> None:
    """As the person sees it who looks at the pushes now and then."""
    approver.open("/admin/netsuite/push/")
    confirmed = approver.page.get_by_role("row").filter(has_text="Confirmed by NetSuite").filter(has_text=tran_id)
    approver.reload_until(lambda: confirmed.count() == times)
    approver.open("/admin/")
    tile = approver.page.locator("#netsuite")
    expect(tile.locator("div", has_text="waiting").locator("dd").first).to_have_text("0")
    expect(tile.locator("div", has_text="confirmed in 24 h").locator("dd").first).to_have_text(str(times))


def enters_the_recount(counter: Visitor) -> None:
    counter.open("/admin/")
    counter.page.locator("#waiting").get_by_role("link", name=re.compile("000300")).click()
    counter.page.get_by_label("Recount of 000300").fill("570")
    counter.button("Enter recount").click()
    counter.says("The recount of 000300 is entered.")
    sees_nothing_expected(counter)


def decides_the_recount(approver: Visitor, envelope: str) -> None:
    approver.open("/admin/")
    to_decide(approver).click()
    expect(line(approver, "000300")).to_contain_text("recount 2")
    expect(line(approver, "000300")).to_contain_text("570")
    approver.button("Approve all 1").click()
    approver.says("Approved.")


def tells_the_whole_story(approver: Visitor) -> None:
    approver.open("/admin/")
    approver.page.locator("#runs").get_by_role("link", name="Cycle count of MAIN / A").click()
    told = approver.text()
    for step in ("compute_variance", "hitl_approve", "ns_push_adjustments", "d1_update_balances"):
        assert step in told
    expect(approver.page.get_by_text("Confirmed by NetSuite")).to_have_count(2)
    expect(approver.page.get_by_text("Completed").first).to_be_visible()
