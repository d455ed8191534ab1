"""A signed message of a WMS from its bytes to its answer: kept, judged, posted, told; beside raw SQL, and over HTTP.

Every update changes its balance. The floor leaves the same durable rows (message, updates, movements, balances,
standings, events) by hand-written, set-based SQL: no signature, no schemas, no rules, no audit.
"""

import base64
import hashlib
import hmac
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count as counter
from pathlib import Path

import requests
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from approvals.clock import now
from approvals.outbox.signing import new_secret
from approvals.sealing import seal
from benchmarks.counting import seconds
from benchmarks.world import zone_with_items
from inventory.models import Authority, Balance, Movement, WmsClient, WmsKey
from inventory.stock.authority import set_authority
from inventory.wms.clients import live_secrets
from inventory.wms.receiving import receive_message
from inventory.wms.signatures import verify

HOUSE = Path(__file__).resolve().parent.parent
ITEMS = 5_000
WARM = 4  # messages before the clock runs
_ids = counter(1)
Signed = tuple[bytes, dict[str, str]]


class Feed:
    """A client with a key, `items` items whose authority it is, and a sequence that goes on."""

    def __init__(self, name: str, items: int = ITEMS) -> None:
        self.zone, self.items, self.name, self.next = zone_with_items(name, items), items, name, 1
        mine = Balance.objects.filter(location=self.zone.location)
        set_authority(balances=mine, authority=Authority.WMS, by=None, reason="Benchmark")
        self.client = WmsClient.objects.create(
            wms_id=name.lower(), location=self.zone.location, updates_per_minute=10**8
        )
        self.secret = new_secret()
        WmsKey.objects.create(client=self.client, label="benchmark", sealed=seal(self.secret))
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")

    def message(self, size: int) -> Signed:
        """Another quantity for the next `size` items in turn."""
        moment = now().isoformat()
        updates = [
            {
                "wms_id": self.client.wms_id, "sequence": n, "sku": f"{self.name}-{n % self.items:06d}",
                "quantity": 1000 + n % 997 + n // self.items, "status": "available", "received_at": moment,
            }
            for n in range(self.next, self.next + size)
        ]  # fmt: skip
        self.next += size
        return self._signed(json.dumps({"schema_version": "1", "updates": updates}).encode())

    def _signed(self, body: bytes) -> Signed:
        message_id, at = f"msg_{next(_ids)}", str(int(now().timestamp()))
        key = base64.b64decode(self.secret.removeprefix("whsec_"))
        digest = hmac.new(key, f"{message_id}.{at}.".encode() + body, hashlib.sha256).digest()
        return body, {
            "webhook-id": message_id, "webhook-timestamp": at, "X-WMS-Client": self.client.wms_id,
            "webhook-signature": f"v1,{base64.b64encode(digest).decode()}", "Content-Type": "application/json",
        }  # fmt: skip


def ours(feed: Feed, size: int, messages: int) -> float:
    """Seconds for so many messages, one after the other, without HTTP."""
    sent = [feed.message(size) for _ in range(messages)]
    before = Movement.objects.filter(location=feed.zone.location).count()
    taken, _ = seconds(lambda: [_take(feed, message) for message in sent])
    posted = Movement.objects.filter(location=feed.zone.location).count() - before
    if posted != size * messages:
        raise SystemExit(f"{posted} of {size * messages} updates were posted.")
    return taken


def _take(feed: Feed, message: Signed) -> None:
    body, headers = message
    receive_message(client=feed.client, message_id=verify(headers, body, live_secrets(feed.client)), body=body)


def query_count(feed: Feed, size: int) -> int:
    message = feed.message(size)
    with CaptureQueriesContext(connection) as queries:
        _take(feed, message)
    return len(queries)


def raw_floor(feed: Feed, size: int, messages: int) -> float:
    sent = [feed.message(size) for _ in range(messages)]
    taken, _ = seconds(lambda: [_floor(feed, *message) for message in sent])
    return taken


def _floor(feed: Feed, body: bytes, headers: dict[str, str]) -> None:
    content, moment = json.loads(body), now()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE said (n int, sequence bigint, sku text, quantity numeric, payload text) ON COMMIT DROP"
        )
        with cursor.copy("COPY said FROM STDIN") as copy:
            for n, update in enumerate(content["updates"]):
                copy.write_row((n, update["sequence"], update["sku"], update["quantity"], json.dumps(update)))
        answer = json.dumps([[update["sequence"], "applied"] for update in content["updates"]])
        size = len(content["updates"])
        cursor.execute(_MESSAGE, [feed.client.pk, headers["webhook-id"], "0" * 64, moment, answer, size, size])
        message_id = cursor.fetchone()[0]
        location_id = feed.zone.location_id
        cursor.execute(_UPDATES, [feed.client.pk, message_id, moment, moment, location_id])
        cursor.execute(_MOVEMENTS, [location_id, moment, moment, message_id])
        cursor.execute(_BALANCES, [message_id, location_id])
        cursor.execute(_STANDINGS, [feed.client.pk, moment, moment, message_id])
        cursor.execute(_EVENTS, [moment, message_id])


