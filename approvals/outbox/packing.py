"""What one call carries: an event as it is, or an array of some (the JSON batch format of CloudEvents)."""

from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from approvals.outbox.envelope import CONTENT_TYPE

ARRAY_CONTENT_TYPE = "application/cloudevents-batch+json; charset=utf-8"
MOST_BYTES = 256 * 1024  # of an array; only one event that is larger by itself goes beyond it


@dataclass(frozen=True)
class Message:
    """`key` is the delivery's; `body` the event's envelope."""

    key: int
    subject: str
    message_id: str
    body: bytes = field(repr=False)
    traceparent: str | None = None  # of what the event was written in
    may_join: bool = True  # it has not failed: what a receiver cannot take is not to take others with it again


@dataclass(frozen=True)
class Packed:
    message_id: str
    body: bytes = field(repr=False)
    content_type: str


def take_next(waiting: deque[Message], held: Collection[str], most: int) -> list[Message]:
    """Take from the front what the next call carries, in order, and throw away what has a held subject."""
    taken: list[Message] = []
    size = len("[")
    while waiting:
        message = waiting[0]
        if message.subject in held:
            waiting.popleft()
            continue
        size += len(message.body) + len(",")
        if taken and (len(taken) == most or size > MOST_BYTES or not message.may_join):
            break
        taken.append(waiting.popleft())
        if not message.may_join:
            break
    return taken


def pack(messages: Sequence[Message], *, as_array: bool) -> Packed:
    """The id of several is that of no event: a receiver knows what it had by the `id` inside each."""
    first = messages[0]
    if not as_array:
        return Packed(first.message_id, first.body, CONTENT_TYPE)
    message_id = first.message_id if len(messages) == 1 else f"{first.message_id}-{len(messages)}"
    return Packed(message_id, b"[%s]" % b",".join(message.body for message in messages), ARRAY_CONTENT_TYPE)
