"""The decision page under clumsy, hurried and simultaneous hands."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from approvals.models import ProposedAction
from inventory.models import Adjustment, CountSheet, Upload
from netsuite.models import Push
from tests.factories import count, envelope_of, move
from tests.journeys.breakfast_zone import COUNTED, DISPUTED, BreakfastZone, breakfast_zone, messy_sheet, walk_sheet
from tests.journeys.browsing import Visitor, visit

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]
ComeBack = Callable[..., Visitor]


def counted_by(person: Any) -> tuple[BreakfastZone, CountSheet]:
    """Counted already, with four lines that wait for an approver."""
    home = breakfast_zone()
    sheet = count(home.zone, [(home.of(code), counted) for code, counted in COUNTED.items()], by=person)
    return home, sheet


def page_of(sheet: CountSheet) -> str:
    return f"/admin/approvals/proposedaction/{envelope_of(sheet).pk}/change/"


def upload(counter: Visitor, file: Path) -> None:
    counter.open("/admin/inventory/countsheet/upload/")
    counter.page.locator("input[type=file]").set_input_files(file)
    counter.page.get_by_label("Zone").select_option(label="MAIN / A")
    counter.button("Read and preview").click()


def test_a_decision_without_a_mouse(come_back: ComeBack, people: dict[str, Any]) -> None:
    _, sheet = counted_by(people["carla"])
    approver = come_back("mike")
    approver.open(page_of(sheet))
    keyboard = approver.page.keyboard
    approver.tab_to(approver.page.get_by_label("Choose 000200"))
    keyboard.press("Enter")  # in a form this would press its first button, which approves everything
    keyboard.press("Space")
    approver.tab_to(approver.page.get_by_label("Note"))
    keyboard.type("Counted the wrong aisle")
    approver.tab_to(approver.button("Reject 1"))
    keyboard.press("Enter")
    approver.says("Rejected.")
    approver.tab_to(approver.button("Approve all 3"))
    keyboard.press("Space")
    approver.says("Nothing is left to decide here.")
    lines = envelope_of(sheet).lines
    assert sorted(lines.values_list("status", flat=True)) == ["approved", "approved", "approved", "rejected"]
    assert lines.get(status="rejected").reason_note == "Counted the wrong aisle"


def test_a_double_click_confirms_once_and_approves_once(
    come_back: ComeBack, people: dict[str, Any], tmp_path: Path
) -> None:
    breakfast_zone()
    counter = come_back("carla")
    upload(counter, walk_sheet(tmp_path))
    counter.button("Confirm: 5 lines counted, 1 not counted").dblclick()
    counter.says("is counted. Thank you.")
    sheet = CountSheet.objects.get()
    approver = come_back("mike")
    approver.open(page_of(sheet))
    approver.button("Approve all 4").dblclick()
    approver.says("Nothing is left to decide here.")
    expect(approver.page.get_by_role("alert")).to_have_count(0)
    assert (Adjustment.objects.count(), Push.objects.count()) == (1, 1)
    assert envelope_of(sheet).lines.filter(status=ProposedAction.Status.APPROVED).count() == len(DISPUTED)


def test_the_second_of_two_approvers_reads_who_was_first(come_back: ComeBack, people: dict[str, Any]) -> None:
    _, sheet = counted_by(people["carla"])
    mike, dana = come_back("mike"), come_back("dana")
    for approver in (mike, dana):
        approver.open(page_of(sheet))
    mike.button("Approve all 4").click()
    mike.says("Nothing is left to decide here.")
    dana.page.get_by_label("Choose 000123").check()
    dana.page.get_by_label("Note").fill("I do not believe it")
    dana.button("Reject 1").click()
    expect(dana.page.get_by_text("already approved by mike").first).to_be_visible()
    assert not envelope_of(sheet).lines.exclude(status=ProposedAction.Status.APPROVED).exists()


def test_two_tabs_of_one_person(come_back: ComeBack, people: dict[str, Any]) -> None:
    _, sheet = counted_by(people["carla"])
    first = come_back("mike")
    second = visit(first.page.context, first.address)
    for tab in (first, second):
        tab.open(page_of(sheet))
    first.button("Approve all 4").click()
    first.says("Nothing is left to decide here.")
    second.button("Approve all 4").click()
    expect(second.page.get_by_text("already approved by mike").first).to_be_visible()
    assert (Adjustment.objects.count(), second.complaints) == (1, [])


def test_goods_that_moved_meanwhile_come_back_with_the_new_numbers(come_back: ComeBack, people: dict[str, Any]) -> None:
    home, sheet = counted_by(people["carla"])
    approver = come_back("mike")
    approver.open(page_of(sheet))
    move(home.of("000123"), -9, home=home.zone, at=sheet.counted_at)
    approver.button("Approve all 4").click()
    line = approver.page.get_by_role("row").filter(has=approver.page.get_by_label("Choose 000123"))
    expect(line).to_contain_text("changed since it was proposed")
    expect(line).to_contain_text("133")
    expect(approver.button("Approve all 4")).to_be_enabled()
    assert not Adjustment.objects.exists()


def test_who_counted_is_told_that_somebody_else_decides(come_back: ComeBack, people: dict[str, Any]) -> None:
    _, sheet = counted_by(people["dana"])
    dana = come_back("dana")
    dana.open("/admin/")
    expect(dana.page.locator("#waiting")).to_contain_text("somebody else")
    dana.open(page_of(sheet))
    expect(dana.page.get_by_role("alert")).to_contain_text("took part")
    expect(dana.page.get_by_role("button", name="Approve")).to_have_count(0)


def test_a_messy_file_shows_all_its_mistakes_and_stores_nothing(
    come_back: ComeBack, people: dict[str, Any], tmp_path: Path
) -> None:
    breakfast_zone()
    counter = come_back("carla")
    upload(counter, messy_sheet(tmp_path))
    counter.says("to put right, all listed here")
    problems = counter.page.locator("section", has_text="To put right").get_by_role("row")
    for code_or_figure in ("about 40", "-5", "999999", "000300"):
        expect(problems.filter(has_text=code_or_figure).first).to_be_visible()
    expect(counter.page.get_by_role("button", name="Confirm")).to_have_count(0)
    assert not CountSheet.objects.exists()
    refused = Upload.objects.get()
    assert (refused.status, bool(refused.file)) == (Upload.Status.REFUSED, False)
