"""How much a client may send: a bucket that holds a minute's worth and fills evenly. Plain arithmetic."""

from dataclasses import dataclass
from datetime import datetime
from math import ceil


@dataclass(frozen=True)
class Spent:
    """`retry_after` in seconds when there was not enough; then `left` is what there is."""

    left: float
    retry_after: int = 0


def spend(updates: int, *, left: float, since: datetime, at: datetime, per_minute: int) -> Spent:
    """Take this many updates out of the bucket."""
    seconds = max(0.0, (at - since).total_seconds())
    holds = min(float(per_minute), left + seconds * per_minute / 60)
    if updates > holds:
        return Spent(holds, max(1, ceil((updates - holds) * 60 / per_minute)))
    return Spent(holds - updates)
