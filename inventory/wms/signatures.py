"""Is this message from who it says it is? Standard Webhooks: the id, the time and the body are signed together.

The standard's library computes the signature. The time is compared with the house's own clock, and every valid key
with every signature sent, without stopping at the first that fits.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from approvals.clock import now
from approvals.outbox.signing import sign

TOLERANCE = timedelta(minutes=5)
ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
MOST_SIGNATURES = 20
LONGEST_ID = 255
_SECONDS = re.compile(r"[1-9][0-9]{0,10}", re.ASCII)
_PLAIN_ID = re.compile(r"[\x21-\x7e]{1,255}", re.ASCII)


class Unsigned(Exception):
    """A sentence for the sender; it tells nothing of the keys."""


def verify(headers: Mapping[str, str], body: bytes, keys: Iterable[str]) -> str:
    """The message's id. `headers` by lower-case name; `keys` are whsec_ secrets. Raises Unsigned."""
    message_id, seconds, sent = (headers.get(name, "") for name in (ID, TIMESTAMP, SIGNATURE))
    missing = [name for name, value in ((ID, message_id), (TIMESTAMP, seconds), (SIGNATURE, sent)) if not value]
    if missing:
        raise Unsigned(f"The header {', '.join(missing)} is missing. Sign each message as Standard Webhooks says.")
    if not _PLAIN_ID.fullmatch(message_id):
        raise Unsigned(f"webhook-id is not 1 to {LONGEST_ID} plain characters.")
    if abs(now() - _moment(seconds)) > TOLERANCE:
        raise Unsigned("webhook-timestamp is more than five minutes from our clock. Set yours, and sign anew.")
    if not _fits(message_id, int(seconds), body, sent, keys):
        raise Unsigned("The signature does not fit the message. Check the secret, and sign the body as it is sent.")
    return message_id


def _moment(seconds: str) -> datetime:
    if not _SECONDS.fullmatch(seconds):
        raise Unsigned("webhook-timestamp is not in whole seconds since 1970.")
    return datetime.fromtimestamp(int(seconds), UTC)


def _fits(message_id: str, seconds: int, body: bytes, sent: str, keys: Iterable[str]) -> bool:
    try:
        expected = [base64.b64decode(sign(key, message_id, seconds, body).partition(",")[2]) for key in keys]
    except UnicodeDecodeError:
        return False  # what is signed is JSON, which is UTF-8
    fits = False
    for one in expected:
        for candidate in _signatures(sent):
            fits |= hmac.compare_digest(one, candidate)
    return fits


def _signatures(sent: str) -> list[bytes]:
    """Of version 1; several stand side by side while the sender changes keys."""
    found = []
    for one in sent.split(" ")[:MOST_SIGNATURES]:
        version, _, encoded = one.partition(",")
        if version == "v1":
            try:
                found.append(base64.b64decode(encoded, validate=True))
            except (binascii.Error, ValueError):
                continue
    return found
