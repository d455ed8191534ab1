"""The broker carries wake-up calls: losing it costs time, never a request and never the worker."""

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from kombu import Connection

HOUSE = Path(__file__).resolve().parents[2]
PUBLISH = """
import django, time; django.setup()
from django.db import transaction
from approvals.tasks import tick
started = time.monotonic()
with transaction.atomic():
    tick.delay_on_commit()
print("committed", time.monotonic() - started)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Connection:
    """The embedded broker on a folder of this test."""
    options = {
        "data_folder_in": str(tmp_path / "messages"),
        "data_folder_out": str(tmp_path / "messages"),
        "polling_interval": 0.01,
    }
    return Connection("filesystem://localhost/", transport_options=options)


def test_messages_arrive_in_order_and_once(folder: Connection) -> None:
    queue = folder.SimpleQueue("celery")
    for number in range(20):
        queue.put({"number": number})
    assert queue.qsize() == 20
    received = []
    for _ in range(20):
        message = queue.get(timeout=60)
        message.ack()
        received.append(message.payload["number"])
    assert received == list(range(20))
    assert queue.qsize() == 0


def test_a_deleted_folder_is_made_again(folder: Connection, tmp_path: Path) -> None:
    queue = folder.SimpleQueue("celery")
    queue.put("before")
    shutil.rmtree(tmp_path / "messages")
    with pytest.raises(queue.Empty):
        queue.get(timeout=0.1)
    queue.put("after")
    message = queue.get(timeout=60)
    message.ack()
    assert message.payload == "after"


def test_a_half_written_message_is_not_taken(folder: Connection) -> None:
    """Readers and writers race on the same folder: every message is read whole."""
    writer, reader = folder, folder.clone()
    sent = 300
    seen: list[int] = []

    def write() -> None:
        with writer.SimpleQueue("celery") as queue:
            for number in range(sent):
                queue.put({"number": number, "ballast": "x" * 20_000})

    thread = threading.Thread(target=write)
    thread.start()
    with reader.SimpleQueue("celery") as queue:
        while len(seen) < sent:
            message = queue.get(timeout=60)
            message.ack()
            seen.append(message.payload["number"])
    thread.join()
    assert sorted(seen) == list(range(sent))


@pytest.mark.parametrize("answering", [False, True], ids=["refused", "silent"])
@pytest.mark.broker
@pytest.mark.slow
def test_a_commit_survives_a_broker_that_is_away(test_database_environment: dict[str, str], answering: bool) -> None:
    """Redis refusing connections, and Redis accepting them without ever answering."""
    with socket.create_server(("127.0.0.1", 0)) as hole:
        port = hole.getsockname()[1]
        if not answering:
            hole.close()
        environment = test_database_environment | {
            "CELERY_BROKER_URL": f"redis://127.0.0.1:{port}/0",
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
        command = [sys.executable, "-c", PUBLISH]
        result = subprocess.run(command, cwd=HOUSE, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert float(result.stdout.split()[1]) < 10
    assert "broker away: approvals.tasks.tick not sent" in result.stderr


@pytest.mark.broker
@pytest.mark.skipif(
    not os.environ.get("CELERY_BROKER_URL", "").startswith("redis"), reason="make test starts the Redis"
)
def test_redis_takes_the_message(test_database_environment: dict[str, str]) -> None:
    environment = test_database_environment | {"DJANGO_SETTINGS_MODULE": "config.settings"}
    started = time.monotonic()
    command = [sys.executable, "-c", PUBLISH]
    result = subprocess.run(command, cwd=HOUSE, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert "broker away" not in result.stderr
    assert time.monotonic() - started < 90
