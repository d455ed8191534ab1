"""The raw floor: the same durable rows by hand-written, set-based SQL. No checks, no words, no rounding rules.

A denominator, not a product: COPY of the parsed rows, one INSERT of lines with their variance, one of proposals, one
UPDATE for the approval, one INSERT of movements, one UPDATE of balances, one push row.
"""

import json
import uuid
from collections.abc import Sequence

from django.contrib.auth.models import User
from django.db import connection, transaction

from approvals.clock import now
from inventory.counting.submission import CountedItem
from inventory.models import Zone


def stage(zone: Zone, counts: Sequence[CountedItem], by: User) -> tuple[int, int]:
    """Parsed rows -> sheet, run, lines, envelope and proposals, committed. Returns (sheet id, envelope id)."""
    moment = now()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE walked (item_code text, counted numeric, place text) ON COMMIT DROP")
        with cursor.copy("COPY walked FROM STDIN") as copy:
            for line in counts:
                copy.write_row((line.item_code, line.counted, line.row))
        cursor.execute(
            _RUN,
            [
                str(uuid.uuid4()),
                json.dumps([[c.item_code, str(c.counted), c.row] for c in counts]),
                by.pk,
                moment,
            ],
        )
        run_id = cursor.fetchone()[0]
        cursor.execute(_SHEET, [uuid.uuid4().hex[:11], zone.pk, moment, by.pk, moment, run_id, moment])
        sheet_id = cursor.fetchone()[0]
        cursor.execute(_LINES, [sheet_id, moment, zone.location_id])
        cursor.execute(_ENVELOPE, [run_id, moment])
        envelope_id = cursor.fetchone()[0]
        cursor.execute(_PROPOSALS, [run_id, envelope_id, moment, sheet_id])
    return sheet_id, envelope_id


def post(zone: Zone, sheet_id: int, envelope_id: int, by: User) -> None:
    """Approval -> decisions, adjustment, push, movements, balances, committed."""
    moment = now()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_APPROVE, [by.pk, moment, envelope_id, envelope_id])
        cursor.execute("SELECT run_id FROM inventory_countsheet WHERE id = %s", [sheet_id])
        run_id = cursor.fetchone()[0]
        cursor.execute(_PUSH, [uuid.uuid4().hex.upper(), run_id, moment, moment, sheet_id])
        push_id = cursor.fetchone()[0]
        cursor.execute(_ADJUSTMENT, [run_id, sheet_id, zone.location_id, by.pk, envelope_id, push_id, moment, moment])
        adjustment_id = cursor.fetchone()[0]
        cursor.execute(_DECIDE_LINES, [adjustment_id, sheet_id])
        cursor.execute(_MOVEMENTS, [zone.location_id, moment, by.pk, adjustment_id])
        cursor.execute(_BALANCES, [adjustment_id, zone.location_id])


