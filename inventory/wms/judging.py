"""What becomes of each update, by its sequence and the ledger's side. Plain Python: rows in, verdicts out.

Ordered by sequence, never by time. Within a message an update sees what the ones before it have changed. What there
is one of for each update is a named tuple: it is made in a third of a frozen dataclass's time.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from inventory.wms.bodies import Read
from inventory.wms.schemas import NewUpdate

APPLIED, UNCHANGED, SUPERSEDED = "applied", "unchanged", "superseded"
QUARANTINED, COMPARED, DUPLICATE = "quarantined", "compared", "duplicate"
NOTHING = Decimal(0)


class KnownItem(NamedTuple):
    pk: int
    allows_fractions: bool
    cost: Decimal | None


@dataclass(slots=True)
class Balance:
    """`on_hand` changes as updates are judged. `authority` None: the item has no balance here."""

    pk: int | None
    on_hand: Decimal
    reserved: Decimal
    authority: str | None


@dataclass(slots=True)
class Standing:
    """A client's newest word on an item; `pk` None until it is stored."""

    pk: int | None
    sequence: int
    quantity: Decimal = NOTHING
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True)
class Dispute:
    """A person stated `found` at `opened_at`, against a word that said `stated` and came to `theirs` then."""

    pk: int
    opened_at: datetime
    found: Decimal
    stated: Decimal
    theirs: Decimal


@dataclass(frozen=True, slots=True)
class Settled:
    """A dispute that an update has ended."""

    pk: int
    outcome: str
    sequence: int


class Verdict(NamedTuple):
    """`on_hand` is by the update's word; `delta` what that changes, or would."""

    read: Read
    state: str
    item_id: int | None = None
    reason: str = ""
    why: str = ""
    delta: Decimal | None = None
    on_hand: Decimal | None = None
    first: str = ""  # of a duplicate: what became of it the first time
    as_of: datetime | None = None


class First(NamedTuple):
    """What became of a sequence the first time it came."""

    payload_hash: str
    state: str
    why: str
    delta: Decimal | None
    on_hand: Decimal | None


@dataclass(slots=True)
class Side:
    """Everything that is known here about the items of one message."""

    location: str
    received_at: datetime
    items: Mapping[str, KnownItem]
    balances: dict[int, Balance]
    standings: dict[int, Standing]
    moved: Mapping[tuple[int, datetime], Decimal]
    seen: dict[int, First] = field(default_factory=dict)  # by sequence
    disputes: dict[int, Dispute] = field(default_factory=dict)  # open ones, by item
    settled: list[Settled] = field(default_factory=list)
    highest: int | None = None  # sequence so far; None before the client's first message
    furthest_jump: int | None = None  # above it; None: as far as it likes


def as_of(update: NewUpdate, received_at: datetime) -> datetime:
    """A clock that is ahead of ours cannot know what will be: then it was true when it came."""
    return min(update.as_of, received_at)


def judge_all(reads: Iterable[Read], side: Side) -> list[Verdict]:
    """In the order of the message."""
    ordered = sorted(reads, key=lambda read: (-1 if read.sequence is None else read.sequence, read.position))
    return sorted((_judge_key(read, side) for read in ordered), key=lambda verdict: verdict.read.position)


def _judge_key(read: Read, side: Side) -> Verdict:
    """Used before? Then it is a duplicate, or two updates claim one sequence and neither replaces the other."""
    if read.sequence is None:
        return _judge(read, side)
    first = side.seen.get(read.sequence)
    if first is None:
        verdict = _too_far(read, read.sequence, side) or _judge(read, side)
        side.seen[read.sequence] = First(read.payload_hash, verdict.state, verdict.why, verdict.delta, verdict.on_hand)
        return verdict
    if first.payload_hash != read.payload_hash:
        why = f"Sequence {read.sequence} was used before, for another update. Send this one under a new sequence."
        return Verdict(read, QUARANTINED, reason="key_reused", why=why)
    return Verdict(read, DUPLICATE, why=first.why, delta=first.delta, on_hand=first.on_hand, first=first.state)


def holds_its_key(verdict: Verdict) -> bool:
    """Its sequence has come now: neither known before, nor claimed twice, nor a mistake."""
    return verdict.state != DUPLICATE and verdict.reason not in {"key_reused", "too_far_ahead"}


