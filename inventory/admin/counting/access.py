"""Who may do what on these pages. Asked on the server, on every request."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

SUBMIT = "inventory.submit_count"
EXPECTED = "inventory.view_expected"


def may_count(request: HttpRequest) -> bool:
    return request.user.has_perm(SUBMIT)


def sees_expected(request: HttpRequest) -> bool:
    """Counting is blind: without this no expected quantity, nor anything computed from one, is sent."""
    return request.user.has_perm(EXPECTED)


def require_may_count(request: HttpRequest) -> None:
    if not may_count(request):
        raise PermissionDenied("You may not submit counts. Ask an administrator for the counter role.")
