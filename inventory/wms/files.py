"""A file dropped instead of a request: comma-separated version 1, or JSON lines of any version. The same way in."""

import csv
import hashlib
import io
import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from inventory.models import WmsClient, WmsMessage
from inventory.models.wms import MOST_UPDATES
from inventory.wms.bodies import Unreadable, map_updates, read_json
from inventory.wms.receiving import Answer, take_message

COLUMNS = ("wms_id", "sku", "quantity", "status", "received_at", "sequence")
NUMBERS = {"quantity", "sequence"}
_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})", re.ASCII)
_DECIMAL = re.compile(r"-?[0-9]{1,12}\.[0-9]{1,6}", re.ASCII)


@dataclass(frozen=True)
class Taken:
    """`results` are those of every update, in the order of the file; the messages taken before were only answered."""

    tally: dict[str, int]
    messages: int
    taken_before: int
    results: list[dict[str, Any]]


def ingest_file(*, client: WmsClient, content: bytes) -> Taken:
    """In messages of 1,000 updates. Each is taken whole or not at all, and the same file again goes on where it ended.

    Raises Unreadable, nothing stored, when the file is neither form.
    """
    version, updates = read_file(content)
    digest = hashlib.sha256(content).hexdigest()
    parts = [updates[n : n + MOST_UPDATES] for n in range(0, len(updates), MOST_UPDATES)]
    bodies = [map_updates(version, part, client.wms_id) for part in parts]
    answers = [
        take_message(
            client=client,
            message_id=f"file_{digest[:40]}_{n}",
            body_hash=digest,
            body=body,
            source=WmsMessage.Source.FILE,
        )
        for n, body in enumerate(bodies)
    ]
    return _together(answers)


def _together(answers: list[Answer]) -> Taken:
    tally: Counter[str] = Counter()
    for answer in answers:
        tally.update(answer.tally)
    results = [result for answer in answers for result in json.loads(answer.text)["results"]]
    return Taken(dict(tally), len(answers), sum(answer.is_replay for answer in answers), results)


def read_file(content: bytes) -> tuple[Any, list[Any]]:
    """(schema version, updates). Raises Unreadable."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable("The file is not in UTF-8. Save it as UTF-8.") from error
    if not text.strip():
        raise Unreadable("The file is empty. Nothing was stored.")
    return _json_lines(text) if text.lstrip()[0] in "{[" else ("1", _table(text))


def _json_lines(text: str) -> tuple[Any, list[Any]]:
    """Each line an update with its `schema_version` beside its fields; one version in a file."""
    updates: list[Any] = []
    versions: set[str] = set()
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            update = read_json(line)
        except Unreadable as error:
            raise Unreadable(f"Line {number} cannot be read as JSON. Put one JSON object on it.") from error
        if not isinstance(update, dict) or "schema_version" not in update:
            raise Unreadable(f"Line {number} is no object with a schema_version. Say which schema the update follows.")
        versions.add(str(update.pop("schema_version")))
        updates.append(update)
    if len(versions) > 1:
        raise Unreadable(f"The file mixes schema versions {', '.join(sorted(versions))}. Send each in its own file.")
    return versions.pop(), updates


def _table(text: str) -> list[Any]:
    try:
        rows = list(csv.DictReader(io.StringIO(text), strict=True))
    except csv.Error as error:
        raise Unreadable(f"The file cannot be read as comma-separated text: {error}.") from error
    missing = [name for name in COLUMNS if not rows or name not in rows[0]]
    if missing:
        raise Unreadable(f"The columns {', '.join(missing)} are missing. The first line names: {', '.join(COLUMNS)}.")
    return [_update(row) for row in rows]


def _update(row: dict[str | None, Any]) -> dict[str, Any]:
    """As the same update reads in JSON, so that what came by request already is known again."""
    return {name: _value(name, row[name]) for name in COLUMNS if row[name] not in {None, ""}}


def _value(name: str, text: str) -> Any:
    if name in NUMBERS and _WHOLE.fullmatch(text):
        return int(text)
    if name in NUMBERS and _DECIMAL.fullmatch(text):
        return float(text)
    return text
