"""X-Edit-Token: what a program shows to act for a person. Stored hashed, expiring, revocable."""

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models

from approvals.clock import now

VALID_FOR = timedelta(days=90)


class EditToken(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="edit_tokens")
    label = models.CharField(max_length=80, help_text="Where it is used, so that it can be revoked with confidence.")
    hashed = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(max_length=8, editable=False, help_text="Its first characters.")
    created_at = models.DateTimeField(default=now, editable=False)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.user} {self.label} ({self.hint}…)"

    @classmethod
    def issue(cls, *, user: Any, label: str) -> tuple["EditToken", str]:
        """A new token and its text; the text is shown once and never stored."""
        text = f"cst_{secrets.token_urlsafe(32)}"
        row = cls.objects.create(
            user=user, label=label, hashed=cls.hash_of(text), hint=text[:8], expires_at=now() + VALID_FOR
        )
        return row, text

    @staticmethod
    def hash_of(text: str) -> str:
        return hashlib.sha256(text.encode()).hexdigest()

    @classmethod
    def user_for(cls, text: str) -> Any | None:
        """The active user a live token stands for, or None."""
        live = cls.objects.filter(
            hashed=cls.hash_of(text), revoked_at__isnull=True, expires_at__gt=now(), user__is_active=True
        ).select_related("user")
        row = live.first()
        if row is None:
            return None
        cls.objects.filter(pk=row.pk).update(last_used_at=now())
        return row.user

    def revoke(self) -> None:
        self.revoked_at = self.revoked_at or now()
        self.save(update_fields=["revoked_at"])
