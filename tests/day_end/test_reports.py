"""The end-of-day report: what was sold, what to enter, once for each day and location, and never changed."""

import hashlib
from datetime import date
from decimal import Decimal
from unittest.mock import ANY

import pytest
from django.core.files.storage import storages

from approvals import audit
from approvals.clock import at
from approvals.mail.sending import send_due
from approvals.models import AuditEntry, ProposedAction
from approvals.refusals import Refused
from inventory.day_end.days import locations_due
from inventory.day_end.document import text_of
from inventory.day_end.entering import enter_items
from inventory.day_end.reporting import make_report
from inventory.day_end.workbook import workbook_of
from inventory.models import Balance, DayEndReport, ExcelUpdate, Movement
from inventory.spreadsheets import read_stock_sheet
from tests import factories as make
from tests.day_end.conftest import local

pytestmark = pytest.mark.django_db
FRIDAY, MONDAY = date(2026, 11, 20), date(2026, 11, 23)


def report_of(shop, day, when):
    with at(when):
        return make_report(business_date=day, location=shop.location)


def rows(report):
    return [(row["item_code"], row["previous"], row["sold"], row["remaining"], row["since"]) for row in report.updates]


def test_the_documents_day(shop):
    labels, tags = shop.keeps("TBALWBL0009N", 1000), shop.keeps("TBALHGT0033N", 500)
    shop.sells(local(11, 23, 10), (labels, 150))
    shop.sells(local(11, 23, 15), (labels, 50), (tags, 50))
    report = report_of(shop, MONDAY, local(11, 23, 17))
    assert report.orders_processed == 2
    assert rows(report) == [("TBALHGT0033N", "500", "50", "450", ""), ("TBALWBL0009N", "1000", "200", "800", "")]
    assert text_of(report).splitlines() == [
        "DAILY INVENTORY REPORT - 2026-11-23 - MAIN Main",
        "===============================================",
        "Orders Processed: 2",
        "",
        "Items to Update in Excel:",
        "Product Code | Previous | Sold | Remaining",
        "TBALHGT0033N |      500 |   50 |       450",
        "TBALWBL0009N |     1000 |  200 |       800",
        "",
        "Please update the Excel file with these changes.",
    ]


def test_made_again_it_is_the_first_unchanged(shop):
    label = shop.keeps("L", 100)
    shop.sells(local(11, 23, 10), (label, 10))
    first = report_of(shop, MONDAY, local(11, 23, 17))
    shop.sells(local(11, 23, 18), (label, 5))
    again = report_of(shop, MONDAY, local(11, 24, 9))
    assert again.pk == first.pk
    assert rows(again) == rows(first) == [("L", "100", "10", "90", "")]
    assert again.orders_processed == 1
    assert ProposedAction.objects.filter(action_type="propose_email_to_customer").count() == 1
    assert AuditEntry.objects.filter(verb="day_end.reported").count() == 1
    assert audit.first_bad_entry() is None


def test_what_leaves_after_the_report_belongs_to_the_next_with_the_weekend(shop):
    label = shop.keeps("L", 100)
    for when in (local(11, 20, 11), local(11, 20, 18), local(11, 21, 12), local(11, 23, 9)):
        shop.sells(when, (label, 1))
    friday = report_of(shop, FRIDAY, local(11, 20, 17))
    monday = report_of(shop, MONDAY, local(11, 23, 17))
    assert (friday.orders_processed, monday.orders_processed) == (1, 3)


def test_a_day_is_one_where_the_company_is_not_where_greenwich_is(shop):
    """22:30 in New York is 03:30 of the next day in UTC, and 02:30 in summer."""
    label = shop.keeps("L", 100)
    shop.sells(local(11, 23, 22, 30), (label, 1))
    shop.sells(local(11, 24, 0, 30), (label, 1))
    late = report_of(shop, MONDAY, local(11, 25, 9))
    assert late.orders_processed == 1
    assert report_of(shop, date(2026, 11, 24), local(11, 25, 9)).orders_processed == 1


def test_what_was_not_entered_is_carried_over_with_its_day(shop):
    label, tag = shop.keeps("L", 100), shop.keeps("T", 40)
    shop.sells(local(11, 20, 11), (label, 10), (tag, 4))
    friday = report_of(shop, FRIDAY, local(11, 20, 17))
    enter_items(report=friday, codes={"T"}, by=make.approver())
    shop.sells(local(11, 23, 9), (label, 1), (tag, 1))
    monday = report_of(shop, MONDAY, local(11, 23, 17))
    assert rows(monday) == [("L", "100", "11", "89", "2026-11-20"), ("T", "36", "1", "35", "")]
    assert "since 2026-11-20" in text_of(monday)


def test_goods_that_came_in_are_no_sales(shop):
    label = shop.keeps("L", 100)
    shop.sells(local(11, 23, 9), (label, "10"))
    make.move(label, 25, home=shop.home, at=local(11, 23, 12), kind=Movement.Kind.RECEIPT)
    assert rows(report_of(shop, MONDAY, local(11, 23, 17))) == [("L", "125", "10", "115", "")]


def test_quantities_are_digits_without_trailing_zeros(shop):
    flour = shop.keeps("F", "100.5", allows_fractions=True)
    shop.sells(local(11, 23, 9), (flour, "0.25"))
    assert rows(report_of(shop, MONDAY, local(11, 23, 17))) == [("F", "100.5", "0.25", "100.25", "")]


def test_an_empty_day_is_a_report_too(shop):
    shop.keeps("L", 100)
    report = report_of(shop, MONDAY, local(11, 23, 17))
    assert (report.orders_processed, report.updates, report.discrepancies) == (0, [], [])
    assert text_of(report).splitlines()[-1] == "Nothing to update."
    assert report.email.payload["subject"] == "End of day 2026-11-23, MAIN: nothing to update"


