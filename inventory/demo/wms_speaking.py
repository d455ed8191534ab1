"""The demo's WMS speaks: a simulated day by the command, then single messages, all signed and over HTTP."""

import time
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from approvals.refusals import Refused
from inventory.demo.command_figures import figures_of
from inventory.management.wms_house import next_sequence
from inventory.models import WmsClient
from inventory.wms.simulator.sending import NotTaken, Sender
from inventory.wms.simulator.signing import key_of
from inventory.wms.simulator.warehouse import AVAILABLE, Update
from inventory.wms.simulator.wording import WallClock, Wording

FAULTS = "duplicates,resends,reorders,gaps,schema"
SCHEMA = "2"  # what it speaks since its change in the day
FORGED = b"a key that nobody issued"


@dataclass(frozen=True)
class DemoWms:
    """`address` is the house's."""

    client: WmsClient
    secret: str
    address: str

    def day(self, *, updates: int, batch: int) -> dict[str, Any]:
        """The figures of `wms_simulator`; what was lost in the day is sent in the evening."""
        words = ["--client", self.client.wms_id, "--key", self.secret, "--url", self.address, "--rate", "0"]
        words += ["--updates", str(updates), "--batch", str(batch), "--faults", FAULTS, "--backfill", "--check"]
        return figures_of("wms_simulator", *words)

    def say(self, sku: str, quantity: Decimal) -> dict[str, Any]:
        """One update in a message of its own; what the house answered to it. Raises Refused."""
        return self._send(sku, quantity, key_of(self.secret))

    def refusal_to_a_forger(self, sku: str) -> str:
        """What somebody is told who signs in its name with another key; "" if nobody stops them."""
        try:
            self._send(sku, Decimal(0), FORGED)
        except Refused as refusal:
            return str(refusal)
        return ""

    def _send(self, sku: str, quantity: Decimal, key: bytes) -> dict[str, Any]:
        wms_id, sequence = self.client.wms_id, next_sequence(self.client)
        wording = Wording(wms_id, WallClock(time.time()))
        body = wording.body(SCHEMA, [Update(sequence, sku, quantity, AVAILABLE, 0.0)])
        try:
            answer = Sender(self.address, wms_id, key).send(f"demo_{sequence}", body)
        except NotTaken as problem:
            raise Refused(str(problem)) from problem
        result: dict[str, Any] = answer["results"][0]
        return result
