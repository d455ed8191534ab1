"""The morning sync as two people do it: a workbook in, a row in review approved, the result taken home."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from playwright.sync_api import expect

from inventory.models import Item, Location
from tests.excel.workbooks_made import HEADING, kept, on_hand
from tests.factories import ballast, zone
from tests.inventory.spreadsheets import workbook_of
from tests.journeys.browsing import PHONE, Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]

HERE = {"000100": 1000, "000200": 500, "000300": 400, "000400": 60}
STATED: dict[str, Any] = {"000100": 995, "000200": 460, "000300": 400, "000400": "NILL", "FRESH01": 12}


@pytest.fixture
def home(transactional_db: None) -> Any:
    home = zone("A")
    ballast(home)
    for code, number in HERE.items():
        kept(number, home=home, cost=1, code=code, description=f"Item {code}")
    return home


def shelf_workbook(folder: Path) -> Path:
    """As people keep it: a title above the heading, two sheets, a total below."""
    rows = [(code, f"Item {code}", says) for code, says in STATED.items()]
    content = workbook_of(
        {"Dry goods": [("Stock of the day", "", ""), HEADING, *rows[:3], ("Total", "", 1855)],
         "Chilled": [HEADING, *rows[3:]]}
    )  # fmt: skip
    path = folder / "main warehouse.xlsx"
    path.write_bytes(content)
    return path


def test_a_workbook_comes_is_previewed_synced_approved_and_taken_home(
    sign_in: Callable[..., Visitor], home: Any, tmp_path: Path
) -> None:
    bringer = sign_in("mike")
    uploads(bringer, shelf_workbook(tmp_path))
    previews(bringer)
    bringer.button("Sync: 1 adjusted, 1 new, 2 go to the approver").click()
    bringer.says("is synced. Thank you.")
    assert on_hand(Item.objects.get(item_code="000100"), home) == 995

    approves(sign_in("dana"))
    assert on_hand(Item.objects.get(item_code="000200"), home) == 460
    takes_the_result_home(bringer, tmp_path)


def uploads(bringer: Visitor, path: Path) -> None:
    expect(bringer.page.locator("#waiting")).to_contain_text("No workbook was synced yet")
    bringer.page.get_by_role("link", name="Excel syncs").first.click()
    bringer.page.get_by_role("link", name="Upload a workbook").click()
    bringer.page.locator("input[type=file]").set_input_files(path)
    expect(bringer.page.get_by_label("Location")).to_have_value(str(Location.objects.get().pk))
    bringer.button("Read and preview").click()
    expect(bringer.page.get_by_role("heading", name="Every row, worst first")).to_be_visible()


def previews(bringer: Visitor) -> None:
    bringer.says("when the workbook says it was last saved")
    expect(row(bringer, "000200")).to_contain_text("-40")
    expect(row(bringer, "000200")).to_contain_text("Review")
    bringer.page.get_by_role("checkbox", name="Auto-fix").check()
    expect(row(bringer, "000200")).to_contain_text("Auto-fixed")
    bringer.page.get_by_role("checkbox", name="Auto-fix").uncheck()
    bringer.page.get_by_role("link", name="New item").click()
    expect(bringer.page.get_by_role("row").filter(has_text="FRESH01")).to_be_visible()
    expect(row(bringer, "000200")).to_have_count(0)
    bringer.page.get_by_role("link", name="All rows").click()


def row(visitor: Visitor, code: str) -> Any:
    return visitor.page.get_by_role("row").filter(has_text=code)


def approves(approver: Visitor) -> None:
    approver.page.locator("#waiting li").filter(has_text="to decide").get_by_role("link").click()
    line = approver.page.get_by_role("row").filter(has=approver.page.get_by_label("Choose 000200"))
    expect(line).to_contain_text("460")
    approver.page.get_by_label("Choose 000200").check()
    approver.button("Approve 1").click()
    approver.says("Approved.")


def takes_the_result_home(bringer: Visitor, folder: Path) -> None:
    bringer.page.reload()
    expect(row(bringer, "000200")).to_contain_text("dana")
    with bringer.page.expect_download() as download:
        bringer.page.get_by_role("link", name="Download result workbook").click()
    path = folder / "result.xlsx"
    download.value.save_as(path)
    book = openpyxl.load_workbook(path)
    told = {
        line[1]: line
        for sheet in ("Dry goods", "Chilled")
        for line in book[sheet].iter_rows(min_row=2, values_only=True)
    }
    assert {code: line[7] for code, line in told.items()} == {
        "000100": "Adjusted", "000200": "Review", "000300": "Matches", "000400": "Review", "FRESH01": "New item",
    }  # fmt: skip
    assert told["000200"][4:7] == (460, 500, -40)
    assert "was approved" in told["000200"][8]


def test_a_counter_syncs_blind_on_a_phone(sign_in: Callable[..., Visitor], home: Any, tmp_path: Path) -> None:
    counter = sign_in("carla", PHONE)
    counter.open("/admin/inventory/excelsync/upload/")
    counter.page.locator("input[type=file]").set_input_files(shelf_workbook(tmp_path))
    counter.button("Read and preview").click()
    counter.says("Every row")
    assert counter.overflow() <= 0
    assert "expected" not in counter.text().lower()
    assert not counter.sees_number("1,000")
    counter.button("Sync: 4 stated, 1 new").click()
    counter.says("is synced. Thank you.")
    assert counter.overflow() <= 0
    assert not counter.sees_number("1,000")
