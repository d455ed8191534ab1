"""A workbook from parsed rows to its committed outcome: lines, what is posted, what is proposed; beside raw SQL.

Of a hundred rows 80 match, 15 are adjusted, 4 go to a person and one is blocked. The floor writes the same durable
rows by hand-written, set-based SQL: no words, no history, no rounding rules, no audit.
"""

import io
import json
import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any

import openpyxl
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from approvals.clock import now
from benchmarks.counting import seconds
from benchmarks.world import zone_with_items
from inventory.excel.submission import start_sync
from inventory.models import Authority, Balance, ExcelSync, Movement, SyncLine, Zone
from inventory.spreadsheets.stock_sheet import read_stock_sheet
from inventory.stock.authority import set_authority
from inventory.stock.ledger import NewMovement, record_movements
from inventory.uploads.stored import CheckedLine, SheetRows, StoredReading


def off_by(n: int) -> int:
    """How far row n of the workbook is from the ledger, in units."""
    kind = n % 100
    if kind < 80:
        return 0
    return 1 + n % 9 if kind < 95 else 20 + n % 15 if kind < 99 else 101


def parsed(name: str, size: int) -> StoredReading:
    lines = tuple(
        CheckedLine(f"{name}-{n:06d}", Decimal(100 + off_by(n)), str(100 + off_by(n)), "Stock", n + 2, f"Row {n + 2}")
        for n in range(size)
    )
    return StoredReading(source="upload", sheets=(SheetRows("Stock", True, size, size, 0, 0),), lines=lines)


def stage(name: str, size: int) -> tuple[Zone, StoredReading]:
    zone = zone_with_items(name, size)
    mine = Balance.objects.filter(location=zone.location)
    set_authority(balances=mine, authority=Authority.EXCEL, by=None, reason="Benchmark")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return zone, parsed(name, size)


def ours(name: str, size: int, by: User) -> float:
    zone, reading = stage(name, size)
    taken, sync = seconds(lambda: _sync(zone, reading, by))
    _check(sync, size)
    return taken


def _sync(zone: Zone, reading: StoredReading, by: User) -> ExcelSync:
    return start_sync(
        location=zone.location, as_of=now() - timedelta(minutes=1), reading=reading, source="upload", by=by
    )


