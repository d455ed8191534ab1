"""What the operator reads when the day is over."""

from decimal import Decimal
from typing import Any

from inventory.wms.simulator.checking import Checked
from inventory.wms.simulator.running import Run
from inventory.wms.simulator.warehouse import Update

SHOWN = 20


def figures(run: Run, words: dict[str, Update], checked: Checked | None) -> dict[str, Any]:
    outcome, sender = run.outcome, run.sender
    seconds = outcome.seconds or 1e-9
    return {
        "messages": outcome.messages,
        "resent": outcome.resent,
        "lost": len(run.plan.lost),
        "updates": outcome.updates,
        "seconds": round(outcome.seconds, 3),
        "messages_per_second": round(outcome.messages / seconds, 1),
        "updates_per_second": round(outcome.updates / seconds, 1),
        "latency_p50_ms": _percentile(sender.latencies, 0.50),
        "latency_p95_ms": _percentile(sender.latencies, 0.95),
        "tried_again": dict(sender.tried_again),
        "results": dict(outcome.results),
        "quarantined_for": dict(outcome.reasons),
        "wrong": outcome.wrong,
        "items": {sku: f"{Decimal(str(word.quantity)).normalize():f}" for sku, word in sorted(words.items())},
        "check": checked and {"equal": checked.equal, "compared": checked.compared, "different": checked.different},
    }


def story(told: dict[str, Any]) -> list[str]:
    lines = [
        f"{told['updates']:,} updates in {told['messages']:,} messages in {told['seconds']:,.1f} s: "
        f"{told['updates_per_second']:,.0f} updates/s, {told['messages_per_second']:,.1f} messages/s, "
        f"p50 {told['latency_p50_ms']:,.0f} ms, p95 {told['latency_p95_ms']:,.0f} ms.",
        f"What became of them: {_counts(told['results'])}.",
    ]
    if told["quarantined_for"]:
        lines.append(f"Quarantined for: {_counts(told['quarantined_for'])}.")
    lines.append(
        f"{told['resent']} messages sent twice for a lost answer; tried again: {_counts(told['tried_again'])}; "
        f"{told['lost']} messages lost for good."
    )
    return [*lines, *_shown("not what the WMS expected", told["wrong"]), *_checked(told)]


def _checked(told: dict[str, Any]) -> list[str]:
    check = told["check"]
    if check is None:
        return [f"The WMS has a word on {len(told['items'])} items; --check compares them with the house."]
    compared = f", {check['compared']} are only compared there" if check["compared"] else ""
    end = "." if not check["different"] else f", {len(check['different'])} differ."
    equal = f"{check['equal']} of {len(told['items'])} items are as the WMS said last{compared}{end}"
    return [equal, *check["different"]]


def _shown(title: str, sentences: list[str]) -> list[str]:
    rest = [f"and {len(sentences) - SHOWN:,} more"] if len(sentences) > SHOWN else []
    return [f"{len(sentences)} {title}:", *sentences[:SHOWN], *rest] if sentences else []


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{number:,} {name}" for name, number in sorted(counts.items())) or "none"


def _percentile(values: list[float], share: float) -> float:
    """In milliseconds."""
    ordered = sorted(values)
    return round(1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1) if ordered else 0.0
