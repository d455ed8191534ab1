"""One writer: the lease, and drains that are killed, frozen or started twice."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.db.models.functions import Now

from approvals.checks import failpoints_are_off
from approvals.clock import now
from netsuite import claims, lease
from netsuite.configuration import Timing
from netsuite.drain import drain
from netsuite.models import DrainLease, Push, PushAttempt
from netsuite.outcomes import Confirmed, Exchange, RemoteRecord
from netsuite.verdicts import Situation, after_send
from tests.netsuite.stage import assert_once, enqueue, sends, state

pytestmark = pytest.mark.django_db(transaction=True)
MINUTE = timedelta(minutes=1)


def expire() -> None:
    """The holder's time is over, by the database's clock."""
    DrainLease.objects.update(expires_at=Now() - MINUTE)


def poll(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def acquire(holder: str) -> int:
    token = lease.acquire(holder, MINUTE)
    assert token is not None
    return token


def is_frozen(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


def test_only_one_holder_and_a_token_that_only_grows():
    first = acquire("one")
    assert lease.acquire("two", MINUTE) is None
    lease.release(first)
    second = acquire("two")
    assert second > first


def test_an_expired_lease_passes_on_and_the_old_token_is_worth_nothing():
    first = acquire("one")
    expire()
    second = acquire("two")
    with pytest.raises(lease.LeaseLost):
        lease.renew(first, MINUTE)
    lease.release(first)
    assert lease.is_held(second)
    assert DrainLease.objects.get().holder == "two"


def test_every_write_of_a_drain_that_lost_the_lease_is_refused():
    push = enqueue("CS-IA-1")
    old = acquire("one")
    attempt = claims.claim(push, old)
    expire()
    new = acquire("two")
    assert claims.sweep(new) == 1
    for write in (lambda: claims.begin_lookup(push, old), lambda: claims.claim(push, old)):
        with pytest.raises(lease.LeaseLost):
            write()
    attempt.refresh_from_db()
    assert attempt.outcome == "interrupted"
    assert state("CS-IA-1") == "unknown"


def test_a_drain_that_lost_the_lease_can_neither_claim_nor_confirm_anything_more():
    claimed, fresh = enqueue("CS-IA-1", "A"), enqueue("CS-IA-2", "B")
    old = acquire("one")
    attempt = claims.claim(claimed, old)
    expire()
    acquire("two")
    with pytest.raises(lease.LeaseLost):
        claims.claim(fresh, old)
    remote = RemoteRecord("7", "INVADJ7", "CS-IA-1", claimed.payload_hash)
    outcome = Confirmed(Exchange(http_status=200), remote, existing=False)
    verdict = after_send(outcome, Situation(attempts=1, sent_at=now(), now=now()), Timing())
    with pytest.raises(lease.LeaseLost):
        claims.record(claimed, attempt, old, outcome, verdict)
    assert (state("CS-IA-1"), state("CS-IA-2")) == ("in_flight", "pending")


def test_a_push_a_person_changed_meanwhile_is_left_alone():
    push = enqueue("CS-IA-1")
    token = acquire("one")
    Push.objects.update(status="cancelled")
    with pytest.raises(claims.PushChanged):
        claims.claim(push, token)
    assert state("CS-IA-1") == "cancelled"


def test_a_holder_that_died_on_this_machine_is_not_waited_for():
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    host, namespace, _, _, mark = lease.own_name().split("/")
    started = Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()[19]
    holder = "/".join((host, namespace, str(child.pid), started, mark))
    assert not lease.is_gone(holder)
    child.communicate()
    assert lease.is_gone(holder)
    assert not lease.is_gone(holder.replace(host, "another-machine", 1))
    assert not lease.is_gone("worker-1")
    lease.acquire(holder, MINUTE)
    assert lease.acquire(lease.own_name(), MINUTE) is not None


def test_a_second_drain_is_busy(simulator):
    enqueue("CS-IA-1")
    token = acquire(lease.own_name())
    report = drain()
    assert report.busy
    assert report.waiting == 1
    lease.release(token)
    assert drain().confirmed == 1
    assert DrainLease.objects.get().last_drained_at is not None


@pytest.mark.slow
@pytest.mark.kill
def test_killed_between_netsuites_commit_and_ours_it_is_confirmed_by_look_up(simulator, drain_process):
    enqueue("CS-IA-1")
    killed = drain_process(COUNTERSIGN_FAILPOINT="after_send_before_record")
    killed.communicate(timeout=60)
    assert state("CS-IA-1") == "in_flight"
    assert len(simulator.control.transactions()) == 1
    report = drain()
    assert (report.taken_over, report.looked_up, report.sent, report.confirmed) == (1, 1, 0, 1)
    assert len(sends(simulator)) == 1
    assert_once(simulator, "CS-IA-1")


@pytest.mark.slow
@pytest.mark.kill
def test_two_drains_started_together_write_one_at_a_time(simulator, drain_process):
    simulator.control.add_fault("slow", seconds=0.1, count=20, method="POST")
    names = [f"CS-IA-{number}" for number in range(10)]
    for number, name in enumerate(names):
        enqueue(name, f"I{number}")
    processes = [drain_process() for _ in range(2)]
    reports = [json.loads(process.communicate(timeout=90)[0]) for process in processes]
    assert sum(report["confirmed"] for report in reports) == 10
    assert simulator.control.concurrency()["peak_writers"] == 1
    assert_once(simulator, *names)


@pytest.mark.slow
@pytest.mark.kill
def test_a_frozen_holder_wakes_up_to_find_its_write_refused(simulator, drain_process):
    enqueue("CS-IA-1")
    frozen = drain_process(COUNTERSIGN_FAILPOINT="after_send_before_record=stop")
    poll(lambda: is_frozen(frozen.pid))
    assert drain().busy, "it is alive and its time is not over"
    expire()
    assert drain().confirmed == 1
    os.kill(frozen.pid, signal.SIGCONT)
    report = json.loads(frozen.communicate(timeout=60)[0])
    assert report["lost_lease"]
    outcomes = list(PushAttempt.objects.order_by("number").values_list("kind", "outcome"))
    assert outcomes == [("send", "interrupted"), ("lookup", "existing")]
    assert_once(simulator, "CS-IA-1")


@pytest.mark.slow
@pytest.mark.kill
def test_a_frozen_holder_that_sends_late_makes_no_second_record(simulator, later, drain_process):
    """The remote side cannot see our token; the external id closes this gap."""
    enqueue("CS-IA-1")
    frozen = drain_process(COUNTERSIGN_FAILPOINT="before_send=stop")
    poll(lambda: is_frozen(frozen.pid))
    expire()
    assert drain().unknown == 1
    later(61)
    assert drain().confirmed == 1
    os.kill(frozen.pid, signal.SIGCONT)
    assert json.loads(frozen.communicate(timeout=60)[0])["lost_lease"]
    assert len(sends(simulator)) == 2
    assert state("CS-IA-1") == "confirmed"
    assert_once(simulator, "CS-IA-1")


def test_a_failpoint_in_production_is_an_error(settings, monkeypatch):
    monkeypatch.setenv("COUNTERSIGN_FAILPOINT", "before_send")
    settings.PRODUCTION = True
    assert [error.id for error in failpoints_are_off(None)] == ["approvals.E003"]
    settings.PRODUCTION = False
    assert failpoints_are_off(None) == []
