"""`make bench`: speeds as ratios on one machine in one run, on a throwaway PostgreSQL with stock settings."""

import argparse
import os
import re
import statistics
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import django

if TYPE_CHECKING:
    from django.contrib.auth.models import User

ROUNDS = 3
MOST_LINES = 100_000
MOVEMENTS = 1_000_000
FED_MOVEMENTS = 5_000_000
PARTS = ("counts", "syncs", "feed", "published", "pushes", "lists", "documents")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--quick", action="store_true", help="smaller sizes, to see that it runs")
    parser.add_argument("--only", choices=PARTS, help="one part, instead of all")
    parser.add_argument("--memory-of", type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    django.setup()
    if chosen.memory_of:
        return memory_of(chosen.memory_of)
    prepare()
    for part in [chosen.only] if chosen.only else PARTS:
        report(part, quick=chosen.quick)
    return 0


def prepare() -> None:
    from django.core.management import call_command
    from django.db import connection

    if connection.vendor != "postgresql":
        raise SystemExit("The benchmarks need PostgreSQL: run `make bench`.")
    call_command("migrate", verbosity=0)
    from approvals.models import Guardrail
    from inventory.counting.limits import seed_guardrails
    from inventory.stock.second_person import SECOND_APPROVAL

    seed_guardrails()
    Guardrail.objects.filter(name=SECOND_APPROVAL).update(is_enabled=False)


def memory_of(size: int) -> int:
    """One prepared sheet in a process of its own; prints its peak memory in MB.

    VmHWM, because the peak in getrusage is inherited from the parent.
    """
    from django.contrib.auth.models import User

    from benchmarks import counting
    from benchmarks.world import all_differ
    from inventory.models import Zone

    people = User.objects.get(username="bench-counter"), User.objects.get(username="bench-approver")
    zone = Zone.objects.get(location__code="MEM")
    counting.counted_and_approved(zone, all_differ("MEM", size), *people)
    status = Path("/proc/self/status").read_text()
    print(int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) // 1024)
    return 0


def report(part: str, *, quick: bool) -> None:
    from benchmarks.world import people

    if part == "counts":
        report_counts(*people(), quick=quick)
    elif part == "syncs":
        report_syncs(2_000 if quick else 20_000, people()[0])
    elif part == "feed":
        report_feed(quick=quick)
    elif part == "published":
        report_published(quick=quick)
    elif part == "pushes":
        report_pushes(quick=quick)
    elif part == "lists":
        report_lists(20_000 if quick else MOVEMENTS)
    elif part == "documents":
        report_documents(quick=quick)


def report_counts(counter: "User", approver: "User", *, quick: bool) -> None:
    size, large = (1_000, 5_000) if quick else (10_000, MOST_LINES)
    total = report_ratios(size, counter, approver)
    report_growth(size, large, total, counter, approver)
    report_memory(size)


def report_ratios(size: int, counter: "User", approver: "User") -> float:
    """Returns our seconds from parsed rows to the posted ledger."""
    from benchmarks import counting

    counting.ours("WARM", 200, counter, approver)
    counting.raw_floor("WARMF", 200, counter, approver)
    print(f"A sheet of {size:,} lines, every one beyond the guardrails (median of {ROUNDS}, interleaved)")
    pairs = [
        (
            counting.ours(f"O{n}", size, counter, approver),
            counting.raw_floor(f"F{n}", size, counter, approver),
        )
        for n in range(ROUNDS)
    ]
    for label in ("stage", "post", "total"):
        mine = statistics.median(getattr(ours, label) for ours, _ in pairs)
        least = statistics.median(getattr(floor, label) for _, floor in pairs)
        ratio = statistics.median(getattr(ours, label) / getattr(floor, label) for ours, floor in pairs)
        print(f"  {label:<8} {mine:6.2f} s   floor {least:6.2f} s   ratio {ratio:5.2f}   (target <= 3)")
    total = statistics.median(ours.total for ours, _ in pairs)
    naive = counting.naive_way("N", size, approver)
    print(f"  naive    {naive.total:6.2f} s   which is {naive.total / total:.1f} times ours   (target >= 30)")
    print(f"           (import {naive.stage:.2f} s, approval {naive.post:.2f} s)")
    return total


def report_growth(size: int, large: int, total: float, counter: "User", approver: "User") -> None:
    from benchmarks import counting

    few, many = (counting.query_counts(f"Q{n}", n, counter, approver) for n in (100, 5_000))
    print(f"Queries: {few} for 100 lines, {many} for 5,000 lines   (target: the same)")
    big = counting.ours("BIG", large, counter, approver).total
    print(
        f"{large:,} lines: {big:.2f} s, {big / total:.1f} times {size:,} lines   (target <= 12 for ten times as many)"
    )


def report_memory(size: int) -> None:
    from benchmarks.world import zone_with_items

    zone_with_items("MEM", size)
    command = [sys.executable, "-m", "benchmarks", "--memory-of", str(size)]
    peak = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    print(f"Peak memory of one process doing {size:,} lines: {peak} MB   (target < 300)")


def report_syncs(size: int, by: "User") -> None:
    from benchmarks import syncing

    syncing.ours("SW", 200, by)
    syncing.raw_floor("SWF", 200, by)
    print(f"A stock workbook of {size:,} rows, from parsed rows to committed outcome (median of {ROUNDS}, interleaved)")
    pairs = [(syncing.ours(f"S{n}", size, by), syncing.raw_floor(f"SF{n}", size, by)) for n in range(ROUNDS)]
    mine, least = (statistics.median(taken) for taken in zip(*pairs, strict=True))
    ratio = statistics.median(ours / floor for ours, floor in pairs)
    print(f"  sync     {mine:6.2f} s   floor {least:6.2f} s   ratio {ratio:5.2f}   (target <= 3)")
    print(f"  reading the workbook, apart: {syncing.reader(size):.2f} s")
    few, many = (syncing.query_count(f"SQ{n}", n, by) for n in (500, 5_000))
    print(f"  Queries: {few} for 500 rows, {many} for 5,000 rows   (target: the same)")
    sold, found, naive = syncing.false_discrepancies("SN", 3_000, by)
    print(f"  {sold:,} items sold between save and upload: {found} false discrepancies, the naive compare {naive:,}")


def report_feed(*, quick: bool) -> None:
    from benchmarks import growth, ingest

    size, messages = 500, 4 if quick else 40
    feed, floor = ingest.Feed("FEED"), ingest.Feed("FEEDF")
    ingest.ours(feed, size, 10), ingest.raw_floor(floor, size, 10)
    print(f"A WMS sends messages of {size} signed updates, each changing a balance (median of {ROUNDS}, interleaved)")
    pairs = [(ingest.ours(feed, size, messages), ingest.raw_floor(floor, size, messages)) for _ in range(ROUNDS)]
    mine, least = (size * messages / statistics.median(taken) for taken in zip(*pairs, strict=True))
    ratio = statistics.median(ours / floor for ours, floor in pairs)
    print(f"  in process  {mine:7,.0f} updates/s   floor {least:7,.0f}   ratio {ratio:5.2f}   (target <= 2.5)")
    few, many = (ingest.query_count(feed, n) for n in (10, 1_000))
    print(f"  Queries: {few} for 10 updates, {many} for 1,000   (target: the same)")
    for movements, rate in growth.rates(feed, [20_000, 50_000] if quick else [100_000, FED_MOVEMENTS], size, messages):
        print(f"  with {movements:9,} movements on the ledger {rate:7,.0f} updates/s   (target: the same)")
    for clients in (1, 4):
        feeds = [ingest.Feed(f"HTTP{clients}{n}") for n in range(clients)]
        taken = ingest.over_http(feeds, size, messages)
        rate = clients * size * messages / taken
        print(f"  over HTTP, {clients} sending at once: {rate:7,.0f} updates/s   (required 83, target 8,000)")


def report_published(*, quick: bool) -> None:
    from benchmarks import published

    rate, seconds = (200, 5) if quick else (1_000, 30)
    print(f"From an update's arrival to the subscriber's door, {rate:,} updates/s for {seconds} s, one web, one worker")
    published.delays(rate, seconds // 5, events_per_call=2)  # not counted: empty tables have no statistics to plan by
    for events_per_call, aim in ((100, "   (target p95 < 2 s at 1,000/s; required 60 s)"), (1, "")):
        taken, kept = published.delays(rate, seconds, events_per_call=events_per_call)
        half, most = (published.percentile(taken, share) for share in (50, 95))
        print(f"  {events_per_call:3d} a call, {kept:5,.0f}/s kept: median {half:6.2f} s   p95 {most:6.2f} s{aim}")


def report_pushes(*, quick: bool) -> None:
    from benchmarks import pushes

    print("A push carried to the simulator, beside a bare signed request")
    for name, size, bare, ours in pushes.measure(*((20, 5) if quick else (300, 40))):
        print(
            f"  {name:<17} {size:4d} pushes: {ours * 1000:7.1f} ms each, bare {bare * 1000:7.1f} ms, "
            f"overhead {(ours / bare - 1) * 100:5.1f} %   (target <= 25 %)"
        )


def report_lists(movements: int) -> None:
    from benchmarks import lists
    from benchmarks.world import zone_with_items

    zone = zone_with_items("M", 2_000)
    lists.fill(zone.location_id, movements)
    print(f"Admin lists over {movements:,} movements")
    for name, queries, median, p95 in lists.measure():
        print(f"  {name:<22} {queries:3d} queries   median {median:6.0f} ms   p95 {p95:6.0f} ms")


def report_documents(*, quick: bool) -> None:
    from benchmarks import documents

    print("A quote drawn as PDF, beside plain WeasyPrint on the same HTML")
    for size, bare, ours in documents.measure(*((15,) if quick else (15, 100, 460))):
        print(
            f"  {size:4d} lines: {ours:6.2f} s, plain {bare:6.2f} s, "
            f"overhead {(ours / bare - 1) * 100:5.1f} %   (target <= 15 %)"
        )


if __name__ == "__main__":
    sys.exit(main())
