"""Quarantined updates taken again from what was sent, once the cause is mended: the item added, the schema known.

They are judged, posted, told of and audited as if they came now, in the order of their sequences, never twice: the
client's intake is held, so that neither a message nor another retake comes in between.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet

from approvals import audit
from approvals.clock import now
from approvals.outbox.writing import write_events
from approvals.refusals import Refused
from approvals.set_based import update_rows
from inventory.models import WmsClient, WmsUpdate
from inventory.models.wms import MOST_UPDATES
from inventory.stock.incidents import note_shortfalls
from inventory.stock.ledger import FedUpdate, post_fed_updates
from inventory.wms.disputes import settle_disputes
from inventory.wms.gaps import note_arrivals
from inventory.wms.intake import hold_intake
from inventory.wms.judging import APPLIED, DUPLICATE, QUARANTINED, Side, Verdict, holds_its_key, judge_all
from inventory.wms.jumps import tell_of
from inventory.wms.ledger_side import read_side
from inventory.wms.receiving import shortfalls
from inventory.wms.stored_rows import read_again
from inventory.wms.storing import Change, adjusted, store_standings

PERMISSION = "inventory.retake_wmsupdate"
KEY_REUSED = WmsUpdate.Reason.KEY_REUSED
COLUMNS = (
    *("sequence", "sku", "item", "quantity", "status", "as_of"),
    *("state", "reason", "why", "delta", "on_hand", "retaken_at"),
)
NEVER = (
    "Its sequence was used twice, for different updates, and the other one holds it: which is right cannot be told "
    "from here. Have the WMS say it again under a new sequence."
)


def to_be_mended() -> QuerySet[WmsUpdate]:
    """What waits for somebody. Not: stock that is not for sale, of which a WMS speaks every day."""
    rows = WmsUpdate.objects.filter(state=WmsUpdate.State.QUARANTINED)
    return rows.exclude(reason=WmsUpdate.Reason.NOT_SELLABLE)


@dataclass(frozen=True)
class Again:
    """What one update is now."""

    wms_id: str
    sequence: int | None
    sku: str
    state: str
    why: str


@dataclass(frozen=True)
class Retaken:
    """`passed_over`: not in quarantine (any more), or of a sequence that was used twice."""

    results: list[Again]
    passed_over: int

    @property
    def tally(self) -> dict[str, int]:
        return dict(Counter(result.state for result in self.results))


def retakable(updates: QuerySet[WmsUpdate]) -> QuerySet[WmsUpdate]:
    return updates.filter(state=WmsUpdate.State.QUARANTINED).exclude(reason=KEY_REUSED)


def retake_updates(*, updates: QuerySet[WmsUpdate], by: Any | None) -> Retaken:
    """In parts of 1,000, each a transaction. What still fails stays, with why it fails now. `by` None is the system.

    Raises Refused when the person may not, or none of them can be retaken.
    """
    if by is not None and not by.has_perm(PERMISSION):
        raise Refused("You may not have updates taken again. Ask an administrator for the approver or integrator role.")
    chosen = list(retakable(updates).order_by("client_id", "sequence", "pk").values_list("client_id", "pk"))
    passed_over = updates.count() - len(chosen)
    if not chosen and passed_over:
        used_twice = updates.filter(state=WmsUpdate.State.QUARANTINED).exists()
        raise Refused(NEVER if used_twice else "None of these is in quarantine any more. Look at the list again.")
    results = [again for client_id, ids in _parts(chosen) for again in _retake(client_id, ids, by)]
    return Retaken(results, passed_over + len(chosen) - len(results))


def _parts(chosen: Sequence[tuple[int, int]]) -> Iterator[tuple[int, list[int]]]:
    for client_id, rows in groupby(chosen, key=lambda row: row[0]):
        ids = [pk for _, pk in rows]
        for n in range(0, len(ids), MOST_UPDATES):
            yield client_id, ids[n : n + MOST_UPDATES]


@transaction.atomic
def _retake(client_id: int, ids: list[int], by: Any | None) -> list[Again]:
    client = WmsClient.objects.select_related("location").get(pk=client_id)
    intake = hold_intake(client)
    # One whose sequence could not be read when it came gives way to one that has held it since.
    chosen = retakable(WmsUpdate.objects.filter(client=client, pk__any_of=ids))
    rows = list(chosen.order_by(F("sequence").asc(nulls_last=True), "pk"))
    at = now()
    reads = read_again(rows, client.wms_id)
    side = read_side(client, reads, at)
    side.highest, side.furthest_jump = intake.highest_sequence, client.furthest_jump
    for row in rows:
        if row.sequence is not None:
            side.seen.pop(row.sequence, None)  # it is the one that holds its key
    verdicts = [_told(verdict) for verdict in judge_all(reads, side)]
    update_rows(WmsUpdate, COLUMNS, [_row(row, verdict, at) for row, verdict in zip(rows, verdicts, strict=True)])
    _post(client, rows, verdicts, side, at)
    arrived = [s for row, verdict in zip(rows, verdicts, strict=True) if (s := _arrived(row, verdict)) is not None]
    intake.highest_sequence = note_arrivals(client, arrived, intake.highest_sequence, at)
    intake.save(update_fields=["highest_sequence"])
    tell_of(client, verdicts, side, f"client__id__exact={client.pk}&state=applied")
    if rows:
        _record(client, rows, verdicts, by)
    return [Again(client.wms_id, v.read.sequence, v.read.sku, v.state, v.why) for v in verdicts]


def _told(verdict: Verdict) -> Verdict:
    """Its sequence could not be read when it came; the same update has come again since, and holds it."""
    if verdict.state != DUPLICATE:
        return verdict
    why = f"The same update came again under sequence {verdict.read.sequence}: nothing is left to take."
    return Verdict(verdict.read, QUARANTINED, reason=KEY_REUSED, why=why)


def _row(row: WmsUpdate, verdict: Verdict, at: datetime) -> tuple[Any, ...]:
    if verdict.state not in {row.state, *WmsUpdate.TRANSITIONS[row.state]}:
        raise ValueError(f"{row.state} does not become {verdict.state}.")
    read, update = verdict.read, verdict.read.update
    meant = (update.quantity, update.status, verdict.as_of) if update else (None, "", None)
    return (
        row.pk, read.sequence, read.sku, verdict.item_id, *meant, verdict.state, verdict.reason, verdict.why,
        verdict.delta, verdict.on_hand, at,
    )  # fmt: skip


def _post(client: WmsClient, rows: Sequence[WmsUpdate], verdicts: Sequence[Verdict], side: Side, at: datetime) -> None:
    fed: list[FedUpdate] = []
    changes: list[Change] = []
    for row, v in zip(rows, verdicts, strict=True):
        if v.state == APPLIED and v.item_id and v.delta and v.read.sequence is not None and v.as_of:
            fed.append(FedUpdate(row.pk, v.read.sequence, v.item_id, v.delta, v.as_of))
            changes.append((v.read.sku, v.read.sequence, v.delta, v.on_hand))
    post_fed_updates(client, fed, at)
    write_events(adjusted(client, changes, at))
    store_standings(client.pk, side, at)
    settle_disputes(client, side, at)
    note_shortfalls(client.location, shortfalls(verdicts, side), at)


def _arrived(row: WmsUpdate, verdict: Verdict) -> int | None:
    """Its sequence, when it counts as come only now."""
    counted = row.sequence is not None and row.reason != WmsUpdate.Reason.TOO_FAR_AHEAD
    return verdict.read.sequence if holds_its_key(verdict) and not counted else None


def _record(client: WmsClient, rows: Sequence[WmsUpdate], verdicts: Sequence[Verdict], by: Any | None) -> None:
    became: dict[str, list[int]] = {}
    for row, verdict in zip(rows, verdicts, strict=True):
        became.setdefault(verdict.state, []).append(row.pk)
    details = {"wms_id": client.wms_id, "updates": became}
    audit.append(actor=by, verb="wms.retaken", entity_ref=f"wms_client:{client.pk}", details=details)