_RUN = """
    INSERT INTO approvals_workflowrun (workflow_type, correlation_id, subject, status, inputs, warnings, summary,
        started_by_id, started_at)
    VALUES ('floor', %s, 'floor', 'waiting', %s, '[]', '{}', %s, %s) RETURNING id
"""
_SHEET = """
    INSERT INTO inventory_countsheet (code, zone_id, status, planned_because, source, counted_at, counted_by_id,
        submitted_at, run_id, guardrail_note, created_at)
    VALUES (%s, %s, 'counted', '', 'command', %s, %s, %s, %s, '', %s) RETURNING id
"""
_LINES = """
    INSERT INTO inventory_countline (sheet_id, item_id, count_number, row, is_on_sheet, counted, counted_at, on_hand,
        expected, variance, variance_pct, variance_value, unit_cost, classification, why, suggested_reason, decision)
    SELECT %s, item.id, 1, walked.place, true, walked.counted, %s, balance.quantity_on_hand, balance.quantity_on_hand,
        walked.counted - balance.quantity_on_hand,
        round((walked.counted - balance.quantity_on_hand) * 100 / balance.quantity_on_hand, 4),
        round((walked.counted - balance.quantity_on_hand) * item.avg_cost, 2), item.avg_cost, 'needs_review',
        'beyond', '', ''
    FROM walked JOIN inventory_item item ON item.item_code = walked.item_code
    JOIN inventory_balance balance ON balance.item_id = item.id AND balance.location_id = %s
"""
_ENVELOPE = """
    INSERT INTO approvals_proposedaction (action_type, title, status, risk, workflow_run_id, entity_type, entity_ref,
        payload, proposed_at, decided_via, decided_hash, reason_note)
    VALUES ('floor', 'floor', 'pending', 3, %s, 'inventory_zone', 'floor', '{}', %s, '', '', '') RETURNING id
"""
_PROPOSALS = """
    WITH proposed AS (
    INSERT INTO approvals_proposedaction (action_type, title, status, risk, workflow_run_id, envelope_id, entity_type,
        entity_ref, payload, proposed_at, decided_via, decided_hash, reason_note)
    SELECT 'floor', item.item_code || ': counted ' || line.counted, 'pending', 3, %s, %s, 'inventory_zone',
        'count_line:' || line.id, jsonb_build_object('item_code', item.item_code, 'on_hand', line.on_hand::text,
            'physical_qty', line.counted::text, 'expected', line.expected::text, 'variance', line.variance::text,
            'variance_pct', line.variance_pct::text, 'variance_value', line.variance_value::text,
            'suggested_reason', '', 'location', 'floor'),
        %s, '', '', ''
    FROM inventory_countline line JOIN inventory_item item ON item.id = line.item_id WHERE line.sheet_id = %s
    RETURNING id, split_part(entity_ref, ':', 2)::bigint AS line_id)
    UPDATE inventory_countline line SET proposed_action_id = proposed.id FROM proposed WHERE line.id = proposed.line_id
"""
_APPROVE = """
    UPDATE approvals_proposedaction SET status = 'approved', decided_by_id = %s, decided_at = %s, decided_via = 'floor'
    WHERE (envelope_id = %s OR id = %s) AND status = 'pending'
"""
_PUSH = """
    INSERT INTO netsuite_push (external_id, record_type, label, payload, payload_hash, line_count, workflow_run_id,
        status, attempts, failed_lookups, may_be_recorded, next_attempt_at, internal_id, tran_id, last_class,
        last_outcome, created_at)
    SELECT %s, 'inventoryadjustment', 'floor', jsonb_agg(jsonb_build_object('item', item.item_code, 'adjustQtyBy',
        line.variance::text)), 'hash', count(*), %s, 'cancelled', 0, 0, false, %s, '', '', '', '', %s
    FROM inventory_countline line JOIN inventory_item item ON item.id = line.item_id WHERE line.sheet_id = %s
    RETURNING id
"""
_ADJUSTMENT = """
    INSERT INTO inventory_adjustment (run_id, sheet_id, number, location_id, guardrail, approved_by_id, sign_off_id,
        push_id, line_count, net_value, gross_value, created_at, posted_at)
    VALUES (%s, %s, 1, %s, '', %s, %s, %s, 0, 0, 0, %s, %s) RETURNING id
"""
_DECIDE_LINES = """
    UPDATE inventory_countline SET decision = 'approved', adjustment_id = %s WHERE sheet_id = %s
"""
_MOVEMENTS = """
    INSERT INTO inventory_movement (item_id, location_id, delta, kind, source, reference, occurred_at, recorded_at,
        recorded_by_id, adjustment_id, count_line_id)
    SELECT item_id, %s, variance, 'count', 'count', 'floor', counted_at, %s, %s, adjustment_id, id
    FROM inventory_countline WHERE adjustment_id = %s
"""
_BALANCES = """
    UPDATE inventory_balance balance SET quantity_on_hand = balance.quantity_on_hand + line.variance,
        last_counted_at = line.counted_at
    FROM inventory_countline line
    WHERE line.adjustment_id = %s AND balance.location_id = %s AND balance.item_id = line.item_id
"""
