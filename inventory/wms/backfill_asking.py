"""A WMS asked for the updates that never came: a signed GET for each missing range, taken as any message is.

The network is called outside any transaction. Whatever goes wrong, what was taken stays taken, and the rest stays
missing: asking again goes on there.
"""

import hashlib
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from approvals.outbox.addresses import objection_to_sending
from approvals.outbox.calling import Caller, Fetched
from approvals.refusals import Refused
from inventory.models import WmsClient, WmsGap, WmsMessage
from inventory.models.wms import MOST_BYTES, MOST_UPDATES
from inventory.wms.backfill_ranges import Range, missing_ranges
from inventory.wms.bodies import Unreadable, map_updates, read_json
from inventory.wms.clients import live_secrets
from inventory.wms.receiving import Answer, take_message

MOST_CALLS = 200  # in one go, so that a long outage is worked off in steps
CLIENT = "X-WMS-Client"


class _Failed(Exception):
    """A sentence: why the WMS gave nothing that can be taken."""


@dataclass
class Asked:
    """`problems` are sentences, each naming its gap and the cure; `unanswered` gaps are worth asking for again."""

    calls: int = 0
    tally: Counter[str] = field(default_factory=Counter)
    closed: list[WmsGap] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    unanswered: list[WmsGap] = field(default_factory=list)


def ask_for_gaps(
    *, client: WmsClient, gaps: Iterable[WmsGap], first: int | None = None, last: int | None = None
) -> Asked:
    """Each gap's missing ranges, in order. Stops at the first call that fails: the next would fail too.

    Raises Refused when the client cannot be asked at all.
    """
    secret = _may_be_asked(client)
    asked = Asked()
    with Caller(url=client.backfill_url, secrets=[secret]) as caller:
        waiting = list(gaps)
        for position, gap in enumerate(waiting):
            try:
                _fill(client, gap, caller, asked, first, last)
            except _Failed as problem:
                cure = "What came before it is taken. Mend that there, then ask again."
                _answered(gap, f"Gap {gap}: {problem} {cure}", asked)
                asked.unanswered = waiting[position:]
                break
            if asked.calls >= MOST_CALLS:
                _answered(gap, f"Gap {gap}: {MOST_CALLS} calls were made. Ask again for the rest.", asked)
                asked.unanswered = waiting[position:]
                break
    asked.closed = [gap for gap in waiting if gap.closed_at]
    return asked


def _may_be_asked(client: WmsClient) -> str:
    """The secret to sign with."""
    if not client.is_enabled:
        raise Refused(f"The client {client} is disabled. Enable it in the admin first.")
    if not client.backfill_url:
        raise Refused(
            f"{client} has no backfill address. Give it one in the admin, or send the missing ranges to the people of "
            "the WMS and take their file with backfill_wms --file."
        )
    if objection := objection_to_sending(client.backfill_url):
        raise Refused(f"{objection} Correct the backfill address of {client}.")
    secrets = live_secrets(client)
    if not secrets:
        raise Refused(f"{client} has no valid key to sign with. Issue one for it in the admin.")
    return secrets[0]


def _fill(client: WmsClient, gap: WmsGap, caller: Caller, asked: Asked, first: int | None, last: int | None) -> None:
    ranges = list(islice(missing_ranges(gap, first, last), MOST_CALLS))
    for start, end in ranges:
        cursor = start
        while cursor <= end and asked.calls < MOST_CALLS:
            cursor = _ask(client, (cursor, min(end, cursor + MOST_UPDATES - 1)), caller, asked)
    gap.refresh_from_db()
    if ranges and not gap.closed_at and asked.calls < MOST_CALLS:
        rest = list(islice(missing_ranges(gap, first, last), 1))
        if rest:
            _answered(
                gap,
                f"Gap {gap}: the WMS answered, but {gap.still_missing:,} of its updates, the first of them sequence "
                f"{rest[0][0]}, were not in it. Ask its people for them, or give up on the gap.",
                asked,
            )


def _ask(client: WmsClient, wanted: Range, caller: Caller, asked: Asked) -> int:
    """Where to go on: an answer may hold only the beginning of what was asked for. Raises _Failed."""
    start, end = wanted
    asked.calls += 1
    # The range is in the id, which is signed.
    message_id = f"backfill-{start}-{end}-{int(time.time())}"
    fetched = caller.fetch(message_id, f"from={start}&to={end}", {CLIENT: client.wms_id}, MOST_BYTES)
    answer = _take(client, wanted, fetched)
    if answer is None:
        return end + 1
    asked.tally.update(answer.tally)
    came = [result["sequence"] for result in read_json(answer.text)["results"] if result["sequence"] is not None]
    reached = max((sequence for sequence in came if start <= sequence <= end), default=end)
    return int(reached) + 1


def _take(client: WmsClient, wanted: Range, fetched: Fetched) -> Answer | None:
    """None: the WMS has none of them."""
    if fetched.status is None:
        raise _Failed(fetched.problem)
    if fetched.status != 200:
        raise _Failed(f"The WMS answered {fetched.status}.")
    digest = hashlib.sha256(fetched.body).hexdigest()
    try:
        content: Any = read_json(fetched.body)
        if not isinstance(content, dict):
            raise Unreadable("It is no JSON object with schema_version and updates.")
        if content.get("updates") == []:
            return None
        body = map_updates(content.get("schema_version"), content.get("updates"), client.wms_id)
    except Unreadable as junk:
        raise _Failed(f"Its answer cannot be taken: {junk}") from junk
    message_id = f"backfill-{wanted[0]}-{wanted[1]}-{digest[:16]}"
    return take_message(
        client=client, message_id=message_id, body_hash=digest, body=body, source=WmsMessage.Source.ASKED
    )


def _answered(gap: WmsGap, sentence: str, asked: Asked) -> None:
    asked.problems.append(sentence)
    WmsGap.objects.filter(pk=gap.pk).update(last_answer=sentence[:500])
