"""The newest word of a WMS put on the ledger after the fact: it got the authority, or a person accepted its word."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from approvals.outbox.writing import write_events
from approvals.set_based import update_rows
from inventory.models import Authority, Balance, WmsClient, WmsDispute, WmsStanding, WmsUpdate
from inventory.stock.incidents import note_shortfalls
from inventory.stock.ledger import FedUpdate, lock_balances, post_fed_updates
from inventory.variance.expected import moved_after
from inventory.wms.storing import adjusted

State = WmsUpdate.State
COLUMNS = ("state", "why", "delta", "on_hand")
NOTHING = Decimal(0)


@dataclass(frozen=True)
class _Word:
    """The newest update on an item; `target` is what it comes to now, `was` what is on hand, `reserved` promised."""

    update_id: int
    sequence: int
    sku: str
    state: str
    item_id: int
    as_of: datetime
    target: Decimal
    was: Decimal
    reserved: Decimal


def apply_standings(*, client: WmsClient, item_ids: Collection[int], at: datetime) -> int:
    """Post what the client's newest words come to now, goods moved since them included; how many moved something.

    Call it in a transaction that holds the client's intake. Only balances move of which the WMS has the authority and
    whose word nobody disputes. A word that was applied before is not applied again, and one that more has left since
    than it says waits for a newer one. In a number of statements that does not depend on the number of items.
    """
    lock_balances(client.location, sorted(item_ids))
    taken = [word for word in _words(client, item_ids) if word.target >= 0 and _may_become(word, _outcome(word))]
    update_rows(WmsUpdate, COLUMNS, [_row(word) for word in taken])
    moved = sorted((word for word in taken if word.target != word.was), key=lambda word: word.sequence)
    post_fed_updates(
        client,
        [FedUpdate(w.update_id, w.sequence, w.item_id, w.target - w.was, w.as_of) for w in moved],
        at,
    )
    write_events(adjusted(client, [(w.sku, w.sequence, w.target - w.was, w.target) for w in moved], at))
    note_shortfalls(client.location, {word.item_id: word.reserved - word.target for word in taken}, at)
    return len(moved)


def _may_become(word: _Word, state: str) -> bool:
    return state in WmsUpdate.TRANSITIONS[word.state]


def _outcome(word: _Word) -> str:
    return State.UNCHANGED if word.target == word.was else State.APPLIED


def _row(word: _Word) -> tuple[int, str, str, Decimal, Decimal]:
    return (word.update_id, _outcome(word), "", word.target - word.was, word.target)


def _words(client: WmsClient, item_ids: Collection[int]) -> list[_Word]:
    rows = WmsStanding.objects.filter(client=client, item__any_of=sorted(item_ids)).order_by()
    standings = {item: (sequence, said, as_of) for item, sequence, said, as_of in rows.values_list(
        "item_id", "sequence", "quantity", "as_of"
    )}  # fmt: skip
    balances = Balance.objects.filter(
        location=client.location, item__any_of=sorted(standings), authority=Authority.WMS
    ).order_by()
    disputes = WmsDispute.objects.filter(location=client.location, item__any_of=sorted(standings), closed_at=None)
    disputed = set(disputes.order_by().values_list("item_id", flat=True))
    updates = WmsUpdate.objects.filter(client=client, sequence__any_of=sorted(row[0] for row in standings.values()))
    stored = {
        sequence: (pk, sku, state)
        for sequence, pk, sku, state in updates.exclude(reason="key_reused")
        .order_by()
        .values_list("sequence", "pk", "sku", "state")
    }
    moved = moved_after(client.location, [(item, as_of) for item, (_, _, as_of) in standings.items()])
    words = []
    for item_id, on_hand, reserved in balances.values_list("item_id", "quantity_on_hand", "quantity_reserved"):
        if item_id in disputed:
            continue
        sequence, said, as_of = standings[item_id]
        target = said + moved.get((item_id, as_of), NOTHING)
        pk, sku, state = stored[sequence]
        words.append(_Word(pk, sequence, sku, state, item_id, as_of, target, on_hand, reserved))
    return words
