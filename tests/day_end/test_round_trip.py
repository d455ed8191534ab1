"""With real workbooks: what a sync leaves open is told in the evening; what was entered is proved in the morning."""

from datetime import date
from typing import Any

import pytest

from approvals.clock import at
from inventory.day_end.discrepancies import discrepancies
from inventory.day_end.entering import enter_items, standings
from inventory.day_end.reporting import make_report
from inventory.day_end.workbook import workbook_name, workbook_of
from inventory.excel.committing import commit_workbook
from inventory.models import ExcelUpdate
from tests import factories as make
from tests.day_end.conftest import local
from tests.excel.workbooks_made import bring, sync

pytestmark = pytest.mark.django_db
MONDAY = date(2026, 11, 23)
VERIFY = "Please verify the physical stock."


@pytest.fixture
def shelf(shop):
    make.ballast(shop.home)
    return {code: shop.keeps(code, 250, cost=1) for code in ("FEW", "MANY", "FINE", "LEFT-OUT")}


def told(shop):
    return {row.item_code: row.action for row in discrepancies(shop.location)}


def test_each_tier_is_told_with_its_action(shop, shelf):
    rows = [(shelf["FEW"], 300), (shelf["MANY"], 900), (shelf["FINE"], 250)]
    with at(local(11, 23, 9)):
        sync(rows, home=shop.home)
    assert told(shop) == {
        "FEW": f"Excel says 300, the system 250. {VERIFY}",
        "MANY": f"Excel says 900, the system 250. {VERIFY} Nothing changes until it is approved.",
        "LEFT-OUT": "Excel does not have it, the system says 250. Please add its row, or say why it is gone.",
    }


def test_what_was_fixed_by_itself_is_to_be_looked_at(shop, shelf):
    rows = [(shelf[code], 300 if code == "FEW" else 250) for code in shelf]
    with at(local(11, 23, 9)):
        sync(rows, home=shop.home, auto_fix=True)
    assert told(shop) == {
        "FEW": "The system was set from 250 to Excel’s 300 by itself. Please look at it and mark it reviewed.",
    }


def test_the_next_morning_proves_what_was_entered(shop, shelf):
    with at(local(11, 23, 9)):
        sync([(item, 250) for item in shelf.values()], home=shop.home)
    shop.sells(local(11, 23, 11), (shelf["FEW"], 20), (shelf["MANY"], 200))
    with at(local(11, 23, 17)):
        report = make_report(business_date=MONDAY, location=shop.location)
        enter_items(report=report, codes={"FEW", "MANY"}, by=make.approver())
    with at(local(11, 24, 9)):
        upload = bring(workbook_of(report), home=shop.home, name=workbook_name(report))
        found = commit_workbook(upload=upload, by=upload.uploaded_by)
    lines: dict[str, Any] = {line.item_code: (line.classification, line.counted) for line in found.lines.all()}
    assert lines["FEW"] == ("match", 230)
    assert lines["MANY"] == ("match", 50)
    assert {each.status for each in standings(report)} == {"proved"}
    assert not ExcelUpdate.objects.exclude(status="proved").exists()
    # The report's workbook has the sold items only; what it leaves out keeps its stock.
    assert make.on_hand(shelf["FINE"], shop.home) == 250
