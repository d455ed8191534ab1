"""Append to the audit chain, and verify it."""

import hashlib
import json
from datetime import UTC
from typing import Any

from django.db import transaction

from approvals.clock import now
from approvals.models import AuditEntry, AuditHead

GENESIS = "0" * 64


def append(
    *, actor: Any | None, verb: str, entity_ref: str, details: dict[str, Any], actor_name: str = ""
) -> AuditEntry:
    """Add one entry inside the caller's transaction. `actor` None means a guardrail or the system acted."""
    with transaction.atomic():
        AuditHead.objects.get_or_create(pk=1)
        head = AuditHead.objects.select_for_update().get(pk=1)
        entry = AuditEntry(
            number=head.count + 1,
            at=now(),
            actor=actor,
            actor_name=actor_name or (actor.get_username() if actor else "system"),
            verb=verb,
            entity_ref=entity_ref,
            details=json.loads(json.dumps(details, default=str)),
            previous_hash=head.last_hash,
        )
        entry.hash = hash_of(entry)
        entry.save()
        AuditHead.objects.filter(pk=1).update(count=entry.number, last_hash=entry.hash)
        return entry


def hash_of(entry: AuditEntry) -> str:
    """SHA-256 over the previous hash and the canonical JSON of everything the entry says."""
    said = {
        "number": entry.number,
        "at": entry.at.astimezone(UTC).isoformat(),
        "actor": entry.actor_id,
        "actor_name": entry.actor_name,
        "verb": entry.verb,
        "entity_ref": entry.entity_ref,
        "details": entry.details,
    }
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(f"{entry.previous_hash}{text}".encode()).hexdigest()


def first_bad_entry() -> str | None:
    """A sentence naming the first place where the chain does not hold, or None."""
    previous, count = GENESIS, 0
    for entry in AuditEntry.objects.order_by("number").iterator():
        count += 1
        if entry.number != count:
            return f"Audit entry {count} is missing (found {entry.number} in its place)."
        if entry.previous_hash != previous or entry.hash != hash_of(entry):
            said = f"{entry.verb} {entry.entity_ref}"
            return f"Audit entry {entry.number} ({said}) was changed after it was written."
        previous = entry.hash
    head = AuditHead.objects.filter(pk=1).first()
    if head is None:
        return f"The audit trail has {count} entries, but its head row is missing." if count else None
    if count > head.count:
        return f"Audit entry {head.count + 1} was added behind the trail's end without the program."
    if head.count != count or head.last_hash != previous:
        return f"The audit trail ends at entry {count}, but {head.count} were written: its end was removed."
    return None
