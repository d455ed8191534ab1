"""One writer: the lease, and drains that are killed, frozen or started twice."""

import json
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db.models.functions import Now

from approvals import holders
from approvals.checks import failpoints_are_off
from approvals.clock import now
from approvals.models import Alert
from netsuite import claims, lease
from netsuite.configuration import Timing
from netsuite.drain import drain
from netsuite.models import DrainLease, Push, PushAttempt
from netsuite.outcomes import Confirmed, Exchange, RemoteRecord
from netsuite.verdicts import Situation, after_send
from tests.forking import Child, ForkServer
from tests.netsuite.simulator_client import eventually
from tests.netsuite.stage import assert_once, enqueue, sends, state, tries

pytestmark = pytest.mark.django_db(transaction=True)
MINUTE = timedelta(minutes=1)


def expire() -> None:
    """The holder's time is over, by the database's clock."""
    DrainLease.objects.update(expires_at=Now() - MINUTE)


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
    host, namespace, _, _, mark = holders.own_name().split("/")
    started = Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()[19]
    holder = "/".join((host, namespace, str(child.pid), started, mark))
    assert not holders.is_gone(holder)
    child.communicate()
    assert holders.is_gone(holder)
    assert not holders.is_gone(holder.replace(host, "another-machine", 1))
    assert not holders.is_gone("worker-1")
    lease.acquire(holder, MINUTE)
    assert lease.acquire(holders.own_name(), MINUTE) is not None


def test_a_second_drain_is_busy(simulator):
    enqueue("CS-IA-1")
    token = acquire(holders.own_name())
    report = drain()
    assert report.busy
    assert report.waiting == 1
    lease.release(token)
    assert drain().confirmed == 1
    assert DrainLease.objects.get().last_drained_at is not None


def everything_known() -> list[Any]:
    """All that a drain can write."""
    return [list(model.objects.order_by("pk").values()) for model in (Push, PushAttempt, DrainLease, Alert)]


def freeze(forks: ForkServer, place: str) -> Child:
    """A drain that stopped at a place, as SIGSTOP does."""
    frozen = forks.start(["drain_pushes", "--json"], COUNTERSIGN_FAILPOINT=f"{place}=stop")
    eventually(lambda: is_frozen(frozen.pid))
    return frozen


def wake(frozen: Child) -> Any:
    """SIGCONT; what the drain then says."""
    os.kill(frozen.pid, signal.SIGCONT)
    assert frozen.wait() == 0, frozen.printed
    return json.loads(frozen.printed.splitlines()[-1])


def drain_once_its_time_is_over() -> Any:
    assert drain().busy, "it is alive and its time is not over"
    expire()
    return drain()


@pytest.mark.slow
@pytest.mark.kill
def test_a_frozen_holder_wakes_up_to_find_its_write_refused(simulator, forks):
    """Three seconds of lease, and the drain sleeps through them."""
    enqueue("CS-IA-1", "A")
    enqueue("CS-IA-2", "B")
    forks.settings |= {"NETSUITE_CONNECT_TIMEOUT": 0.5, "NETSUITE_READ_TIMEOUT": 0.5}
    frozen = freeze(forks, "after_send_before_record")
    report = eventually(lambda: not (report := drain()).busy and report)
    assert report.confirmed == 2
    known = everything_known()
    report = wake(frozen)
    assert report["lost_lease"]
    assert everything_known() == known, "it wrote nothing at all, nor gave back a lease that is not its own"
    assert tries("CS-IA-1") == [("send", "interrupted"), ("lookup", "existing")]
    assert len(sends(simulator)) == 2
    assert_once(simulator, "CS-IA-1", "CS-IA-2")


@pytest.mark.slow
@pytest.mark.kill
def test_a_frozen_holder_wakes_up_beside_its_successor_and_takes_nothing_from_it(simulator, forks):
    enqueue("CS-IA-1")
    frozen = freeze(forks, "after_send_before_record")
    expire()
    acquire("successor")
    known = everything_known()
    assert wake(frozen)["lost_lease"]
    assert everything_known() == known
    assert DrainLease.objects.get().holder == "successor"


@pytest.mark.slow
@pytest.mark.kill
def test_a_frozen_holder_that_sends_late_makes_no_second_record(simulator, later, forks):
    """The remote side cannot see our token; the external id closes this gap."""
    enqueue("CS-IA-1")
    frozen = freeze(forks, "before_send")
    assert drain_once_its_time_is_over().unknown == 1
    later(61)
    assert drain().confirmed == 1
    known = everything_known()
    assert wake(frozen)["lost_lease"]
    assert everything_known() == known
    assert len(sends(simulator)) == 2
    assert_once(simulator, "CS-IA-1")


def test_a_failpoint_in_production_is_an_error(settings, monkeypatch):
    monkeypatch.setenv("COUNTERSIGN_FAILPOINT", "before_send")
    settings.PRODUCTION = True
    assert [error.id for error in failpoints_are_off(None)] == ["approvals.E003"]
    settings.PRODUCTION = False
    assert failpoints_are_off(None) == []
