"""Whatever the workbook says: every row is accounted for, nothing is lost, and saying it again changes nothing."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from approvals.clock import now
from inventory.excel.committing import commit_workbook
from inventory.excel.receiving import receive_workbook
from inventory.excel.unentered import missing_sales
from inventory.models import Authority, Balance, ExcelSync, ExcelUpdate, Item, Movement, SyncLine, Upload, Zone
from inventory.stock.authority import set_authority
from inventory.stock.ledger import NewMovement, first_wrong_balance, record_movements
from inventory.stock.opening import OpeningStock, open_stock
from tests import factories
from tests.excel.workbooks_made import ago, bring, kept, line_of, outcome_of, sync
from tests.inventory.spreadsheets import workbook_of
from tests.inventory.test_reading_openboxes import FOLDER

Outcome = SyncLine.Classification
SLOW = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]

codes = st.sampled_from([f"C{number:03d}" for number in range(12)])
cells = st.one_of(
    st.integers(0, 300), st.sampled_from(["NILL", "-", "", None, "n/a", "12 pcs", "abc", -4, 2.5, "1,200", "0"])
)
junk = st.sampled_from([(), ("", "", ""), ("Total", "", 99999), ("Winter stock", None, None), ("", "BRAND", "")])
rows = st.one_of(st.tuples(codes, st.sampled_from(["Tag", "", None]), cells), junk)
sheets = st.dictionaries(st.sampled_from(["Tags", "Labels", "Old"]), st.lists(rows, max_size=12), min_size=1)


def stock_of(home: Zone) -> None:
    factories.ballast(home)
    for number in range(0, 9):
        kept(40 + number, home=home, cost=1, code=f"C{number:03d}")


@pytest.mark.slow
@pytest.mark.django_db(transaction=False)
@given(sheets)
@settings(max_examples=20, deadline=None, suppress_health_check=SLOW)
def test_rows_in_are_rows_accounted_for_sheet_by_sheet(content: dict[str, list[Any]]) -> None:
    with transaction.atomic():
        home = factories.zone()
        stock_of(home)
        head = {name: [("Code", "Name", " QTY"), *body] for name, body in content.items()}
        upload = bring(workbook_of(head), home=home)
        if upload.status == Upload.Status.REFUSED:
            assert upload.reason
            assert not SyncLine.objects.exists()
            transaction.set_rollback(True)
            return
        on_hand = dict(Balance.objects.values_list("item__item_code", "quantity_on_hand"))
        found = commit_workbook(upload=upload, by=upload.uploaded_by)
        lines = list(found.lines.all())
        per_sheet: Counter[str] = Counter()
        for line in lines:
            per_sheet[line.sheet] += line.rows
        for sheet in found.sheets:
            assert sheet["rows_in"] == sheet["counted"] + sheet["refused"] + sheet["not_counted"]
        assert sum(per_sheet.values()) == sum(sheet["rows_in"] for sheet in found.sheets)
        assert sum(found.tally.values()) == len(lines)
        changed = {line.item_code for line in lines if line.adjustment_id or line.classification == Outcome.NEW_ITEM}
        for code, before in on_hand.items():
            if code not in changed:
                assert Balance.objects.get(item__item_code=code).quantity_on_hand == before
        assert first_wrong_balance() is None
        transaction.set_rollback(True)


@given(
    st.lists(st.integers(1, 50).map(Decimal), max_size=6),
    st.integers(0, 400).map(Decimal),
    st.integers(-20, 20).map(Decimal),
)
def test_missing_sales_explain_at_least_as_well_as_none(sold: list[Decimal], expected: Decimal, off: Decimal) -> None:
    for lacking in range(len(sold) + 1):
        stated = expected + sum(sold[len(sold) - lacking :], Decimal(0)) + off
        found = missing_sales(stated, expected, sold)
        left = abs(stated - expected - sum(sold[len(sold) - found :], Decimal(0)))
        assert left <= abs(off)
        assert left <= abs(stated - expected)


@pytest.mark.django_db
def test_sales_between_save_and_upload_give_no_false_discrepancy(record_property: Any) -> None:
    """300 items, a third sold after the workbook was saved; the client's compare looks at on hand as it is now."""
    home = factories.zone()
    items = Item.objects.bulk_create(Item(item_code=f"N{n:03d}", avg_cost=Decimal(1)) for n in range(300))
    open_stock(
        [OpeningStock(item.pk, Decimal(100 + n)) for n, item in enumerate(items)],
        location=home.location, zone=home, occurred_at=ago(days=30), reference="", source="test",
    )  # fmt: skip
    set_authority(balances=Balance.objects.all(), authority=Authority.EXCEL, by=None, reason="Test")
    saved = ago(hours=2)
    sold = [NewMovement(item.pk, Decimal(-(1 + n % 60)), Movement.Kind.SHIPMENT, saved + timedelta(minutes=5))
            for n, item in enumerate(items) if n % 3 == 0]  # fmt: skip
    record_movements(sold, location=home.location, source="test")
    found = sync([(item, 100 + n) for n, item in enumerate(items)], home=home, as_of=saved)
    naive = sum(
        line.counted != line.item.balances.get().quantity_on_hand
        for line in found.lines.select_related("item").prefetch_related("item__balances")
    )
    record_property("false_discrepancies_of_the_naive_compare", naive)
    assert naive == 100
    assert found.tally == {Outcome.MATCH: 300}


