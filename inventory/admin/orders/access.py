"""Who may do what with orders. Asked on the server, on every request."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

PROCESS = "inventory.process_order"
ENTER = "inventory.enter_excelupdate"


def may_process(request: HttpRequest) -> bool:
    return request.user.has_perm(PROCESS)


def require_may_process(request: HttpRequest) -> None:
    if not may_process(request):
        raise PermissionDenied("You may not process orders. Ask an administrator for the order desk role.")
