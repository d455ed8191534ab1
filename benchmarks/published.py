"""From a signed update to the subscriber's door: one web process and one worker, started for it, and Redis."""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

import requests
from django.contrib.auth.models import User

from approvals.models import Delivery, Subscription
from approvals.outbox.subscriptions import create_subscription
from benchmarks.ingest import HOUSE, Feed, free_port, wait_for, web

PER_MESSAGE = 100


def delays(rate: int, seconds: int, *, events_per_call: int) -> tuple[list[float], float]:
    """Seconds from an update's arrival to its event's, sent at `rate` updates a second; and the rate that was kept."""
    feed = Feed(f"PUB{events_per_call}")
    with tempfile.TemporaryDirectory() as folder, ExitStack() as running:
        notes = Path(folder) / "received"
        door = running.enter_context(_receiver(notes))
        subscription = _subscribe(door, events_per_call)
        running.enter_context(_worker())
        address = running.enter_context(web())
        begun = time.monotonic()
        sent = _send(feed, address, rate, seconds)
        taken = time.monotonic() - begun
        _wait_until_delivered(subscription, sent)
        Subscription.objects.update(state=Subscription.State.PAUSED)
        return _read(notes, sent), sent / taken


def _send(feed: Feed, address: str, rate: int, seconds: int) -> int:
    messages = rate * seconds // PER_MESSAGE
    begun = time.monotonic()
    with requests.Session() as session:
        for number in range(messages):
            body, headers = feed.message(PER_MESSAGE)
            ahead = begun + number * PER_MESSAGE / rate - time.monotonic()
            if ahead > 0:
                time.sleep(ahead)
            answer = session.post(f"{address}/api/inventory/sync", data=body, headers=headers, timeout=60)
            if answer.status_code != 200:
                raise SystemExit(f"{answer.status_code}: {answer.text[:300]}")
    return messages * PER_MESSAGE


def _wait_until_delivered(subscription: Subscription, sent: int) -> None:
    deadline = time.monotonic() + 300
    while subscription.deliveries.filter(status=Delivery.Status.DELIVERED).count() < sent:
        if time.monotonic() > deadline:
            raise SystemExit("The events did not all arrive within five minutes.")
        time.sleep(0.5)


def _read(notes: Path, sent: int) -> list[float]:
    rows = [line.split() for line in notes.read_text().splitlines()]
    if len({row[0] for row in rows}) != sent:
        raise SystemExit(f"{len({row[0] for row in rows})} of {sent} events arrived.")
    return [float(arrived) - datetime.fromisoformat(taken).timestamp() for _, taken, arrived in rows]


def percentile(values: list[float], share: int) -> float:
    return statistics.quantiles(values, n=100)[share - 1]


def _subscribe(url: str, events_per_call: int) -> Subscription:
    manager, _ = User.objects.get_or_create(username="bench-manager", is_superuser=True)
    names = ["inventory.adjusted"]
    subscription, _ = create_subscription(
        name=f"bench-{events_per_call}", url=url, event_names=names, by=manager, events_per_call=events_per_call
    )
    return subscription


@contextmanager
def _process(*command: str) -> Iterator[None]:
    process = subprocess.Popen(command, cwd=HOUSE, stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=60)


@contextmanager
def _receiver(notes: Path) -> Iterator[str]:
    port = free_port()
    with _process(sys.executable, "-m", "benchmarks.receiver", str(port), str(notes)):
        wait_for(port)
        yield f"http://127.0.0.1:{port}/events"


@contextmanager
def _worker() -> Iterator[None]:
    options = "worker --beat --concurrency 1 --loglevel WARNING --without-gossip --without-mingle --without-heartbeat"
    with _process(sys.executable, "-m", "celery", "-q", "-A", "config", *options.split()):
        yield
