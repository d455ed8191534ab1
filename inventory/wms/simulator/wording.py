"""How the WMS words an update, in the schema version it speaks at the time, by its own clock."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Any

from inventory.wms.simulator.day import DAY
from inventory.wms.simulator.warehouse import AVAILABLE, Update


@dataclass(frozen=True)
class WallClock:
    """The WMS's. `begins` in seconds since 1970; `speed` is how many seconds of its day pass in one of ours."""

    begins: float
    speed: float = 1.0
    ahead: float = 0.0
    steps_back: tuple[tuple[float, float], ...] = field(default=())  # (from this second of the day, so many seconds)

    @classmethod
    def unreliable(cls, begins: float, speed: float, seed: int) -> "WallClock":
        """Up to a minute and a half ahead, and set back three times in the day."""
        random = Random(f"{seed}/clock")
        steps = sorted((random.uniform(0.1, 0.9) * DAY, random.uniform(5, 60)) for _ in range(3))
        return cls(begins, speed, random.uniform(10, 90), tuple(steps))

    def read(self, at: float) -> str:
        back = sum(seconds for since, seconds in self.steps_back if at >= since)
        moment = datetime.fromtimestamp(round(self.begins + at / self.speed + self.ahead - back, 3), UTC)
        return moment.isoformat(timespec="milliseconds")


@dataclass(frozen=True)
class Wording:
    wms_id: str
    clock: WallClock

    def body(self, version: str, updates: Iterable[Update]) -> bytes:
        """A message's, the same every time."""
        words = [self.said(version, update) for update in updates]
        return json.dumps({"schema_version": version, "updates": words}).encode()

    def said(self, version: str, update: Update) -> dict[str, Any]:
        quantity, moment = _number(update.quantity), self.clock.read(update.at)
        if version == "1":
            return {
                "wms_id": self.wms_id, "sequence": update.sequence, "sku": update.sku, "quantity": quantity,
                "status": update.status, "received_at": moment,
            }  # fmt: skip
        words = {
            "seq": update.sequence, "item": {"code": update.sku}, "quantities": {"on_hand": quantity},
            "observed_at": moment,
        }  # fmt: skip
        return words if update.status == AVAILABLE else words | {"status": update.status}


def _number(quantity: object) -> object:
    if isinstance(quantity, Decimal):
        return int(quantity) if quantity == quantity.to_integral_value() else float(quantity)
    return quantity
