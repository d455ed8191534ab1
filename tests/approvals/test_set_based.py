"""Set-based writing says the same as writing row by row, on both databases, in a fixed number of statements."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from approvals.models import ProposedAction
from approvals.set_based import insert_rows, update_rows, update_where_pk_in
from inventory.models import CountLine, CountSheet, Item, Movement
from inventory.stock.ledger import NewMovement, record_movements
from tests import factories as make

pytestmark = pytest.mark.django_db
MANY = 5_000
WHEN = datetime(2026, 11, 23, 11, 0, 0, 123456, tzinfo=UTC)


def lines_of(sheet, items, rows):
    columns = [
        *("sheet", "item", "count_number", "row", "is_on_sheet", "counted", "counted_at", "variance"),
        *("classification", "why", "suggested_reason", "decision"),
    ]
    fixed = ("not_counted", "", "", "")
    return insert_rows(
        CountLine, columns, [(sheet.pk, item, 1, *row, *fixed) for item, row in zip(items, rows, strict=True)]
    )


@pytest.fixture
def sheet(db):
    return CountSheet.objects.create(zone=make.zone())


def items(n):
    insert_rows(
        Item,
        [
            *("item_code", "description", "unit", "case_pack", "allows_fractions", "avg_cost"),
            *("abc_class", "barcode", "is_active", "netsuite_id"),
        ],
        [(f"{i:05d}", "", "each", None, False, Decimal("1.5"), "C", "", True, "") for i in range(n)],
    )
    return list(Item.objects.order_by("item_code").values_list("pk", flat=True))


def test_nulls_decimals_texts_and_times_arrive_as_given(sheet):
    rows = [
        ("row 1", True, Decimal("12.345"), WHEN, Decimal("-0.001")),
        ("", False, None, None, None),
        ("tab\there, “quotes”, \\N, back\\slash\nnew line", True, Decimal("99999999999.999"), WHEN, Decimal(0)),
        ("größe 漢字", True, Decimal("1E+3"), WHEN.astimezone(timezone(timedelta(hours=-5))), Decimal(7)),
    ]
    assert lines_of(sheet, items(4), rows) == 4
    stored = sheet.lines.order_by("pk").values_list("row", "is_on_sheet", "counted", "counted_at", "variance")
    assert list(stored) == rows


def test_json_arrives_as_given_and_can_be_asked_for():
    payloads = [{"a": None, "b": [1, "2", {"c": "ü\n"}], "d": 1.5}, {}, {"a": "\\N"}]
    columns = "action_type title status risk entity_type entity_ref payload proposed_at"
    insert_rows(
        ProposedAction,
        [*columns.split(), "decided_via", "decided_hash", "reason_note"],
        [("t", "T", "pending", 3, "e", f"{n}", p, WHEN, "", "", "") for n, p in enumerate(payloads)],
    )
    assert list(ProposedAction.objects.order_by("pk").values_list("payload", flat=True)) == payloads
    assert ProposedAction.objects.get(payload__b__2__c="ü\n").entity_ref == "0"
    pk = ProposedAction.objects.get(entity_ref="1").pk
    assert update_rows(ProposedAction, ["payload", "title"], [(pk, {"x": [True, None]}, "New")]) == 1
    changed = ProposedAction.objects.get(pk=pk)
    assert (changed.payload, changed.title) == ({"x": [True, None]}, "New")


def test_updates_reach_their_own_rows_and_no_others(sheet):
    codes = items(4)
    lines_of(sheet, codes, [("", True, Decimal(5), WHEN, None)] * 4)
    first, second, third, fourth = sheet.lines.order_by("pk").values_list("pk", flat=True)
    rows = [
        (first, Decimal("1.250"), "why “so”", "match", WHEN),
        (second, None, "", "needs_review", None),
        (third, Decimal(0), "\\N", "not_counted", WHEN),
    ]
    changed = update_rows(CountLine, ["variance", "why", "classification", "counted_at"], rows)
    assert changed == 3
    stored = sheet.lines.order_by("pk").values_list("pk", "variance", "why", "classification", "counted_at")
    assert list(stored) == [*rows, (fourth, None, "", "not_counted", WHEN)]


def test_nothing_to_write_is_nothing(sheet):
    assert insert_rows(CountLine, ["sheet"], []) == 0
    assert update_rows(CountLine, ["why"], []) == 0
    assert update_where_pk_in(CountLine.objects.all(), [], why="x") == 0
    assert not CountLine.objects.filter(pk__any_of=[]).exists()
    assert not Item.objects.filter(item_code__any_of=[]).exists()


def test_a_conditional_update_tells_how_many_it_won(sheet):
    lines_of(sheet, items(3), [("", True, None, None, None)] * 3)
    ids = list(sheet.lines.values_list("pk", flat=True))
    sheet.lines.filter(pk=ids[0]).update(why="taken")
    assert update_where_pk_in(CountLine.objects.filter(why=""), [*ids, 10**9], why="mine") == 2


def test_five_thousand_rows_take_as_many_statements_as_two(sheet):
    codes = items(MANY)

    def write(chosen):
        with CaptureQueriesContext(connection) as queries:
            lines_of(sheet, chosen, [("", True, Decimal(n), WHEN, None) for n in range(len(chosen))])
            ids = list(CountLine.objects.filter(item__any_of=chosen).values_list("pk", flat=True))
            assert update_rows(CountLine, ["why"], [(pk, f"line {pk}") for pk in ids]) == len(chosen)
            assert update_where_pk_in(CountLine.objects.all(), ids, decision="recount") == len(chosen)
        return len(queries)

    assert write(codes[:2]) == write(codes[2:])
    assert CountLine.objects.filter(decision="recount").count() == MANY
    assert all(line.why == f"line {line.pk}" for line in CountLine.objects.all()[:50])
    wanted = [f"{n:05d}" for n in range(0, MANY, 2)]
    assert Item.objects.filter(item_code__any_of=[*wanted, "none"]).count() == MANY / 2


def submitted_and_approved(lines):
    """How many statements it takes to count and approve so many lines, half of them disputed."""
    home, by, approver = make.zone(), make.user(), make.approver()
    batch = items_in(home, lines)
    with CaptureQueriesContext(connection) as submitting:
        sheet = make.count(home, [(what, 150 if n % 2 else 100) for n, what in enumerate(batch)], by=by)
    envelope = make.envelope_of(sheet)
    page = make.seen(envelope)
    with CaptureQueriesContext(connection) as approving:
        make.approve(envelope, approver, seen_hash=page)
    assert sheet.lines.filter(adjustment__posted_at__isnull=False).count() == lines // 2
    return len(submitting), len(approving)


def items_in(home, n):
    """`n` items with 100 on hand."""
    prefix = f"{home.code}-"
    batch = Item.objects.bulk_create([Item(item_code=f"{prefix}{i:05d}", avg_cost=Decimal("0.1")) for i in range(n)])
    opening = [NewMovement(what.pk, Decimal(100), Movement.Kind.OPENING, WHEN) for what in batch]
    record_movements(opening, location=home.location, source="test", zone=home)
    return batch


@pytest.mark.slow
def test_counting_and_approving_2000_lines_takes_as_many_statements_as_100():
    submitted_and_approved(10)  # what is only made once is made
    few, many = submitted_and_approved(100), submitted_and_approved(2000)
    assert few == many
