"""The five-minute mirror: read NetSuite's balances, compare, tell people. It never overwrites either side.

Reading happens with no transaction open; what was read is stored in one short transaction, or thrown away with
a sentence.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from approvals.alerts import raise_alert, resolve_alert
from approvals.clock import now
from inventory.mirror import telling
from inventory.mirror.comparing import compare_with_ours, row_counts
from inventory.mirror.corrections import lock_envelopes, propose_corrections, withdraw_corrections
from inventory.mirror.storing import store
from inventory.mirror.verdicts import why_suspicious
from inventory.models import Balance, MirrorMark
from netsuite import configuration, halts, snapshots
from netsuite.configuration import NotConnected
from netsuite.outcomes import AuthStop, Refused, Throttled, Unknown
from netsuite.queries import Paging, QueryFailed, ResultShifted
from netsuite.signing import Signer
from netsuite.snapshots import RemoteBalance

MIRROR_ALERT = "netsuite-mirror"
PATIENCE = timedelta(minutes=30)
"""What passes by itself becomes an alert when no mirror has succeeded for so long."""
ACCEPT = "If that is right, accept it once with manage.py mirror_netsuite --accept-smaller."


class MirrorRefused(Exception):
    """The snapshot must not be believed; the message is a sentence."""


@dataclass
class MirrorReport:
    """What one look came to. `refused` is the sentence why nothing was stored; empty when it was."""

    refused: str = ""
    rows: int = 0
    states: dict[str, int] = field(default_factory=dict)
    proposed: int = 0
    withdrawn: int = 0
    outside: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def mirror_netsuite(
    *, accept_smaller: bool = False, by_hand: bool = False, paging: Paging | None = None
) -> MirrorReport:
    """Read, compare and store once. `by_hand` also asks while the mirror rests after a refused login."""
    try:
        client = snapshots.reader(paging)
    except NotConnected as problem:
        return MirrorReport(refused=str(problem))
    signer = client.caller.signer
    stop = _why_not_now(signer, by_hand)
    if stop:
        return MirrorReport(refused=stop)
    with _at_work() as started:
        if started is None:
            return MirrorReport(refused="Another mirror is at work; nothing to do here.")
        try:
            report = _take(snapshots.read_balances(client), started, accept_smaller)
        except QueryFailed as failure:
            return _failed(failure, signer)
        except MirrorRefused as refusal:
            return _refuse(str(refusal), alert_now=True)
        report.seconds = round((now() - started).total_seconds(), 1)
        return report


def _why_not_now(signer: Signer, by_hand: bool) -> str:
    """Five refused logins lock NetSuite's user, so a refusal stops pushing and reading alike."""
    halted = halts.why_not_sign_in(signer)
    if halted or by_hand:
        return halted
    mark = MirrorMark.objects.filter(rests_until__gt=now()).first()
    return f"The mirror rests until {mark.rests_until:%H:%M} UTC after a refused login." if mark else ""


@contextmanager
def _at_work() -> Iterator[datetime | None]:
    """When we began, or None while another mirror is at work."""
    MirrorMark.objects.get_or_create(pk=1)
    moment = now()
    free = Q(started_at=None) | Q(started_at__lt=moment - timedelta(seconds=MirrorMark.RUNS_AT_MOST))
    if MirrorMark.objects.filter(free, pk=1).update(started_at=moment) != 1:
        yield None
        return
    try:
        yield moment
    finally:
        MirrorMark.objects.filter(pk=1, started_at=moment).update(started_at=None)


def _take(snapshot: Sequence[RemoteBalance], started: datetime, accept_smaller: bool) -> MirrorReport:
    """Store a snapshot that may be believed, with what follows from it, all or nothing."""
    counts = row_counts(snapshot)
    with transaction.atomic():
        lock_envelopes()
        mark = MirrorMark.objects.select_for_update().get(pk=1)
        if mark.snapshot_at and mark.snapshot_at > started:
            raise MirrorRefused("A newer look at NetSuite was stored meanwhile; this one was thrown away.")
        if not accept_smaller:
            _check_size(mark, counts)
        comparison = compare_with_ours(snapshot, snapshot_at=started)
        states: Counter[str] = store(comparison.rows)
        mark.snapshot_at, mark.succeeded_at = started, now()
        mark.row_counts, mark.outside = counts, comparison.outside
        mark.refusal, mark.refused_at, mark.rests_until = "", None, None
        mark.save()
        withdrawn = withdraw_corrections()
        proposed = propose_corrections()
        telling.tell_of_drift()
        resolve_alert(key=MIRROR_ALERT)
    return MirrorReport(
        rows=len(snapshot),
        states=dict(states),
        proposed=proposed,
        withdrawn=withdrawn,
        outside=comparison.outside,
    )


def _check_size(mark: MirrorMark, counts: dict[str, list[object]]) -> None:
    why = why_suspicious(mark.row_counts, counts, least_share=settings.NETSUITE_MIRROR_LEAST_SHARE)
    if not why and not counts and Balance.objects.exclude(quantity_on_hand=0).exists():
        why = "NetSuite showed no balances at all, though there is stock here."
    if why:
        raise MirrorRefused(
            f"{why} A role without permission for a location or for items looks like this, so nothing was taken. "
            f"Check the integration's role in NetSuite. {ACCEPT}"
        )


def _failed(failure: QueryFailed, signer: Signer) -> MirrorReport:
    outcome = failure.outcome
    if isinstance(outcome, AuthStop):
        timing = configuration.timing()
        halts.reading_refused(outcome, signer, timing)
        MirrorMark.objects.filter(pk=1).update(rests_until=now() + timing.auth_halt)
    passes = isinstance(failure, ResultShifted) or isinstance(outcome, Throttled | Unknown | Refused)
    return _refuse(str(failure), alert_now=not passes and not isinstance(outcome, AuthStop))


def _refuse(sentence: str, *, alert_now: bool) -> MirrorReport:
    with transaction.atomic():
        mark = MirrorMark.objects.select_for_update().get(pk=1)
        mark.refusal, mark.refused_at = sentence, mark.refused_at or now()
        mark.save(update_fields=["refusal", "refused_at"])
        if alert_now or now() - (mark.succeeded_at or mark.refused_at) > PATIENCE:
            message = f"NetSuite's balances could not be compared with ours. {sentence}"
            raise_alert(key=MIRROR_ALERT, severity="warning", message=message, link=telling.parity_list())
    return MirrorReport(refused=sentence)
