"""The demo data: a believable supplier whose every figure the program itself made."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import authenticate, get_user_model
from django.db import transaction
from django.test import override_settings

from approvals import audit
from approvals.clock import at, now
from approvals.models import Guardrail, ProposedAction, ScheduledSlot, WorkflowRun
from inventory.counting.accuracy import by_zone
from inventory.counting.uploads import check_file
from inventory.demo.accounts import DEMO_ACCOUNTS
from inventory.demo.seeding import Seeded, seed_demo
from inventory.excel.committing import preview_workbook
from inventory.excel.morning import kept_by_workbooks
from inventory.excel.receiving import receive_workbook
from inventory.models import (
    Balance,
    CountLine,
    DayEndReport,
    ExcelSync,
    ExcelUpdate,
    Item,
    Location,
    Movement,
    Order,
    StockQuestion,
    SyncLine,
    Zone,
)
from inventory.stock.ledger import first_wrong_balance
from netsuite.models import Push
from tests import factories as make

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.xdist_group("demo")]
QUICK = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def figures() -> dict[str, Any]:
    """Everything that must be the same when the same day is seeded again."""
    lines = CountLine.objects.order_by("pk").values_list("item__item_code", "counted", "variance", "decision")
    # What a count or a workbook moved names its run or sync, whose numbers differ.
    goods = Movement.objects.exclude(kind__in=["count", "sync"]).exclude(source="excel").order_by("pk")
    moves = goods.values_list("item__item_code", "delta", "kind", "occurred_at", "reference")
    workbooks = SyncLine.objects.order_by("pk").values_list("item_code", "counted", "variance", "classification")
    sold = ExcelUpdate.objects.order_by("pk").values_list("order_line__order__order_id", "sold", "sold_at", "status")
    return {"lines": list(lines), "movements": list(moves), "workbooks": list(workbooks), "sold": list(sold)}


@pytest.fixture(scope="module")
def twice(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Seeded, dict[str, Any]]]:
    """The demo data, and the figures of a first seeding that was rolled back."""
    folder = tmp_path_factory.mktemp("demo")
    with (
        django_db_blocker.unblock(),
        override_settings(PASSWORD_HASHERS=QUICK, VAR_DIR=folder, MEDIA_ROOT=folder / "media"),
        transaction.atomic(),
        at(now()),
    ):
        with transaction.atomic():
            seed_demo()
            first = figures()
            transaction.set_rollback(True)
        yield seed_demo(), first
        transaction.set_rollback(True)


@pytest.fixture
def seeded(twice: tuple[Seeded, dict[str, Any]], db: None) -> Seeded:
    return twice[0]


def test_the_same_day_gives_the_same_data(twice, db):
    assert figures() == twice[1]


def test_the_catalogue_is_believable(seeded):
    assert Location.objects.count() == 3
    assert {zone.code for zone in Zone.objects.filter(location__code="MAIN")} == {"A", "B", "C", "D", "COLD"}
    assert Counter(Zone.objects.values_list("code", flat=True)).most_common(1)[0][1] == 1
    assert seeded.items >= 120
    assert Item.objects.filter(item_code__startswith="00").count() >= 3
    assert set(Item.objects.values_list("abc_class", flat=True)) == {"A", "B", "C"}
    homeless = Balance.objects.filter(zone=None) | Balance.objects.filter(bin="")
    assert [row.item.item_code for row in homeless.select_related("item")] == ["SMW-3101"]  # new in the workbook


def test_barcodes_have_right_check_digits(seeded):
    codes = list(Item.objects.exclude(barcode="").values_list("barcode", flat=True))
    assert len(codes) == len(set(codes)) > 100
    for code in codes:
        odd, even = code[-1::-2], code[-2::-2]
        assert (sum(map(int, odd)) + 3 * sum(map(int, even))) % 10 == 0


def test_assemblies_cost_what_their_components_cost(seeded):
    assemblies = Item.objects.filter(bill_of_materials__isnull=False).distinct()
    assert assemblies.count() == 2
    for assembly in assemblies:
        parts = [line.quantity * (line.component.avg_cost or 0) for line in assembly.bill_of_materials.all()]
        assert assembly.avg_cost == sum(parts) > 0


def test_the_books_hold_together(seeded):
    assert first_wrong_balance() is None
    assert audit.first_bad_entry() is None
    assert not Balance.objects.filter(quantity_on_hand__lt=0).exists()
    assert not Movement.objects.filter(occurred_at__gt=now()).exists()
    assert {"opening", "receipt", "shipment", "transfer", "assembly", "count", "sync"} == set(
        Movement.objects.values_list("kind", flat=True)
    )
    oldest = Movement.objects.order_by("occurred_at").first()
    assert oldest is not None
    assert 85 <= (now() - oldest.occurred_at).days <= 91


def test_the_history_shows_every_kind_of_decision(seeded):
    lines = Counter(ProposedAction.objects.filter(action_type="inventory_adjustment").values_list("status", flat=True))
    assert lines["approved"] >= 5
    assert lines["rejected"] >= 3
    assert lines["sent_back"] == CountLine.objects.filter(count_number=2, counted__isnull=False).count() == 2
    second = ProposedAction.objects.get(action_type="inventory_adjustment_approval", decided_by__username="second")
    assert Decimal(second.payload["gross_value"]) > 5000
    assert Guardrail.objects.get(name="count_capacity").version == 2
    assert set(WorkflowRun.objects.values_list("status", flat=True)) == {"completed", "waiting"}
    assert ScheduledSlot.objects.filter(schedule="inventory_reconciliation").count() == 11
    assert set(ScheduledSlot.objects.values_list("status", flat=True)) == {"done"}
    assert len(by_zone(now() - timedelta(days=80))) == 7


def test_few_pushes_wait_for_the_first_drain(seeded):
    assert 1 <= seeded.pushes <= 18
    assert set(Push.objects.values_list("status", flat=True)) == {"pending"}


def test_the_waiting_count_holds_every_kind_of_puzzle(seeded):
    lines = seeded.waiting.lines.select_related("item")
    open_lines = [line for line in lines if line.classification == "needs_review"]
    reasons = {line.suggested_reason.split(":")[0] for line in open_lines}
    assert {"Timing", "Keying", "Unit of measure", "Found", ""} <= reasons
    assert any(line.item.avg_cost is None for line in open_lines)
    assert any(line.counted is None for line in lines)
    assert make.run_of(seeded.waiting).status == "waiting"
    assert seeded.planned.status == "planned"


def test_everybody_can_log_in_and_nobody_is_more_than_their_role(seeded):
    with override_settings(PASSWORD_HASHERS=QUICK):
        for account in DEMO_ACCOUNTS:
            user = authenticate(username=account.username, password=account.password)
            assert user is not None, account.username
            assert user.is_staff
            assert user.is_superuser == (account.username == "admin")
            decides = account.username in {"approver", "second", "admin"}
            assert user.has_perm("approvals.decide_proposedaction") == decides


def test_the_ready_sheet_can_be_uploaded_and_the_messy_one_lists_its_mistakes(seeded):
    ready, messy = (read(path) for path in seeded.files)
    assert ready.errors == ()
    assert ready.answers == seeded.planned.code
    assert sum(line.counted is None for line in ready.lines) == 1
    assert len(messy.errors) >= 7


def read(path: Path) -> Any:
    return check_file(content=path.read_bytes(), file_name=path.name, zone=None, counted_at=now()).reading


def test_this_mornings_workbook_left_rows_in_every_outcome(seeded):
    (west,) = kept_by_workbooks()
    *earlier, today = ExcelSync.objects.filter(location=west).order_by("pk")
    assert {make.run_of(sync).status for sync in earlier} == {"completed"}
    assert make.run_of(today).status == "waiting"
    assert today.as_of > now() - timedelta(hours=24)
    assert set(today.tally) == set(SyncLine.Classification.values)
    assert today.lines.filter(classification="match", unentered__gt=0).count() == 1
    waiting = ProposedAction.objects.filter(workflow_run=today.run, action_type="excel_adjustment")
    assert set(waiting.values_list("status", flat=True)) == {"pending"}
    assert today.submitted_by is not None
    assert today.submitted_by.username == "counter"


def test_the_store_kept_in_excel_has_sold_entered_and_proved(seeded):
    assert set(ExcelUpdate.objects.values_list("status", flat=True)) >= {"pending", "proved"}
    assert set(Order.objects.values_list("status", flat=True)) == {"open", "fulfilled"}
    reports = DayEndReport.objects.filter(location__code="WEST")
    assert len([report for report in reports if report.updates]) >= 3
    question = StockQuestion.objects.get()
    assert question.status == "open"
    assert question.due_at > now()
    assert question.assigned_to is not None
    assert question.assigned_to.username == "counter"


def test_the_visitors_workbook_can_be_uploaded(seeded):
    west, counter = Location.objects.get(code="WEST"), get_user_model().objects.get(username="counter")
    content = seeded.workbook.read_bytes()
    upload = receive_workbook(content=content, file_name=seeded.workbook.name, location=west, by=counter)
    shown = preview_workbook(upload)
    assert len(shown.reading.sheets) == 2
    assert shown.blocked == ()
    assert {"match", "auto_adjust", "review", "alert", "refused"} <= set(shown.comparison.tally())
    assert "Chef coat, white" in {line.description for line in shown.reading.lines}
