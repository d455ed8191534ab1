"""A message's body read and mapped: nothing is looked up here, and one bad update never spoils the others."""

import hashlib
import json
import math
from dataclasses import dataclass
from typing import Any, NamedTuple

from approvals.refusals import Refused
from inventory.models.wms import MOST_UPDATES
from inventory.wms.schemas import SCHEMAS, NewUpdate, Schema, Unmappable
from inventory.wms.schemas.fields import whole

LONGEST_VERSION = 20
LONGEST_SKU = 100
_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


class Unreadable(Refused):
    """The message is no list of updates: nothing of it is stored."""


class Read(NamedTuple):
    """One update as it came. `update` is None when it could not be mapped; then `reason` and `why` say so."""

    position: int
    payload: str
    payload_hash: str
    sequence: int | None
    sku: str
    update: NewUpdate | None
    reason: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Body:
    schema_version: str
    updates: list[Read]


def read_body(body: bytes, wms_id: str) -> Body:
    """Raises Unreadable."""
    content = read_json(body)
    if not isinstance(content, dict):
        raise Unreadable("The body is no JSON object. Send {schema_version, updates}.")
    return map_updates(content.get("schema_version"), content.get("updates"), wms_id)


def read_json(text: bytes | str) -> Any:
    """Raises Unreadable."""
    try:
        return json.loads(text, parse_float=_number, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Unreadable("The body cannot be read as JSON. Send one JSON object in UTF-8.") from error


def map_updates(version: Any, updates: Any, wms_id: str) -> Body:
    """Raises Unreadable."""
    is_version = isinstance(version, str | int) and not isinstance(version, bool)
    if not is_version or not 0 < len(str(version)) <= LONGEST_VERSION:
        raise Unreadable(f"schema_version is missing. Send one of: {', '.join(SCHEMAS)}.")
    if not isinstance(updates, list) or not updates:
        raise Unreadable("updates is missing or empty. Send a list of 1 to 1,000 updates.")
    if len(updates) > MOST_UPDATES:
        raise Unreadable(f"updates has {len(updates):,} entries; {MOST_UPDATES:,} are the most. Send several messages.")
    schema = SCHEMAS.get(str(version))
    return Body(storable(str(version)), [_read(n, raw, schema, str(version), wms_id) for n, raw in enumerate(updates)])


def _read(position: int, raw: Any, schema: Schema | None, version: str, wms_id: str) -> Read:
    payload = _canonical(raw)
    digest = hashlib.sha256(payload.encode()).hexdigest()
    if not isinstance(raw, dict):
        return Read(position, payload, digest, None, "", None, "unreadable", "The update is no object.")
    if schema is None:
        why = f"Schema version {storable(version)} is not known here. Send one of: {', '.join(SCHEMAS)}."
        return Read(position, payload, digest, None, "", None, "unknown_schema", why)
    try:
        update = schema.read(raw, wms_id)
    except Unmappable as problem:
        sequence, sku = whole(schema.key_of(raw)), schema.sku_of(raw)
        said = storable(sku)[:LONGEST_SKU] if isinstance(sku, str) else ""
        return Read(position, payload, digest, sequence, said, None, problem.reason, storable(str(problem))[:300])
    return Read(position, payload, digest, update.sequence, storable(update.sku), update)


def storable(text: str) -> str:
    """Without what no database takes: NUL and halves of characters."""
    if text.isascii() and "\x00" not in text:
        return text
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


def _number(text: str) -> float | str:
    """A float; one too large for that stays the text it was, which no field takes for a quantity."""
    number = float(text)
    return number if math.isfinite(number) else f"number {text[:20]}"


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
