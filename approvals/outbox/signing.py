"""Signatures of the Standard Webhooks scheme, version 1, as the standard's own library computes them."""

import base64
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime

from standardwebhooks.webhooks import Webhook


def new_secret() -> str:
    """32 random bytes, in the form every library of the standard takes."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"


def sign(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """`v1,<base64>`. `timestamp` in seconds; raises UnicodeDecodeError for a body that is not UTF-8."""
    return Webhook(secret).sign(message_id, datetime.fromtimestamp(timestamp, UTC), body.decode())


def headers(secrets_valid: Sequence[str], message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """One signature for each valid secret, so that a receiver may change over at any moment of a rotation."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(sign(secret, message_id, timestamp, body) for secret in secrets_valid),
    }