def _too_far(read: Read, sequence: int, side: Side) -> Verdict | None:
    """A sequence far above all before it would open a gap that never fills, and supersede every update to come."""
    if side.highest is not None and side.furthest_jump is not None and sequence > side.highest + side.furthest_jump:
        why = (
            f"Sequence {sequence} is more than {side.furthest_jump:,} above {side.highest}, the highest so far. If it "
            "is right, raise the furthest jump of the client, then have this update taken again."
        )
        return Verdict(read, QUARANTINED, reason="too_far_ahead", why=why)
    side.highest = sequence if side.highest is None else max(side.highest, sequence)
    return None


def _judge(read: Read, side: Side) -> Verdict:
    update = read.update
    if update is None:
        return Verdict(read, QUARANTINED, reason=read.reason, why=read.why)
    item = side.items.get(read.sku)
    if item is None:
        why = "The item is not in the catalogue. Add it, then have this update taken again."
        return Verdict(read, QUARANTINED, reason="unknown_sku", why=why)
    if not item.allows_fractions and update.quantity % 1:
        why = f"{update.quantity:f} is not whole, but the item comes in whole units."
        return Verdict(read, QUARANTINED, item.pk, "not_whole", why)
    return _judge_sequence(read, update, item, side)


def _judge_sequence(read: Read, update: NewUpdate, item: KnownItem, side: Side) -> Verdict:
    moment = as_of(update, side.received_at)
    standing = side.standings.get(item.pk)
    if standing and update.sequence < standing.sequence:
        why = f"Sequence {standing.sequence} has said more of this item since."
        return Verdict(read, SUPERSEDED, item.pk, why=why, as_of=moment)
    balance = side.balances.get(item.pk) or Balance(None, NOTHING, NOTHING, None)
    target = update.quantity + side.moved.get((item.pk, moment), NOTHING)
    delta = target - balance.on_hand
    if balance.authority != "wms":
        _take_note(update, item, moment, side)
        return Verdict(
            read, COMPARED, item.pk, why=_not_asked(balance, side), delta=delta, on_hand=target, as_of=moment
        )
    if target < 0:
        why = f"It says {update.quantity:f}, and {-(target - update.quantity):f} have left since. Send a newer figure."
        return Verdict(read, QUARANTINED, item.pk, "below_zero", why, as_of=moment)
    if disputed := _disputed(update, target, item, moment, side):
        _take_note(update, item, moment, side)
        return Verdict(read, COMPARED, item.pk, why=disputed, delta=delta, on_hand=target, as_of=moment)
    _take_note(update, item, moment, side)
    balance.on_hand = target
    return Verdict(read, APPLIED if delta else UNCHANGED, item.pk, delta=delta, on_hand=target, as_of=moment)


def _disputed(update: NewUpdate, target: Decimal, item: KnownItem, moment: datetime, side: Side) -> str:
    """Why it is not applied: it repeats what a person disputes, or was true before that person looked. Otherwise the
    dispute, if there is one, is over: both say the same now, or the WMS has looked again and found a third figure."""
    dispute = side.disputes.get(item.pk)
    if dispute is None:
        return ""
    moved = side.moved.get((item.pk, dispute.opened_at), NOTHING)
    agrees = target == dispute.found + moved
    repeats = update.quantity == dispute.stated or target == dispute.theirs + moved
    if not agrees and (repeats or moment < dispute.opened_at):
        return (
            f"Disputed: {dispute.found.normalize():f} were found there, and this "
            f"{'repeats what is disputed' if repeats else 'was true before'}. If it is right, accept the WMS's word."
        )
    del side.disputes[item.pk]
    side.settled.append(Settled(dispute.pk, "agreed" if agrees else "overtaken", update.sequence))
    return ""


def _take_note(update: NewUpdate, item: KnownItem, moment: datetime, side: Side) -> None:
    before = side.standings.get(item.pk)
    pk = before.pk if before else None
    side.standings[item.pk] = Standing(pk, update.sequence, update.quantity, moment)


def _not_asked(balance: Balance, side: Side) -> str:
    if balance.authority is None:
        return f"The item has no balance at {side.location} yet. Open one, and give the WMS the authority."
    who = {"count": "counts have", "excel": "Excel has"}[balance.authority]
    return f"Compared only: at {side.location} {who} the authority on this item."
