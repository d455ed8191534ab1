"""What a person may see, asked on the server on every request."""

from django.http import HttpRequest

EXPECTED = "inventory.view_expected"
COST = "inventory.view_cost"


def sees_expected(request: HttpRequest) -> bool:
    """Counting is blind: without this no expected quantity, nor anything computed from one, is sent."""
    return request.user.has_perm(EXPECTED)


def sees_cost(request: HttpRequest) -> bool:
    return request.user.has_perm(COST)
