"""`POST /api/inventory/sync`: who signs is let in by the signature alone, and answered update by update."""

import logging
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from ninja import Field, Router, Schema, Status

from approvals.api import Problems
from approvals.outbox.signing import new_secret
from inventory.models import WmsClient
from inventory.models.wms import MOST_UPDATES
from inventory.wms.bodies import Unreadable
from inventory.wms.clients import live_secrets
from inventory.wms.receiving import OtherBody, TooMany, receive_message
from inventory.wms.signatures import ID, SIGNATURE, TIMESTAMP, Unsigned, verify

log = logging.getLogger(__name__)
router = Router(tags=["wms"])
CLIENT = "X-WMS-Client"
NOT_SIGNED = "There is no such client, or the signature is not its own."


class ResultOut(Schema):
    position: int = Field(description="Where the update stood in `updates`, from 0.")
    sequence: int | None
    sku: str
    result: str = Field(description="applied, unchanged, superseded, quarantined, compared or duplicate.")
    first_result: str | None = Field(description="Of a duplicate: what became of it the first time.")
    code: str | None = Field(description="Why it is quarantined, for programs.")
    reason: str = Field(description="The same for people.")
    delta: str | None = Field(description="What on hand changed by; of compared updates: what it would have.")
    on_hand: str | None = Field(description="On hand by this update's word, goods moved since it included.")


class SyncOut(Schema):
    message: str
    wms_id: str
    received_at: str
    counts: dict[str, int] = Field(description="Updates by result.")
    results: list[ResultOut]


def _header(name: str, description: str) -> dict[str, Any]:
    return {
        "in": "header", "name": name, "required": True, "schema": {"type": "string"}, "description": description,
    }  # fmt: skip


BODY = {
    "type": "object",
    "required": ["schema_version", "updates"],
    "properties": {
        "schema_version": {"enum": ["1", "2", 1, 2]},
        "updates": {"type": "array", "minItems": 1, "maxItems": MOST_UPDATES, "items": {"type": "object"}},
    },
    "example": {
        "schema_version": "1",
        "updates": [
            {
                "wms_id": "main", "sequence": 41, "sku": "1042", "quantity": 12, "status": "available",
                "received_at": "2026-11-02T07:30:00Z",
            }
        ],
    },
}  # fmt: skip
PUBLISHED = {
    "parameters": [
        _header(CLIENT, "Which WMS: its WMS id."),
        _header(ID, "Of this message; sent again it is answered again."),
        _header(TIMESTAMP, "Seconds since 1970, within five minutes of our clock."),
        _header(SIGNATURE, "v1,<base64 of HMAC-SHA256 over id.timestamp.body>; several, separated by spaces."),
    ],
    "requestBody": {"required": True, "content": {"application/json": {"schema": BODY}}},
}


@router.post(
    "/inventory/sync",
    response={200: SyncOut} | dict.fromkeys((400, 401, 403, 409, 413, 429), Problems),
    summary="What a WMS has counted, signed",
    description="Signed as Standard Webhooks says. Quantities are absolute, ordered by sequence. One update that "
    "cannot be taken does not hold the others back: each has its own result. A message may be sent again.",
    openapi_extra=PUBLISHED,
)
def sync(request: HttpRequest) -> Any:
    client = WmsClient.objects.select_related("location").filter(wms_id=_client_id(request)).first()
    try:
        body = _body(request, client)
        message_id = verify(_headers(request), body, _keys(client))
    except Unsigned as refusal:
        log.warning("wms message refused wms_id=%s: %s", client.wms_id if client else "unknown", refusal)
        return _refused(401, str(refusal))
    except RequestDataTooBig:
        return _refused(413, "The body is too long for this client. Send fewer updates in a message.")
    except UnreadablePostError:
        return _refused(400, "The body broke off. Send the message again.")
    if client is None:
        return _refused(401, NOT_SIGNED)
    if not client.is_enabled:
        return _refused(403, f"The client {client} is disabled here. Ask for it to be enabled, then send this again.")
    return _taken(client, message_id, body)


def _taken(client: WmsClient, message_id: str, body: bytes) -> Any:
    try:
        answer = receive_message(client=client, message_id=message_id, body=body)
    except Unreadable as refusal:
        return _refused(400, *refusal.problems)
    except OtherBody as refusal:
        return _refused(409, *refusal.problems)
    except TooMany as refusal:
        response = JsonResponse({"problems": refusal.problems}, status=429)
        response["Retry-After"] = str(refusal.retry_after)
        return response
    return HttpResponse(answer.text, content_type="application/json")


def _client_id(request: HttpRequest) -> str:
    said = request.headers.get(CLIENT, "")
    return said if said.isascii() and said.isprintable() else ""


def _body(request: HttpRequest, client: WmsClient | None) -> bytes:
    """No more is read than this client may send, and no less is taken than it said."""
    said = request.headers.get("Content-Length") or "0"
    length = int(said) if said.isdecimal() else 0
    if client and length > client.body_limit:
        raise RequestDataTooBig
    body: bytes = request.body
    if len(body) < length:  # the server hands over what came before the sender hung up
        raise UnreadablePostError
    return body


def _headers(request: HttpRequest) -> dict[str, str]:
    return {name: request.headers.get(name, "") for name in (ID, TIMESTAMP, SIGNATURE)}


def _keys(client: WmsClient | None) -> list[str]:
    """Of a stranger: one nobody has, so that an unknown name takes as long as a wrong signature."""
    return (live_secrets(client) if client else []) or [new_secret()]


def _refused(status: int, *problems: str) -> Any:
    return Status(status, {"problems": list(problems)})
