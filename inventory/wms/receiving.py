"""One message, from bytes to the ledger, in one transaction: kept, judged, posted and answered; or refused.

The messages of one client wait for one another at its intake row; messages of others, and orders, at the balances.
"""

import hashlib
import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection, transaction

from approvals import audit, tracing
from approvals.clock import now
from approvals.refusals import Refused
from inventory.models import WmsClient, WmsIntake, WmsMessage
from inventory.stock.incidents import note_shortfalls
from inventory.wms.allowance import spend
from inventory.wms.answers import answer_text
from inventory.wms.bodies import Body, read_body
from inventory.wms.disputes import settle_disputes
from inventory.wms.gaps import note_arrivals
from inventory.wms.intake import hold_intake
from inventory.wms.judging import APPLIED, UNCHANGED, Side, Verdict, holds_its_key, judge_all
from inventory.wms.jumps import tell_of_jumps
from inventory.wms.ledger_side import read_side
from inventory.wms.storing import store_message, store_outcome

log = logging.getLogger(__name__)


class OtherBody(Refused):
    """The message id was used before, for another body."""


class TooMany(Refused):
    def __init__(self, problem: str, retry_after: int) -> None:
        self.retry_after = retry_after  # seconds
        super().__init__(problem)


@dataclass(frozen=True)
class Answer:
    """`text` is JSON; `tally` counts outcomes; a replayed message changed nothing this time."""

    text: str
    tally: dict[str, int]
    is_replay: bool = False


def receive_message(*, client: WmsClient, message_id: str, body: bytes) -> Answer:
    """A signed message. Raises bodies.Unreadable, OtherBody, TooMany; nothing is stored then."""
    digest = hashlib.sha256(body).hexdigest()
    read = read_body(body, client.wms_id)
    return take_message(client=client, message_id=message_id, body_hash=digest, body=read)


def take_message(
    *,
    client: WmsClient,
    message_id: str,
    body_hash: str,
    body: Body,
    source: str = WmsMessage.Source.API,
) -> Answer:
    """Of a message taken before, the answer it got. A file is not held to the rate of requests."""
    with transaction.atomic():
        intake = hold_intake(client)
        known = WmsMessage.objects.filter(client=client, webhook_id=message_id).first()
        if known:
            return _again(known, body_hash)
        if source == WmsMessage.Source.API:
            _spend(client, intake, len(body.updates))
        answer = _take(client, intake, message_id, body_hash, body, source)
    log.info("wms message wms_id=%s message=%s %s", client.wms_id, message_id, _counts(answer.tally))
    return answer


def _again(known: WmsMessage, body_hash: str) -> Answer:
    if known.body_hash != body_hash:
        raise OtherBody(f"Message {known.webhook_id} was taken before with another body. Send this one under a new id.")
    return Answer(known.answer, known.tally(), is_replay=True)


def _spend(client: WmsClient, intake: WmsIntake, updates: int) -> None:
    at = now()
    per_minute = client.updates_per_minute
    spent = spend(updates, left=intake.allowance, since=intake.refilled_at, at=at, per_minute=per_minute)
    if spent.retry_after:
        raise TooMany(
            f"{client} may send {per_minute:,} updates a minute. Send this message again in {spent.retry_after} s.",
            spent.retry_after,
        )
    intake.allowance, intake.refilled_at = spent.left, at


@tracing.traced("wms: judge and apply")
def _take(client: WmsClient, intake: WmsIntake, message_id: str, body_hash: str, body: Body, source: str) -> Answer:
    at = now()
    side = read_side(client, body.updates, at)
    side.highest, side.furthest_jump = intake.highest_sequence, client.furthest_jump
    verdicts = judge_all(body.updates, side)
    tally = dict(Counter(verdict.state for verdict in verdicts))
    text = answer_text(client, message_id, at, verdicts, tally)
    message = store_message(
        client=client, webhook_id=message_id, body_hash=body_hash, source=source, received_at=at, answer=text,
        schema_version=body.schema_version, updates_sent=len(verdicts), **tally,
    )  # fmt: skip
    store_outcome(message, verdicts, side)
    settle_disputes(client, side, at)
    note_shortfalls(client.location, shortfalls(verdicts, side), at)
    arrived = [v.read.sequence for v in verdicts if v.read.sequence is not None and holds_its_key(v)]
    intake.highest_sequence = note_arrivals(client, arrived, intake.highest_sequence, at)
    intake.taken_at = at
    intake.save()
    tell_of_jumps(message, verdicts, side)
    _check_foreign_keys()
    audit.append(
        actor=None, actor_name=client.wms_id, verb="wms.message", entity_ref=f"wms_message:{message.pk}",
        details={"message": message_id, "body_hash": body_hash, **tally},
    )  # fmt: skip
    return Answer(text, tally)


def _check_foreign_keys() -> None:
    """Now, not at the commit: all messages wait for one another at the audit trail's end."""
    if connection.vendor == "postgresql":
        connection.check_constraints()


def shortfalls(verdicts: Sequence[Verdict], side: Side) -> dict[int, Decimal]:
    """{item: promised less on hand} of what the WMS had a say in."""
    told = {verdict.item_id for verdict in verdicts if verdict.state in {APPLIED, UNCHANGED}}
    balances = ((item_id, side.balances[item_id]) for item_id in told if item_id is not None)
    return {item_id: balance.reserved - balance.on_hand for item_id, balance in balances}


def _counts(tally: dict[str, int]) -> str:
    return " ".join(f"{state}={number}" for state, number in sorted(tally.items()))
