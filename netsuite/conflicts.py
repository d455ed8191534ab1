"""A conflict with NetSuite, both sides of it: what we want recorded, and what its latest answer says it holds."""

from dataclasses import dataclass
from typing import Any

from netsuite.answers import described_record
from netsuite.estimates import expected_subtotal
from netsuite.models import Push, PushAttempt, PushDecision
from netsuite.outcomes import RemoteRecord
from netsuite.records import quantity_sum

SEVERAL_RECORDS = "MATCHES"


@dataclass(frozen=True)
class Held:
    """The record under our external id as NetSuite described it last. `number` is that answer's attempt."""

    number: int
    record: RemoteRecord
    is_one_of_several: bool

    @property
    def name(self) -> str:
        return f"{self.record.tran_id or 'record'} (internal id {self.record.internal_id})"

    def facts(self) -> dict[str, Any]:
        return {
            "internal_id": self.record.internal_id,
            "tran_id": self.record.tran_id,
            "payload_hash": self.record.payload_hash,
            "line_count": self.record.line_count,
            "quantity_sum": self.record.quantity_sum,
            **({"subtotal": self.record.subtotal} if self.record.subtotal else {}),
        }


@dataclass(frozen=True)
class Compared:
    """One line of the two sides; `differs` only where both are known."""

    title: str
    ours: str
    theirs: str
    is_hash: bool = False
    differs: bool = False


def held_in_netsuite(push: Push) -> Held | None:
    """None while no answer describes a record."""
    answered = push.attempt_rows.filter(finished_at__isnull=False).order_by("-number").first()
    record = described_record(answered.raw_answer) if answered else None
    if answered is None or record is None:
        return None
    return Held(answered.number, record, answered.code == SEVERAL_RECORDS)


def both_sides(push: Push, held: Held) -> list[Compared]:
    record = held.record
    theirs = "not said" if record.line_count is None else str(record.line_count)
    expected = expected_subtotal(push.payload)
    sums = [_compared("Subtotal", str(expected), record.subtotal)] if expected is not None else []
    return [
        Compared("Record", push.label, held.name),
        _compared("External id", push.external_id, record.external_id.upper()),
        _compared("Lines", str(push.line_count), theirs),
        _compared("Net quantity", _plain(str(quantity_sum(push.payload))), _plain(record.quantity_sum)),
        *sums,
        _compared("Payload hash", push.payload_hash, record.payload_hash or "none", is_hash=True),
    ]


def origin_of(push: Push, held: Held) -> str:
    """A sentence where NetSuite's record is known to us; empty when it is a stranger's."""
    for decision in push.decisions.filter(kind=PushDecision.Kind.REDATE, payload_hash_before=held.record.payload_hash):
        return f"NetSuite's record is our own from before it was re-dated ({decision.decided_at:%Y-%m-%d %H:%M} UTC)."
    if held.record.payload_hash == push.payload_hash:
        return "It carries our payload hash: it is our own record, and lines or quantities were lost or changed since."
    if not held.record.payload_hash:
        return "It carries no payload hash: it did not come from this program."
    return ""


def was_accepted(push: Push, record: RemoteRecord) -> bool:
    """Whether a person has taken exactly this record of NetSuite's as right."""
    facts = Held(0, record, False).facts()
    accepted = push.decisions.filter(kind=PushDecision.Kind.ACCEPT).order_by("-pk").first()
    return accepted is not None and accepted.details == facts


def last_send(push: Push) -> PushAttempt | None:
    return push.attempt_rows.filter(kind=PushAttempt.Kind.SEND).order_by("-number").first()


def _compared(title: str, ours: str, theirs: str, *, is_hash: bool = False) -> Compared:
    known = theirs not in {"", "not said"}
    return Compared(title, ours, theirs or "not said", is_hash, known and ours != theirs)


def _plain(quantity: str) -> str:
    """`6.000` and `6.0000` alike."""
    whole, _, places = quantity.partition(".")
    return f"{whole}.{places.rstrip('0')}".rstrip(".")