@pytest.mark.django_db
def test_marking_updates_as_entered_is_proved_by_the_next_workbook(sold_200: tuple[Item, Zone]) -> None:
    what, home = sold_200
    update = ExcelUpdate.objects.get()
    lagging = sync([(what, 1000)], home=home, as_of=ago(minutes=30))
    update.refresh_from_db()
    assert (outcome_of(lagging, what), update.status) == (Outcome.MATCH, ExcelUpdate.Status.PENDING)
    ExcelUpdate.objects.update(status=ExcelUpdate.Status.ENTERED, entered_at=ago(minutes=10))
    found = sync([(what, 800)], home=home, as_of=now())
    update.refresh_from_db()
    assert (outcome_of(found, what), line_of(found, what).unentered) == (Outcome.MATCH, 0)
    assert (update.status, update.proved_by) == (ExcelUpdate.Status.PROVED, found)


@pytest.mark.django_db
def test_entered_but_not_in_the_workbook_is_a_difference(sold_200: tuple[Item, Zone]) -> None:
    what, home = sold_200
    ExcelUpdate.objects.update(status=ExcelUpdate.Status.ENTERED, entered_at=ago(minutes=10))
    found = sync([(what, 1000)], home=home, as_of=now())
    assert (outcome_of(found, what), line_of(found, what).variance) == (Outcome.ALERT, 200)


@pytest.mark.django_db
@pytest.mark.skipif(not FOLDER.is_dir(), reason="the OpenBoxes files are not beside the project")
@pytest.mark.parametrize("name", ["mainWarehouseInventory.csv", "bostonWarehouseInventory.csv", "inventory_walk.xls"])
def test_files_nobody_here_wrote_are_synced_row_by_row(name: str) -> None:
    home = factories.zone()
    content = (FOLDER / name).read_bytes()
    first = sync_file(content, name, home)
    assert sum(line.rows for line in first.lines.all()) == sum(sheet["rows_in"] for sheet in first.sheets) > 0
    assert set(first.tally) <= {Outcome.NEW_ITEM, Outcome.NOT_STATED, Outcome.REFUSED}
    assert first_wrong_balance() is None


def sync_file(content: bytes, name: str, home: Zone) -> ExcelSync:
    by = factories.user()
    upload = receive_workbook(content=content, file_name=name, location=home.location, by=by, as_of=now())
    assert upload.status == Upload.Status.PREVIEWED, upload.reason
    return commit_workbook(upload=upload, by=by)
