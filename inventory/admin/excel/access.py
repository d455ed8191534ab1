"""Who may bring workbooks. Asked on the server, on every request."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

SYNC = "inventory.sync_stock"


def may_sync(user: Any) -> bool:
    return bool(user.has_perm(SYNC))


def require_may_sync(request: HttpRequest) -> None:
    if not may_sync(request.user):
        raise PermissionDenied("You may not sync stock from workbooks. Ask an administrator for the counter role.")