_MESSAGE = """
    INSERT INTO inventory_wmsmessage (client_id, webhook_id, source, body_hash, schema_version, received_at, answer,
        updates_sent, applied, unchanged, superseded, quarantined, compared, duplicate)
    VALUES (%s, %s, 'api', %s, '1', %s, %s, %s, %s, 0, 0, 0, 0, 0) RETURNING id
"""
_UPDATES = """
    INSERT INTO inventory_wmsupdate (client_id, message_id, position, sequence, sku, payload, payload_hash,
        schema_version, received_at, item_id, quantity, status, as_of, state, reason, why, delta, on_hand)
    SELECT %s, %s, said.n, said.sequence, said.sku, said.payload, md5(said.payload) || md5(said.payload), '1', %s,
        item.id, said.quantity, 'available', %s, 'applied', '', '', said.quantity - balance.quantity_on_hand,
        said.quantity
    FROM said JOIN inventory_item item ON item.item_code = said.sku
    JOIN inventory_balance balance ON balance.item_id = item.id AND balance.location_id = %s
"""
_MOVEMENTS = """
    INSERT INTO inventory_movement (item_id, location_id, delta, kind, source, reference, occurred_at, recorded_at,
        wms_update_id)
    SELECT item_id, %s, delta, 'feed', 'wms', sequence::text, %s, %s, id FROM inventory_wmsupdate WHERE message_id = %s
"""
_BALANCES = """
    UPDATE inventory_balance balance SET quantity_on_hand = said.quantity FROM inventory_wmsupdate said
    WHERE said.message_id = %s AND balance.location_id = %s AND balance.item_id = said.item_id
"""
_STANDINGS = """
    INSERT INTO inventory_wmsstanding (client_id, item_id, sequence, quantity, as_of, taken_at)
    SELECT %s, item_id, sequence, quantity, %s, %s FROM inventory_wmsupdate WHERE message_id = %s
    ON CONFLICT (client_id, item_id) DO UPDATE SET sequence = excluded.sequence, quantity = excluded.quantity,
        as_of = excluded.as_of, taken_at = excluded.taken_at
"""
_EVENTS = """
    INSERT INTO approvals_event (uid, name, subject, payload, occurred_at)
    SELECT gen_random_uuid(), 'inventory.adjusted', 'sku:' || sku, jsonb_build_object('item_code', sku,
        'delta', delta::text, 'on_hand', on_hand::text, 'source', 'wms', 'sequence', sequence), %s
    FROM inventory_wmsupdate WHERE message_id = %s
"""


def over_http(feeds: list[Feed], size: int, messages: int) -> float:
    """Seconds for so many messages of each feed, all feeds at once, to one web process with threads."""
    first = [[feed.message(size) for _ in range(WARM)] for feed in feeds]
    sent = [[feed.message(size) for _ in range(messages)] for feed in feeds]
    with web() as address, ThreadPoolExecutor(len(feeds)) as pool:
        list(pool.map(lambda mine: _send(address, mine), first))
        begun = time.perf_counter()
        list(pool.map(lambda mine: _send(address, mine), sent))
        return time.perf_counter() - begun


def _send(address: str, messages: list[Signed]) -> None:
    with requests.Session() as session:
        for body, headers in messages:
            answer = session.post(f"{address}/api/inventory/sync", data=body, headers=headers, timeout=60)
            if answer.status_code != 200 or answer.json()["counts"] != {"applied": len(answer.json()["results"])}:
                raise SystemExit(f"{answer.status_code}: {answer.text[:300]}")


@contextmanager
def web() -> Iterator[str]:
    """One web process with four threads; its address."""
    port = free_port()
    at = f"127.0.0.1:{port}"
    command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", at, "--worker-class", "gthread"]
    command += ["--threads", "4", "--keep-alive", "30", "--log-level", "warning", "--no-control-socket"]
    process = subprocess.Popen(command, cwd=HOUSE, env=os.environ | {"PYTHONWARNINGS": "ignore"})
    try:
        wait_for(port)
        yield f"http://{at}"
    finally:
        process.terminate()
        process.wait(timeout=60)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int) -> None:
    """Until something listens there."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise SystemExit(f"Nothing listens on port {port} after a minute.")
