"""A cycle count from parsed rows to staged proposals, and from approval to the posted ledger."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from approvals.clock import now
from approvals.models import ProposedAction
from approvals.operations import content_hash, decide, live_numbers
from benchmarks import floor, naive
from benchmarks.world import all_differ, zone_with_items
from inventory.counting.gate import ENVELOPE
from inventory.counting.submission import CountedItem, submit_count
from inventory.models import CountSheet, Movement, Zone


@dataclass(frozen=True)
class Timing:
    stage: float
    post: float

    @property
    def total(self) -> float:
        return self.stage + self.post


def seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result


def ours(name: str, size: int, counter: User, approver: User) -> Timing:
    zone, counts = _stage_set(name, size)
    return counted_and_approved(zone, counts, counter, approver)


def counted_and_approved(zone: Zone, counts: list[CountedItem], counter: User, approver: User) -> Timing:
    staged, sheet = seconds(
        lambda: submit_count(zone=zone, counted_at=now(), counts=counts, by=counter, source=CountSheet.Source.COMMAND)
    )
    envelope = ProposedAction.objects.get(workflow_run=sheet.run, action_type=ENVELOPE)
    seen = content_hash(live_numbers(envelope))
    posted, _ = seconds(
        lambda: decide(action_id=envelope.pk, by=approver, verdict="approved", seen_hash=seen, via="command")
    )
    if Movement.objects.filter(adjustment__sheet=sheet).count() != len(counts):
        raise SystemExit(f"{len(counts)} lines were approved, but the ledger does not hold them all.")
    return Timing(staged, posted)


def raw_floor(name: str, size: int, counter: User, approver: User) -> Timing:
    zone, counts = _stage_set(name, size)
    staged, (sheet_id, envelope_id) = seconds(lambda: floor.stage(zone, counts, counter))
    posted, _ = seconds(lambda: floor.post(zone, sheet_id, envelope_id, approver))
    return Timing(staged, posted)


def naive_way(name: str, size: int, approver: User) -> Timing:
    counts = all_differ(name, size)
    naive.prepare(counts)
    staged, _ = seconds(lambda: naive.stage(counts))
    posted, _ = seconds(lambda: naive.post(approver))
    return Timing(staged, posted)


def query_counts(name: str, size: int, counter: User, approver: User) -> int:
    zone, counts = _stage_set(name, size)
    with CaptureQueriesContext(connection) as queries:
        sheet = submit_count(zone=zone, counted_at=now(), counts=counts, by=counter, source=CountSheet.Source.COMMAND)
        envelope = ProposedAction.objects.get(workflow_run=sheet.run, action_type=ENVELOPE)
        decide(action_id=envelope.pk, by=approver, verdict="approved", seen_hash=None, via="command")
    return len(queries)


def _stage_set(name: str, size: int) -> tuple[Zone, list[CountedItem]]:
    zone = zone_with_items(name, size)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return zone, all_differ(name, size)
