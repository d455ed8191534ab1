"""What was sent, once more: the stored rows go through the same code, and change nothing, because all of it is known.

Nothing is stored here, whatever comes out; a row that comes out as something else is named.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice

from django.db import transaction
from django.db.models import Count, QuerySet, Sum

from inventory.models import Balance, Movement, WmsClient, WmsIntake, WmsStanding, WmsUpdate
from inventory.models.wms import MOST_UPDATES
from inventory.wms.intake import hold_intake
from inventory.wms.judging import DUPLICATE, QUARANTINED, Verdict, judge_all
from inventory.wms.ledger_side import read_side
from inventory.wms.stored_rows import read_again

State = WmsUpdate.State
KEY_REUSED = WmsUpdate.Reason.KEY_REUSED


@dataclass
class Replayed:
    """`duplicates` are known with the result they had; `waiting` are quarantined as before."""

    rows: int = 0
    duplicates: int = 0
    waiting: int = 0
    retakable: int = 0
    problems: list[str] = field(default_factory=list)
    state_before: str = ""
    state_after: str = ""

    @property
    def changed_nothing(self) -> bool:
        return self.state_before == self.state_after


def replay_rows(*, rows: QuerySet[WmsUpdate]) -> Replayed:
    """In chunks of 1,000, in the order they came, a constant number of statements for each."""
    report = Replayed(state_before=state_hash())
    keys = rows.order_by("client_id", "pk").values_list("client_id", "pk").iterator(chunk_size=MOST_UPDATES)
    for client_id, of_client in groupby(keys, key=lambda key: key[0]):
        client = WmsClient.objects.select_related("location").get(pk=client_id)
        for ids in _chunks(pk for _, pk in of_client):
            _replay(client, ids, report)
    report.state_after = state_hash()
    return report


def _chunks(ids: Iterator[int]) -> Iterator[list[int]]:
    while chunk := list(islice(ids, MOST_UPDATES)):
        yield chunk


@transaction.atomic
def _replay(client: WmsClient, ids: Sequence[int], report: Replayed) -> None:
    intake = hold_intake(client)
    stored = list(WmsUpdate.objects.filter(pk__any_of=list(ids)).order_by("pk"))
    at = max(row.received_at for row in stored)
    reads = read_again(stored, client.wms_id)
    side = read_side(client, reads, at)
    side.highest, side.furthest_jump = intake.highest_sequence, client.furthest_jump
    for row, verdict in zip(stored, judge_all(reads, side), strict=True):
        report.rows += 1
        _note(client, row, verdict, report)


def _note(client: WmsClient, row: WmsUpdate, verdict: Verdict, report: Replayed) -> None:
    had_its_key = row.sequence is not None and row.reason != KEY_REUSED
    if had_its_key and verdict.state == DUPLICATE and verdict.first == row.state:
        report.duplicates += 1
    elif not had_its_key and verdict.state in {QUARANTINED, DUPLICATE}:
        report.waiting += 1
    elif not had_its_key:
        report.retakable += 1
    else:
        report.problems.append(
            f"Update {row.sequence} of {client} ({row.sku}, row {row.pk}) is stored as {row.state}, but comes out as "
            f"{verdict.reason or verdict.state}: what is stored of it is not what was sent. Run with --verify."
        )


def state_hash() -> str:
    """Of everything an update can change: balances, newest words, how far each feed has come, results and movements."""
    digest = hashlib.sha256()
    said = (
        Balance.objects.order_by("pk").values_list("item", "location", "quantity_on_hand", "quantity_reserved"),
        WmsStanding.objects.order_by("pk").values_list("client", "item", "sequence", "quantity"),
        WmsIntake.objects.order_by("pk").values_list("client", "highest_sequence"),
        WmsUpdate.objects.order_by("client", "state")
        .values_list("client", "state")
        .annotate(rows=Count("pk"), moved=Sum("delta")),
        Movement.objects.order_by("location").values_list("location").annotate(rows=Count("pk"), moved=Sum("delta")),
    )
    for rows in said:
        for row in rows.iterator(chunk_size=10_000):
            digest.update(f"{'|'.join(map(_text, row))}\n".encode())
    return digest.hexdigest()


def _text(value: object) -> str:
    return f"{value:.3f}" if hasattr(value, "as_tuple") else str(value)
