"""The demo's WMS speaks: a simulated day by the command, then single messages, all signed and over HTTP."""

import json
import time
from dataclasses import dataclass
from decimal import Decimal
from io import StringIO
from typing import Any

from django.core.management import call_command

from inventory.management.wms_house import next_sequence
from inventory.models import WmsClient
from inventory.wms.simulator.sending import Sender
from inventory.wms.simulator.signing import key_of
from inventory.wms.simulator.warehouse import AVAILABLE, Update
from inventory.wms.simulator.wording import WallClock, Wording

FAULTS = "duplicates,resends,reorders,gaps,schema"
SCHEMA = "2"  # what it speaks since its change in the day


@dataclass(frozen=True)
class DemoWms:
    """`address` is the house's."""

    client: WmsClient
    secret: str
    address: str

    def day(self, *, updates: int, batch: int) -> dict[str, Any]:
        """The figures of `wms_simulator`; what was lost in the day is sent in the evening."""
        out = StringIO()
        words = ["--client", self.client.wms_id, "--key", self.secret, "--url", self.address, "--rate", "0"]
        words += ["--updates", str(updates), "--batch", str(batch), "--faults", FAULTS, "--backfill", "--check"]
        call_command("wms_simulator", *words, "--json", stdout=out)
        figures: dict[str, Any] = json.loads(out.getvalue())
        return figures

    def say(self, sku: str, quantity: Decimal) -> dict[str, Any]:
        """One update in a message of its own; what the house answered to it."""
        wms_id, sequence = self.client.wms_id, next_sequence(self.client)
        wording = Wording(wms_id, WallClock(time.time()))
        body = wording.body(SCHEMA, [Update(sequence, sku, quantity, AVAILABLE, 0.0)])
        answer = Sender(self.address, wms_id, key_of(self.secret)).send(f"demo_{sequence}", body)
        result: dict[str, Any] = answer["results"][0]
        return result