def _check(sync: ExcelSync, size: int) -> None:
    lines, moved = sync.lines.count(), Movement.objects.filter(sync_line__sync=sync).count()
    asked = SyncLine.objects.filter(sync=sync, proposed_action__isnull=False).count()
    if (lines, moved, asked) != (size, size * 15 // 100, size * 5 // 100):
        raise SystemExit(f"{size} rows gave {lines} lines, {moved} movements and {asked} proposals.")


def query_count(name: str, size: int, by: User) -> int:
    zone, reading = stage(name, size)
    with CaptureQueriesContext(connection) as queries:
        _sync(zone, reading, by)
    return len(queries)


def reader(size: int) -> float:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Stock")
    sheet.append(["Product code", "Description", "Qty"])
    for n in range(size):
        sheet.append([f"R-{n:06d}", f"Item {n}", 100 + off_by(n)])
    stream = io.BytesIO()
    book.save(stream)
    taken, found = seconds(lambda: read_stock_sheet(stream.getvalue(), file_name="stock.xlsx"))
    if found.rows_in != size:
        raise SystemExit(f"{found.rows_in} of {size} rows were read.")
    return taken


def false_discrepancies(name: str, size: int, by: User) -> tuple[int, int, int]:
    """(items sold after the workbook was saved, differences we report, differences of the client's own compare).

    The client's compare: `excel_quantity != postgresql_quantity`, with our quantity as it is at the upload.
    """
    zone = zone_with_items(name, size)
    balances = Balance.objects.filter(location=zone.location)
    set_authority(balances=balances, authority=Authority.EXCEL, by=None, reason="Benchmark")
    lines = tuple(CheckedLine(f"{name}-{n:06d}", Decimal(100), "100", "Stock", n + 2, "") for n in range(size))
    reading = StoredReading(source="upload", sheets=(SheetRows("Stock", True, size, size, 0, 0),), lines=lines)
    saved = now()
    ids = list(balances.order_by("item_id").values_list("item_id", flat=True))
    sold = [NewMovement(pk, Decimal(-(1 + n % 60)), Movement.Kind.SHIPMENT, now()) for n, pk in enumerate(ids[::3])]
    record_movements(sold, location=zone.location, source="benchmark")
    sync = start_sync(location=zone.location, as_of=saved, reading=reading, source="upload", by=by)
    naive = balances.exclude(quantity_on_hand=100).count()
    return len(sold), sync.lines.exclude(variance=0).count(), naive


def raw_floor(name: str, size: int, by: User) -> float:
    zone, reading = stage(name, size)
    taken, _ = seconds(lambda: _floor(zone, reading, by))
    return taken


def _floor(zone: Zone, reading: StoredReading, by: User) -> None:
    moment = now()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE stated (item_code text, counted numeric, n int) ON COMMIT DROP")
        with cursor.copy("COPY stated FROM STDIN") as copy:
            for line in reading.lines:
                copy.write_row((line.item_code, line.counted, line.row))
        inputs = json.dumps(reading.to_json())
        run_id = _one(cursor, _RUN, [str(uuid.uuid4()), inputs, by.pk, moment])
        sync_id = _one(cursor, _SYNC, [zone.location_id, run_id, moment, by.pk, moment])
        cursor.execute(_LINES, [sync_id, moment, zone.location_id])
        envelope_id = _one(cursor, _ENVELOPE, [run_id, moment])
        cursor.execute(_PROPOSALS, [run_id, envelope_id, moment, sync_id])
        push_id = _one(cursor, _PUSH, [uuid.uuid4().hex.upper(), run_id, moment, moment, sync_id])
        adjustment_id = _one(cursor, _ADJUSTMENT, [run_id, sync_id, zone.location_id, push_id, moment, moment])
        cursor.execute(_DECIDE, [adjustment_id, sync_id])
        cursor.execute(_MOVEMENTS, [zone.location_id, moment, adjustment_id])
        cursor.execute(_BALANCES, [adjustment_id, zone.location_id])


def _one(cursor: Any, statement: str, parameters: list[Any]) -> int:
    cursor.execute(statement, parameters)
    return int(cursor.fetchone()[0])


_RUN = """
    INSERT INTO approvals_workflowrun (workflow_type, correlation_id, subject, status, inputs, warnings, summary,
        started_by_id, started_at)
    VALUES ('floor', %s, 'floor', 'waiting', %s, '[]', '{}', %s, %s) RETURNING id
"""
_SYNC = """
    INSERT INTO inventory_excelsync (location_id, source, run_id, as_of, auto_fix, submitted_by_id, submitted_at,
        sheets, tally, guardrail_note)
    VALUES (%s, 'upload', %s, %s, false, %s, %s, '[]', '{}', '') RETURNING id
"""
_LINES = """
    INSERT INTO inventory_syncline (sync_id, item_id, item_code, description, sheet, row, rows, stated, counted,
        counted_at, on_hand, expected, unentered, variance, variance_pct, variance_value, unit_cost, classification,
        why, is_flagged, suggested_reason, decision)
    SELECT %s, item.id, item.item_code, item.description, 'Stock', stated.n, 1, stated.counted::text, stated.counted,
        %s, balance.quantity_on_hand, balance.quantity_on_hand, 0, stated.counted - balance.quantity_on_hand,
        round((stated.counted - balance.quantity_on_hand) * 100 / balance.quantity_on_hand, 4),
        round((stated.counted - balance.quantity_on_hand) * item.avg_cost, 2), item.avg_cost,
        CASE WHEN stated.counted = balance.quantity_on_hand THEN 'match'
            WHEN abs(stated.counted - balance.quantity_on_hand) < 10 THEN 'auto_adjust'
            WHEN abs(stated.counted - balance.quantity_on_hand) <= 100 THEN 'review' ELSE 'alert' END,
        'within', false, '',
        CASE WHEN abs(stated.counted - balance.quantity_on_hand) BETWEEN 1 AND 9 THEN 'guardrail' ELSE '' END
    FROM stated JOIN inventory_item item ON item.item_code = stated.item_code
    JOIN inventory_balance balance ON balance.item_id = item.id AND balance.location_id = %s
"""
_ENVELOPE = """
    INSERT INTO approvals_proposedaction (action_type, title, status, risk, workflow_run_id, entity_type, entity_ref,
        payload, proposed_at, decided_via, decided_hash, reason_note)
    VALUES ('floor', 'floor', 'pending', 3, %s, 'inventory_location', 'floor', '{}', %s, '', '', '') RETURNING id
"""
_PROPOSALS = """
    WITH proposed AS (
    INSERT INTO approvals_proposedaction (action_type, title, status, risk, workflow_run_id, envelope_id, entity_type,
        entity_ref, payload, proposed_at, decided_via, decided_hash, reason_note)
    SELECT 'floor', item_code || ': Excel says ' || counted, 'pending', 3, %s, %s, 'inventory_location',
        'sync_line:' || id, jsonb_build_object('item_code', item_code, 'on_hand', on_hand::text,
            'physical_qty', counted::text, 'expected', expected::text, 'variance', variance::text,
            'variance_pct', variance_pct::text, 'variance_value', variance_value::text, 'suggested_reason', '',
            'location', 'floor'),
        %s, '', '', ''
    FROM inventory_syncline WHERE sync_id = %s AND classification IN ('review', 'alert')
    RETURNING id, split_part(entity_ref, ':', 2)::bigint AS line_id)
    UPDATE inventory_syncline line SET proposed_action_id = proposed.id FROM proposed WHERE line.id = proposed.line_id
"""
_PUSH = """
    INSERT INTO netsuite_push (external_id, record_type, label, payload, payload_hash, line_count, workflow_run_id,
        status, attempts, failed_lookups, may_be_recorded, next_attempt_at, internal_id, tran_id, last_class,
        last_outcome, created_at)
    SELECT %s, 'inventoryadjustment', 'floor', jsonb_agg(jsonb_build_object('item', item_code, 'adjustQtyBy',
        variance::text)), 'hash', count(*), %s, 'cancelled', 0, 0, false, %s, '', '', '', '', %s
    FROM inventory_syncline WHERE sync_id = %s AND decision = 'guardrail' RETURNING id
"""
_ADJUSTMENT = """
    INSERT INTO inventory_adjustment (run_id, sync_id, number, location_id, guardrail, push_id, line_count, net_value,
        gross_value, created_at, posted_at)
    VALUES (%s, %s, 1, %s, 'floor', %s, 0, 0, 0, %s, %s) RETURNING id
"""
_DECIDE = """
    UPDATE inventory_syncline SET adjustment_id = %s WHERE sync_id = %s AND decision = 'guardrail'
"""
_MOVEMENTS = """
    INSERT INTO inventory_movement (item_id, location_id, delta, kind, source, reference, occurred_at, recorded_at,
        adjustment_id, sync_line_id)
    SELECT item_id, %s, variance, 'sync', 'excel', 'floor', counted_at, %s, adjustment_id, id
    FROM inventory_syncline WHERE adjustment_id = %s
"""
_BALANCES = """
    UPDATE inventory_balance balance SET quantity_on_hand = balance.quantity_on_hand + line.variance
    FROM inventory_syncline line
    WHERE line.adjustment_id = %s AND balance.location_id = %s AND balance.item_id = line.item_id
"""
