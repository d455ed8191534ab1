"""The runbook's drill "NetSuite is down", step by step, with the very calls it prints."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import requests
from django.test import Client
from django.urls import reverse

from approvals.models import TickMark
from inventory.models import Item, Zone
from netsuite.drain import drain
from netsuite.models import Push
from tests import factories as make
from tests.netsuite.simulator_client import eventually
from tests.netsuite.stage import assert_once
from tests.netsuite.test_push_admin import client_for, page, text_of

pytestmark = pytest.mark.django_db(transaction=True)
RUNBOOK = Path(__file__).resolve().parents[2] / "docs" / "runbook.md"


def printed_calls() -> list[list[str]]:
    """Words of each curl line of the drill, in order."""
    drill = RUNBOOK.read_text(encoding="utf-8").split("## Drill: NetSuite is down", 1)[1].split("\n## ", 1)[0]
    return [shlex.split(line) for line in re.findall(r"^\s*(curl .*)$", drill, re.MULTILINE)]


def carry_out(words: list[str], simulator: Any) -> None:
    method, address = words[words.index("-X") + 1], words[words.index("-X") + 2]
    body = json.loads(words[words.index("-d") + 1]) if "-d" in words else None
    path = address.removeprefix("localhost:8100")
    answer = requests.request(method, simulator.control.base_url + path, json=body, timeout=10)
    assert answer.status_code == 200, answer.text


def approved_count() -> tuple[Item, Zone, Push]:
    sheet, what, home = make.disputed_count()
    make.approve(make.envelope_of(sheet), make.approver())
    return what, home, Push.objects.latest("pk")


def seen(client: Client) -> tuple[str, int, dict[str, Any]]:
    """The dashboard's text, and what monitoring reads."""
    TickMark.ticked()
    answer = client.get(reverse("health"))
    return text_of(client.get(reverse("admin:index"))), answer.status_code, answer.json()


def wait_until_open(simulator: Any) -> None:
    eventually(lambda: simulator.control.status()["accepting"])


def test_netsuite_is_down_and_comes_back(simulator, later):
    calls = iter(printed_calls())
    client = client_for("approver")

    carry_out(next(calls), simulator)  # 1. cannot be reached
    what, home, first = approved_count()  # 2.
    assert make.on_hand(what, home) == 184
    for seconds in (0, 3, 10):
        later(seconds)
        drain()
    first.refresh_from_db()
    assert (first.status, first.attempts) == ("needs_human", 3)
    shown, status, health = seen(client)
    assert "NetSuite cannot be reached" in shown
    assert "name service and proxy" in shown
    assert status == 503
    assert any("name service and proxy" in problem for problem in health["problems"])

    what, home, second = approved_count()  # 3.
    assert make.on_hand(what, home) == 184
    later(120)
    assert drain().halted
    second.refresh_from_db()
    assert (second.status, second.attempts) == ("pending", 0)
    _, _, health = seen(client)
    assert health["lines"]["netsuite_queue"]["waiting"] == 1
    assert health["lines"]["netsuite_queue"]["oldest_waiting_seconds"] >= 120

    carry_out(next(calls), simulator)  # 4. back, and busy
    wait_until_open(simulator)
    carry_out(next(calls), simulator)
    for seconds in (0, 6, 12, 24):
        later(seconds)
        assert "slow down" in drain().halted
    second.refresh_from_db()
    assert (second.status, second.attempts) == ("pending", 0), "throttling uses up no attempt"
    shown, status, _ = seen(client)
    assert "NetSuite asked us to slow down" in shown
    assert "the next try is at" in shown

    carry_out(next(calls), simulator)  # 5. answers again, but loses one
    carry_out(next(calls), simulator)
    assert client.post(page(first, "retry"), {"reason": "NetSuite is back"}).status_code == 302
    later(120)
    drain()
    later(61)
    drain()
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, second.status) == ("confirmed", "confirmed")
    assert sum("recorded by an earlier send" in push.last_outcome for push in (first, second)) == 1
    shown, status, health = seen(client)
    assert "cannot be reached" not in shown
    assert "slow down" not in shown
    assert (status, health["ok"]) == (200, True)
    assert_once(simulator, first.external_id, second.external_id)
    assert list(calls) == [], "the drill prints more calls than its test carries out"
