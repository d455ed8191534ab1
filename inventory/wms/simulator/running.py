"""A day sent, message after message, when each is due; and what came of it."""

import hashlib
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from inventory.wms.simulator.faults import Message, Plan
from inventory.wms.simulator.sending import Sender
from inventory.wms.simulator.warehouse import Update
from inventory.wms.simulator.wording import Wording

Progress = Callable[[int, int], None]


@dataclass
class Outcome:
    """`results` counts what became of updates the last time they were sent; `wrong` are sentences, one an update."""

    messages: int = 0
    resent: int = 0
    updates: int = 0
    seconds: float = 0.0
    results: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


@dataclass
class Run:
    """`speed` is how many seconds of the warehouse's day pass in one of ours; 0 sends as fast as answers come."""

    sender: Sender
    wording: Wording
    plan: Plan
    speed: float
    outcome: Outcome = field(default_factory=Outcome)

    def send_all(self, progress: Progress = lambda done, total: None) -> Outcome:
        """Raises sending.NotTaken; what was answered before stays counted."""
        begun, total = time.monotonic(), len(self.plan.messages)
        for number, message in enumerate(self.plan.messages):
            self._wait_for(begun, message)
            self._send(number, message)
            self.outcome.seconds = time.monotonic() - begun
            progress(number + 1, total)
        return self.outcome

    def _wait_for(self, begun: float, message: Message) -> None:
        if self.speed:
            ahead = begun + message.due / self.speed - time.monotonic()
            if ahead > 0:
                self.sender.wait(ahead)

    def _send(self, number: int, message: Message) -> None:
        body = self.wording.body(message.version, message.updates)
        message_id = f"sim_{hashlib.sha256(body).hexdigest()[:24]}_{number}"
        answer = self.sender.send(message_id, body)
        if message.answer_is_lost:
            answer = self._send_again(message_id, body, answer)
        self.outcome.messages += 1
        self.outcome.updates += len(message.updates)
        self._count(message, answer)

    def _send_again(self, message_id: str, body: bytes, first: dict[str, Any]) -> dict[str, Any]:
        """As if its answer had never come."""
        self.outcome.resent += 1
        again = self.sender.send(message_id, body)
        if again != first:
            self.outcome.wrong.append(f"Message {message_id} was answered otherwise the second time.")
        return again

    def _count(self, message: Message, answer: dict[str, Any]) -> None:
        results = answer["results"]
        if len(results) != len(message.updates):
            self.outcome.wrong.append(f"{len(message.updates)} updates got {len(results)} results.")
        for update, result in zip(message.updates, results, strict=False):
            self.outcome.results[result["result"]] += 1
            if result["code"]:
                self.outcome.reasons[result["code"]] += 1
            self._judge(update, result)

    def _judge(self, update: Update, result: dict[str, Any]) -> None:
        """Sound updates are taken, bad ones are not; nothing else is for the WMS to say."""
        became = result["first_result"] or result["result"]
        if update.is_bad != (became == "quarantined"):
            why = f": {result['reason']}" if result["reason"] else ""
            self.outcome.wrong.append(f"Sequence {update.sequence}, {update.sku}: {became}{why}")
