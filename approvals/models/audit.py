"""The audit chain: each row holds the hash of the row before it, so a changed past is visible.

`verify_ledger` walks the chain and names the first bad row. A cut tail shows because the head row
counts and hashes what was appended.
"""

from typing import Any

from django.conf import settings
from django.db import models

from approvals.clock import now


class AuditHead(models.Model):
    """One row: how many entries there are and the hash of the last."""

    count = models.PositiveBigIntegerField(default=0)
    last_hash = models.CharField(max_length=64, default="0" * 64)

    def __str__(self) -> str:
        return f"{self.count} entries"


class AuditEntry(models.Model):
    number = models.PositiveBigIntegerField(unique=True)
    at = models.DateTimeField(default=now)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    actor_name = models.CharField(max_length=150, help_text="A person's user name, or the guardrail that decided.")
    verb = models.CharField(max_length=60)
    entity_ref = models.CharField(max_length=120, db_index=True)
    details = models.JSONField(default=dict)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ("-number",)
        verbose_name_plural = "audit entries"

    def __str__(self) -> str:
        return f"{self.number} {self.actor_name} {self.verb} {self.entity_ref}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("The audit trail is append-only: an entry cannot be changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise TypeError("The audit trail is append-only: an entry cannot be deleted.")
