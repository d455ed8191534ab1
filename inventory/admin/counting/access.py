"""Who may do what on these pages. Asked on the server, on every request."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

SUBMIT = "inventory.submit_count"


def may_count(request: HttpRequest) -> bool:
    return request.user.has_perm(SUBMIT)


def require_may_count(request: HttpRequest) -> None:
    if not may_count(request):
        raise PermissionDenied("You may not submit counts. Ask an administrator for the counter role.")
