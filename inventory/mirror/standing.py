"""How the comparison with NetSuite stands, for the screens and the health page."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from approvals.clock import now
from inventory.mirror.telling import settled
from inventory.models import MirrorMark

SILENT_AFTER = timedelta(minutes=15)
"""Three missed looks."""


@dataclass(frozen=True)
class MirrorStanding:
    """`refusal` is the sentence why the last look was thrown away; `apart` balances differ for longer than a moment."""

    succeeded_at: datetime | None
    refusal: str
    apart: int
    outside: tuple[str, ...]

    @property
    def is_silent(self) -> bool:
        """It worked once, and not for a while."""
        return self.succeeded_at is not None and now() - self.succeeded_at > SILENT_AFTER


def mirror_standing() -> MirrorStanding:
    mark = MirrorMark.objects.filter(pk=1).first() or MirrorMark()
    return MirrorStanding(mark.succeeded_at, mark.refusal, settled().count(), tuple(mark.outside))
