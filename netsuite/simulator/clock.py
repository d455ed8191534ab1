"""The simulated clock: real time plus an offset, or frozen. It survives a restart with the rest of the
state."""

import time
from datetime import UTC, date, datetime

from netsuite.simulator.storage import Store


class SimulatedClock:
    """Seconds since the epoch as this NetSuite believes them to be."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._offset = float(store.setting("clock_offset", 0.0))
        frozen = store.setting("clock_frozen_at", None)
        self._frozen_at: float | None = None if frozen is None else float(frozen)
        store.define_function("sim_now", 0, self.timestamp)

    def timestamp(self) -> float:
        if self._frozen_at is not None:
            return self._frozen_at
        return time.time() + self._offset

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.timestamp(), UTC)

    def today(self) -> date:
        return self.now().date()

    def iso(self) -> str:
        """Second precision, as NetSuite prints it: ``2026-11-21T12:00:00Z``."""
        return iso(self.timestamp())

    def advance(self, seconds: float) -> None:
        if self._frozen_at is not None:
            self._frozen_at += seconds
        self._offset += seconds
        self._remember()

    def skew(self, seconds: float) -> None:
        """Set the distance to real time, whatever it was before."""
        self._offset = seconds
        if self._frozen_at is not None:
            self._frozen_at = time.time() + seconds
        self._remember()

    def set_to(self, moment: datetime) -> None:
        self.skew(moment.timestamp() - time.time())

    def freeze(self, frozen: bool) -> None:
        """Thawing continues from the frozen moment."""
        if frozen:
            self._frozen_at = self.timestamp()
        elif self._frozen_at is not None:
            self._offset = self._frozen_at - time.time()
            self._frozen_at = None
        self._remember()

    def describe(self) -> dict[str, object]:
        return {
            "now": self.iso(),
            "offset_seconds": round(self.timestamp() - time.time(), 3),
            "frozen": self._frozen_at is not None,
        }

    def _remember(self) -> None:
        self._store.remember("clock_offset", self._offset)
        self._store.remember("clock_frozen_at", self._frozen_at)


def iso(timestamp: float) -> str:
    return datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
