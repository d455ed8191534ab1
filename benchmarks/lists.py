"""Admin lists over a million movements: how many queries, and how long the slowest twentieth takes."""

import statistics
import time

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

ROUNDS = 40
PLAIN_STATIC = "django.contrib.staticfiles.storage.StaticFilesStorage"
PAGES = {
    "movements": "/admin/inventory/movement/",
    "movements, one item": "/admin/inventory/movement/?q=M-000042",
    "movements, receipts": "/admin/inventory/movement/?kind__exact=receipt",
    "movements, page 50": "/admin/inventory/movement/?p=50",
    "balances": "/admin/inventory/balance/",
    "dashboard": "/admin/",
}
FILL = """
    INSERT INTO inventory_movement (item_id, location_id, delta, kind, source, reference, occurred_at, recorded_at)
    SELECT items.ids[1 + n %% cardinality(items.ids)], %s, CASE WHEN n %% 2 = 0 THEN 5 ELSE -5 END,
        CASE WHEN n %% 2 = 0 THEN 'receipt' ELSE 'shipment' END, 'benchmark', 'R' || n,
        now() - n * interval '8 seconds', now() - n * interval '8 seconds'
    FROM generate_series(1, %s) AS n,
        (SELECT array_agg(id) AS ids FROM inventory_item WHERE item_code LIKE 'M-%%') AS items
"""


def fill(location_id: int, movements: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(FILL, [location_id, movements])
        cursor.execute("ANALYZE")


def measure() -> list[tuple[str, int, float, float]]:
    """For each page: name, queries, median and 95th percentile in milliseconds."""
    # Collected static files are not what is measured.
    with override_settings(STORAGES={**settings.STORAGES, "staticfiles": {"BACKEND": PLAIN_STATIC}}):
        return _measure()


def _measure() -> list[tuple[str, int, float, float]]:
    browser = Client(HTTP_HOST="localhost")
    browser.force_login(User.objects.create_superuser("bench-admin"))
    results = []
    for name, address in PAGES.items():
        with CaptureQueriesContext(connection) as queries:
            answer = browser.get(address)
        taken = len(queries)  # before the next request empties the log
        if answer.status_code != 200:
            raise SystemExit(f"{address} answered {answer.status_code}.")
        times = sorted(_timed(browser, address) for _ in range(ROUNDS))
        results.append((name, taken, statistics.median(times), times[int(ROUNDS * 0.95) - 1]))
    return results


def _timed(browser: Client, address: str) -> float:
    started = time.perf_counter()
    browser.get(address)
    return (time.perf_counter() - started) * 1000