def test_an_order_of_goods_not_kept_in_excel_is_counted_and_asks_for_nothing(shop):
    crate = make.stock(10, home=shop.home, code="C")
    order = shop.sells(local(11, 23, 9), (crate, 2))
    assert order.lines.count() == 1
    with at(local(11, 23, 17)):
        assert locations_due(MONDAY) == [shop.location]
        assert locations_due(FRIDAY) == []
    report = report_of(shop, MONDAY, local(11, 23, 17))
    assert (report.orders_processed, report.updates) == (1, [])


def test_a_place_with_stock_kept_in_excel_is_owed_a_report_and_others_are_not(shop):
    shop.keeps("L", 100)
    make.stock(10, home=make.zone("B", "EAST"))
    with at(local(11, 23, 17)):
        assert [place.code for place in locations_due(MONDAY)] == ["MAIN"]


def test_the_draft_to_the_manager_has_the_workbook_bound_by_its_hash(shop, settings):
    settings.INVENTORY_MANAGER_MAILBOX = "manager@example.com"
    shop.sells(local(11, 23, 9), (shop.keeps("0012", 100), 10))
    report = report_of(shop, MONDAY, local(11, 23, 17))
    draft = report.email
    assert (draft.status, draft.workflow_run, draft.entity_ref) == ("pending", None, f"day_end_report:{report.pk}")
    assert draft.payload["mailbox"] == "manager@example.com"
    assert draft.payload["body"] == text_of(report)
    [attached] = draft.payload["attachments"]
    assert attached == {
        "name": "end-of-day-2026-11-23-main.xlsx", "path": ANY, "sha256": ANY, "storage": "default",
    }  # fmt: skip
    with storages["default"].open(attached["path"]) as file:
        content = file.read()
    assert hashlib.sha256(content).hexdigest() == attached["sha256"]
    reading = read_stock_sheet(content, file_name=attached["name"])
    assert [(line.item_code, line.counted) for line in reading.lines] == [("0012", Decimal(90))]


def test_the_draft_is_approved_and_leaves_with_its_workbook(shop, mailoutbox, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    shop.sells(local(11, 23, 9), (shop.keeps("L", 100), 10))
    report = report_of(shop, MONDAY, local(11, 23, 17))
    make.approve(report.email, make.approver())
    assert send_due() == 1
    [message] = mailoutbox
    name, _content, _kind = message.attachments[0]
    assert (message.to, name) == (["warehouse@example.com"], "end-of-day-2026-11-23-main.xlsx")


def test_the_workbook_is_read_back_as_what_remains(shop):
    for code, on_hand, sold in (("0007", 1000, 200), ("TBALTAG0363N", "12.5", "0.5"), ("LAST", 3, 3)):
        shop.sells(local(11, 23, 9), (shop.keeps(code, on_hand, allows_fractions=True), sold))
    report = report_of(shop, MONDAY, local(11, 23, 17))
    reading = read_stock_sheet(workbook_of(report), file_name="end.xlsx")
    assert not reading.refused
    assert not reading.errors
    assert {line.item_code: line.counted for line in reading.lines} == {
        "0007": Decimal(800), "TBALTAG0363N": Decimal(12), "LAST": Decimal(0),
    }  # fmt: skip
    for item_code, remaining in Balance.objects.values_list("item__item_code", "quantity_on_hand"):
        assert {line.item_code: line.counted for line in reading.lines}[item_code] == remaining


def test_a_report_of_a_past_day_says_what_is_of_now(shop):
    label = shop.keeps("L", 100)
    shop.sells(local(11, 20, 11), (label, 10))
    shop.sells(local(11, 23, 9), (label, 1))
    report = report_of(shop, FRIDAY, local(11, 23, 10))
    assert (report.orders_processed, rows(report)) == (1, [("L", "100", "11", "89", "")])
    assert "Made on 2026-11-23 for 2026-11-20: the orders are of that day" in text_of(report)


def test_a_day_to_come_is_refused(shop):
    with pytest.raises(Refused, match="2026-11-24 is still to come"):
        report_of(shop, date(2026, 11, 24), local(11, 23, 17))
    assert not DayEndReport.objects.exists()


def test_only_those_who_may_make_one(shop):
    with at(local(11, 23, 17)), pytest.raises(Refused, match="may not make"):
        make_report(business_date=MONDAY, location=shop.location, by=make.user("", "quote manager"))
    with at(local(11, 23, 17)):
        by = make.user("", "counter")
        assert make_report(business_date=MONDAY, location=shop.location, by=by).made_by == by


def test_the_draft_lost_in_a_crash_is_staged_the_next_time(shop, monkeypatch):
    shop.keeps("L", 100)
    full = OSError("no space left on device")

    def fail(*args, **kwargs):
        raise full

    with monkeypatch.context() as patch:
        patch.setattr(storages["default"], "save", fail)
        with pytest.raises(OSError, match="no space"):
            report_of(shop, MONDAY, local(11, 23, 17))
    kept = DayEndReport.objects.get()
    assert kept.email is None
    report = report_of(shop, MONDAY, local(11, 23, 18))
    assert (report.pk, report.made_at, report.email.status) == (kept.pk, kept.made_at, "pending")


def test_the_cost_of_a_report_does_not_grow_with_its_items(shop, django_assert_max_num_queries):
    for number in range(40):
        shop.sells(local(11, 23, 9), (shop.keeps(f"I{number}", 100), 1))
    with django_assert_max_num_queries(40):
        report = report_of(shop, MONDAY, local(11, 23, 17))
    assert len(report.updates) == ExcelUpdate.objects.count() == 40
