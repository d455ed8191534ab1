"""Carrying pushes to NetSuite, beside bare signed requests with the same bodies to the same simulator.

A push adds two committed rows before and after its call (the promise not to send twice); a bare request adds
nothing. Both open a connection each. Measured against the simulator as fast as it can, and with each answer
taking a fifth of a second, which is still quicker than a real RESTlet.
"""

import json
import time
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import requests
from django.conf import settings
from django.test import override_settings
from requests_oauthlib import OAuth1

from netsuite import queue
from netsuite.client import PATH
from netsuite.drain import drain
from netsuite.models import Push
from netsuite.records import INVENTORY_ADJUSTMENT, AdjustmentLine, Reference, inventory_adjustment, payload_hash
from netsuite.simulator.running import Running, running_simulator

LATENCY = 0.2  # seconds


def measure(fast: int, slow: int) -> list[tuple[str, int, float, float]]:
    """For each simulator speed: name, pushes, seconds a bare request, seconds a push."""
    with running_simulator() as simulator, override_settings(NETSUITE_RESTLET_BASE_URL=simulator.base_url):
        _drain_all()  # what the benchmark of counting left in the queue, pushes of ten thousand lines
        at_once = _compare("FAST", fast, simulator)
        simulator.control.add_fault("slow", seconds=LATENCY, count=2 * slow + 10)
        delayed = _compare("SLOW", slow, simulator)
    return [("answers at once", fast, *at_once), (f"answers in {LATENCY} s", slow, *delayed)]


def _compare(name: str, size: int, simulator: Running) -> tuple[float, float]:
    pushes = [_enqueue(f"CS-IA-BENCH-{name}-{n}") for n in range(size)]
    bare = _seconds(lambda: _send_bare(simulator.base_url, pushes))
    ours = _seconds(_drain_all)
    if Push.objects.exclude(status=Push.Status.CONFIRMED).filter(external_id__contains=f"-{name}-").exists():
        raise SystemExit("Not every push was confirmed.")
    return bare / size, ours / size


def _enqueue(external_id: str) -> Push:
    lines = [AdjustmentLine(Reference(f"B-{n}"), Decimal(n + 1), Decimal("12.5")) for n in range(5)]
    record = inventory_adjustment(
        tran_date=date(2026, 11, 21),
        memo="Benchmark",
        account_id="",
        subsidiary_id="",
        location=Reference("MAIN"),
        lines=lines,
    )
    return queue.enqueue(
        record_type=INVENTORY_ADJUSTMENT, external_id=external_id, record=record, label=external_id, line_count=5
    )


def _send_bare(base_url: str, pushes: Sequence[Push]) -> None:
    """The same records under other external ids."""
    oauth = OAuth1(
        settings.NETSUITE_CONSUMER_KEY,
        client_secret=settings.NETSUITE_CONSUMER_SECRET,
        resource_owner_key=settings.NETSUITE_TOKEN,
        resource_owner_secret=settings.NETSUITE_TOKEN_SECRET,
        signature_method="HMAC-SHA256",
        realm=settings.NETSUITE_ACCOUNT,
        decoding=None,
    )
    url = f"{base_url}{PATH}?script={settings.NETSUITE_SCRIPT}&deploy={settings.NETSUITE_DEPLOY}"
    for push in pushes:
        answer = requests.post(
            url, data=json.dumps(_bare(push)), auth=oauth, headers={"Content-Type": "application/json"}, timeout=30
        )
        if answer.json()["outcome"] != "created":
            raise SystemExit(f"A bare request was answered {answer.text}.")


def _bare(push: Push) -> dict[str, Any]:
    external_id = push.external_id.replace("BENCH", "BARE")
    hashed = payload_hash(record_type=push.record_type, external_id=external_id, record=push.payload)
    return {
        "op": "push",
        "contract": 1,
        "recordType": push.record_type,
        "externalId": external_id,
        "payloadHash": hashed,
        "dryRun": False,
        "record": push.payload,
    }


def _drain_all() -> None:
    while drain().waiting:
        pass


def _seconds(work: Any) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
