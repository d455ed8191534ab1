"""NetSuite's customer status in its many spellings. What is not understood is unknown, and unknown blocks a quote."""

from enum import StrEnum


class EntityStatus(StrEnum):
    ACTIVE = "active"
    HOLD = "hold"
    INACTIVE = "inactive"
    UNKNOWN = "unknown"


LABELS = {
    EntityStatus.ACTIVE: "Active",
    EntityStatus.HOLD: "On hold",
    EntityStatus.INACTIVE: "Inactive",
    EntityStatus.UNKNOWN: "Unknown",
}
STATUS_CHOICES = [(status.value, LABELS[status]) for status in EntityStatus]
SPELLINGS = {
    EntityStatus.ACTIVE: {"active", "open", "customer closed won", "closed won", "customer renewal", "renewal"},
    EntityStatus.HOLD: {"hold", "on hold", "onhold", "credit hold", "account hold", "held", "customer hold"},
    EntityStatus.INACTIVE: {"inactive", "closed", "lost", "customer lost customer", "lost customer", "disabled"},
}


def entity_status(text: str | None) -> EntityStatus:
    """Of any spelling and case; UNKNOWN for nothing and for words that are not in the table."""
    words = " ".join("".join(letter if letter.isalnum() else " " for letter in text or "").lower().split())
    return next((status for status, known in SPELLINGS.items() if words in known), EntityStatus.UNKNOWN)
