"""From what a WMS says in order to the messages that leave it: late, twice, out of order, or never. By a seed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from random import Random

from inventory.wms.simulator.day import DAY, HOUR
from inventory.wms.simulator.warehouse import Update

FAULTS = {
    "duplicates": "updates that were sent come again in other messages",
    "resends": "an answer gets lost, and the same message is sent again",
    "reorders": "messages overtake one another, and updates within one",
    "gaps": "one message in twenty is lost; with --backfill they are sent in the evening",
    "outage": "nothing is sent from 14:00 to 15:00, then everything at once",
    "schema": "at 13:00 the WMS changes from schema version 1 to 2",
    "bad": "rows that no receiver can take",
    "clock": "its clock is ahead, and set back three times",
}
SHARE_LOST, SHARE_RESENT, SHARE_REPEATED, SHARE_REORDERED = 0.05, 0.05, 0.1, 0.3
REORDERED = 4  # messages that overtake one another
OUTAGE = (8 * HOUR, 9 * HOUR)
NEW_SCHEMA_AT = 7 * HOUR


@dataclass(frozen=True, slots=True)
class Message:
    """`due` in seconds since the warehouse opened."""

    due: float
    version: str
    updates: tuple[Update, ...]
    answer_is_lost: bool = False


@dataclass(frozen=True)
class Plan:
    """`messages` in the order of sending; `lost` never leave."""

    messages: list[Message]
    lost: list[Message]

    def versions(self) -> dict[int, str]:
        """{sequence: the schema version in which it was worded}: it is never worded anew."""
        return {update.sequence: each.version for each in (*self.messages, *self.lost) for update in each.updates}


def plan_messages(
    said: Sequence[Update], *, batch: int, faults: Collection[str], seed: int, backfill: bool = False
) -> Plan:
    """The full listing at the end is never lost, so that in the end the newest word on every item has left."""
    random = Random(f"{seed}/faults")
    messages = _in_batches(said, batch, changes_schema="schema" in faults)
    lost: list[Message] = []
    if "gaps" in faults:
        messages, lost = _some_lost(messages, random)
    if "duplicates" in faults:
        messages = _with_repeats(messages, random)
    if "outage" in faults:
        messages = [_held_up(each) for each in messages]
    if "reorders" in faults:
        messages = _overtaking(messages, random)
    if backfill:
        messages, lost = messages + [replace(each, due=DAY) for each in random.sample(lost, len(lost))], []
    if "resends" in faults:
        messages = [replace(each, answer_is_lost=random.random() < SHARE_RESENT) for each in messages]
    return Plan(messages, lost)


def _in_batches(said: Sequence[Update], batch: int, *, changes_schema: bool) -> list[Message]:
    """A message has one schema version, and a full listing has messages of its own."""
    parts: dict[tuple[float, str], list[Update]] = {}
    for update in said:
        version = "2" if changes_schema and update.at >= NEW_SCHEMA_AT else "1"
        listing = update.at if update.at in {0.0, DAY} else -1.0
        parts.setdefault((listing, version), []).append(update)
    return [
        Message(rows[min(n + batch, len(rows)) - 1].at, version, tuple(rows[n : n + batch]))
        for (_, version), rows in parts.items()
        for n in range(0, len(rows), batch)
    ]


def _some_lost(messages: list[Message], random: Random) -> tuple[list[Message], list[Message]]:
    may_be = [n for n, message in enumerate(messages) if message.updates[0].at < DAY]
    lost = set(random.sample(may_be, max(1, round(SHARE_LOST * len(may_be)))))
    return [each for n, each in enumerate(messages) if n not in lost], [messages[n] for n in sorted(lost)]


def _with_repeats(messages: list[Message], random: Random) -> list[Message]:
    """After a message, sometimes another with some of the updates of an earlier one."""
    found = []
    for position, message in enumerate(messages):
        found.append(message)
        if random.random() < SHARE_REPEATED:
            earlier = messages[random.randrange(position + 1)]
            again = random.sample(earlier.updates, random.randrange(1, len(earlier.updates) + 1))
            found.append(replace(earlier, due=message.due, updates=tuple(again)))
    return found


def _held_up(message: Message) -> Message:
    begins, ends = OUTAGE
    return replace(message, due=ends) if begins <= message.due < ends else message


def _overtaking(messages: list[Message], random: Random) -> list[Message]:
    """What overtakes another leaves no earlier for it: the other is late."""
    found: list[Message] = []
    for n in range(0, len(messages), REORDERED):
        some = messages[n : n + REORDERED]
        if random.random() < SHARE_REORDERED:
            late = max(each.due for each in some)
            mixed = [random.sample(each.updates, len(each.updates)) for each in some]
            some = [replace(each, due=late, updates=tuple(rows)) for each, rows in zip(some, mixed, strict=True)]
            random.shuffle(some)
        found += some
    return found
