"""Standard Webhooks, from its text: what the WMS puts on its messages, and demands of who asks it for a backfill."""

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Mapping

TOLERANCE = 300  # seconds


class BadSecret(Exception):
    """A sentence for whoever typed it."""


def key_of(secret: str) -> bytes:
    """Raises BadSecret."""
    try:
        key = base64.b64decode(secret.strip().removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not key:
        raise BadSecret("The secret is not whsec_ followed by base64. Copy it whole, as it was shown when issued.")
    return key


def headers(message_id: str, body: bytes, key: bytes, at: float | None = None) -> dict[str, str]:
    seconds = str(int(time.time() if at is None else at))
    return {
        "webhook-id": message_id,
        "webhook-timestamp": seconds,
        "webhook-signature": _signature(message_id, seconds, body, key),
    }


def is_signed(sent: Mapping[str, str], body: bytes, key: bytes) -> bool:
    """`sent` by lower-case name."""
    message_id, seconds = sent.get("webhook-id", ""), sent.get("webhook-timestamp", "")
    if not message_id or not seconds.isdecimal() or abs(time.time() - int(seconds)) > TOLERANCE:
        return False
    expected = _signature(message_id, seconds, body, key).encode()
    given = sent.get("webhook-signature", "").split(" ")
    return any(hmac.compare_digest(expected, each.encode()) for each in given)


def _signature(message_id: str, seconds: str, body: bytes, key: bytes) -> str:
    signed = b".".join([message_id.encode(), seconds.encode(), body])
    return f"v1,{base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()}"
