"""The demo's NetSuite: a simulator process of its own, the drain that speaks to it, and what its own log says."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings

from netsuite.models import Push
from netsuite.simulator.running import Running, running_simulator


class CommandFailed(Exception):
    """A command of ours ended with an error; the message is what it said."""


@dataclass(frozen=True)
class Held:
    """A record as NetSuite holds it. `lines` counts them; quantities in each item's unit."""

    tran_id: str
    internal_id: str
    lines: int
    quantity: Decimal


@dataclass(frozen=True)
class DemoNetSuite:
    simulator: Running

    def drain(self) -> dict[str, Any]:
        """Runs `drain_pushes` as an operator would; its figures."""
        answer: dict[str, Any] = json.loads(self._command("drain_pushes", "--json"))
        return answer

    def verify(self) -> str:
        return self._command("verify_ledger", "--netsuite")

    def held(self, push: Push) -> list[Held]:
        """Every record under this push's external id: exactly one, when all is well."""
        return [
            Held(str(row["tranid"]), str(row["id"]), len(row["lines"]), Decimal(row["quantity_sum"]))
            for row in self.simulator.control.transactions(push.external_id)
        ]

    def written_twice(self) -> list[str]:
        """External ids that NetSuite was made to write more than once."""
        found = self.simulator.control.duplicates()
        rows = found["external_ids"] + found["committed_by_two_requests"]
        return [str(row["value"]) for row in rows]

    def peak_writers(self) -> int:
        return self.simulator.control.concurrency()["peak_writers"]

    def _command(self, *words: str) -> str:
        """In a process of its own, because the address of this NetSuite is known only now."""
        environment = os.environ | {
            "NETSUITE_RESTLET_BASE_URL": self.simulator.base_url,
            "NETSUITE_REST_BASE_URL": self.simulator.base_url,
            "VAR_DIR": str(settings.VAR_DIR),
            "LOG_LEVEL": "WARNING",
        }
        manage = Path(settings.BASE_DIR) / "manage.py"
        done = subprocess.run(
            [sys.executable, str(manage), *words], env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise CommandFailed(f"{' '.join(words)} ended with {done.returncode}: {done.stdout}{done.stderr}".strip())
        return done.stdout


@contextmanager
def demo_netsuite() -> Iterator[DemoNetSuite]:
    """A NetSuite for the length of the block, with its state beside the demo database."""
    with running_simulator(state=Path(settings.VAR_DIR) / "demo_netsuite.sqlite3") as simulator:
        yield DemoNetSuite(simulator)
