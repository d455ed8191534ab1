"""Is this message from who it says it is? Standard Webhooks: the id, the time and the body are signed together.

The library computes the signature. The time is compared with the house's own clock, and every valid key with every
signature sent, without stopping at the first that fits.
"""

import base64
import binascii
import hmac
import re
import secrets
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from standardwebhooks.webhooks import Webhook

from approvals.clock import now

TOLERANCE = timedelta(minutes=5)
ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
MOST_SIGNATURES = 20
LONGEST_ID = 255
_SECONDS = re.compile(r"[1-9][0-9]{0,10}", re.ASCII)
_PLAIN_ID = re.compile(r"[\x21-\x7e]{1,255}", re.ASCII)


class Unsigned(Exception):
    """A sentence for the sender; it tells nothing of the keys."""


def new_secret() -> str:
    """32 random bytes, in the form every library of the standard takes."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"


def verify(headers: Mapping[str, str], body: bytes, keys: Iterable[str]) -> str:
    """The message's id. `headers` by lower-case name; `keys` are whsec_ secrets. Raises Unsigned."""
    message_id, seconds, sent = (headers.get(name, "") for name in (ID, TIMESTAMP, SIGNATURE))
    missing = [name for name, value in ((ID, message_id), (TIMESTAMP, seconds), (SIGNATURE, sent)) if not value]
    if missing:
        raise Unsigned(f"The header {', '.join(missing)} is missing. Sign each message as Standard Webhooks says.")
    if not _PLAIN_ID.fullmatch(message_id):
        raise Unsigned(f"webhook-id is not 1 to {LONGEST_ID} plain characters.")
    signed_at = _moment(seconds)
    if abs(now() - signed_at) > TOLERANCE:
        raise Unsigned("webhook-timestamp is more than five minutes from our clock. Set yours, and sign anew.")
    if not _fits(message_id, signed_at, body, sent, keys):
        raise Unsigned("The signature does not fit the message. Check the secret, and sign the body as it is sent.")
    return message_id


def _moment(seconds: str) -> datetime:
    if not _SECONDS.fullmatch(seconds):
        raise Unsigned("webhook-timestamp is not in whole seconds since 1970.")
    return datetime.fromtimestamp(int(seconds), UTC)


def _fits(message_id: str, signed_at: datetime, body: bytes, sent: str, keys: Iterable[str]) -> bool:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return False  # what is signed is JSON, which is UTF-8
    candidates = _signatures(sent)
    fits = False
    for key in keys:
        expected = base64.b64decode(Webhook(key).sign(message_id, signed_at, text).partition(",")[2])
        for candidate in candidates:
            fits |= hmac.compare_digest(expected, candidate)
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
