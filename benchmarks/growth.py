"""The same feed on a young ledger and on one with years behind it.

A fifth of the movements of the past were fed, with their updates and events; the others are receipts and shipments.
"""

from django.db import connection

from benchmarks.ingest import Feed, ours


def rates(feed: Feed, sizes: list[int], size: int, messages: int) -> list[tuple[int, float]]:
    """(movements on the ledger, updates a second), one for each of the growing `sizes`."""
    measured = []
    for movements in sizes:
        _grow_to(feed, movements)
        ours(feed, size, 5)
        measured.append((movements, size * messages / ours(feed, size, messages)))
    return measured


def _grow_to(feed: Feed, movements: int) -> None:
    """What was fed before, spread evenly over the items and the last two years, in messages of 500."""
    location = feed.zone.location_id
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM inventory_movement WHERE location_id = %s", [location])
        missing = movements - cursor.fetchone()[0]
        below = -1 - movements  # sequences of the past lie below those to come
        facts = {"client": feed.client.pk, "location": location, "name": f"past-{movements}-", "below": below}
        for statement in (_MESSAGES, _UPDATES, _MOVEMENTS, _EVENTS):
            cursor.execute(statement, facts | {"rows": missing // 5})
        cursor.execute(_GOODS, facts | {"rows": missing - missing // 5})
        cursor.execute("VACUUM ANALYZE")


_MESSAGES = """
    INSERT INTO inventory_wmsmessage (client_id, webhook_id, source, body_hash, schema_version, received_at, answer,
        updates_sent, applied, unchanged, superseded, quarantined, compared, duplicate)
    SELECT %(client)s, %(name)s || n, 'file', repeat('0', 64), '1',
        now() - interval '2 years' + n * 500.0 / %(rows)s * (interval '2 years' - interval '2 hours'), '',
        0, 0, 0, 0, 0, 0, 0
    FROM generate_series(0, %(rows)s / 500) AS n
"""
_UPDATES = """
    INSERT INTO inventory_wmsupdate (client_id, message_id, position, sequence, sku, payload, payload_hash,
        schema_version, received_at, item_id, quantity, status, as_of, state, reason, why, delta, on_hand)
    SELECT %(client)s, message.id, n %% 500, %(below)s + n, item.item_code, '{}', repeat('0', 64), '1',
        message.received_at, item.id, 100, 'available', message.received_at, 'applied', '', '',
        CASE WHEN n %% 2 = 0 THEN 1 ELSE -1 END, 100
    FROM generate_series(1, %(rows)s) AS n
    JOIN (SELECT item.*, row_number() OVER (ORDER BY item.id) - 1 AS place, count(*) OVER () AS items
          FROM inventory_item item JOIN inventory_balance b ON b.item_id = item.id AND b.location_id = %(location)s
         ) AS item ON item.place = n %% item.items
    JOIN inventory_wmsmessage message ON message.webhook_id = %(name)s || n / 500
    ORDER BY n
"""
_MOVEMENTS = """
    INSERT INTO inventory_movement (item_id, location_id, delta, kind, source, reference, occurred_at, recorded_at,
        wms_update_id)
    SELECT item_id, %(location)s, delta, 'feed', 'wms', sequence::text, as_of, as_of, id
    FROM inventory_wmsupdate WHERE message_id IN (
        SELECT id FROM inventory_wmsmessage WHERE webhook_id LIKE %(name)s || '%%'
    ) ORDER BY id
"""
_GOODS = """
    INSERT INTO inventory_movement (item_id, location_id, delta, kind, source, reference, occurred_at, recorded_at)
    SELECT items.ids[1 + n %% cardinality(items.ids)], %(location)s, CASE WHEN n %% 2 = 0 THEN 5 ELSE -5 END,
        CASE WHEN n %% 2 = 0 THEN 'receipt' ELSE 'shipment' END, 'benchmark', 'R' || n, t.moment, t.moment
    FROM generate_series(1, %(rows)s) AS n,
        (SELECT array_agg(item_id) AS ids FROM inventory_balance WHERE location_id = %(location)s) AS items,
        LATERAL (SELECT now() - interval '2 years' + n * (interval '2 years' - interval '2 hours') / %(rows)s AS moment
                ) AS t
"""
_EVENTS = """
    INSERT INTO approvals_event (uid, name, subject, payload, occurred_at, position)
    SELECT gen_random_uuid(), 'inventory.adjusted', 'sku:' || sku, '{}', as_of,
        (SELECT coalesce(max(position), 0) FROM approvals_event) + row_number() OVER (ORDER BY id)
    FROM inventory_wmsupdate WHERE message_id IN (
        SELECT id FROM inventory_wmsmessage WHERE webhook_id LIKE %(name)s || '%%'
    ) ORDER BY id
"""
