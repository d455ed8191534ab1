"""`/health`: the lines of health as JSON, for an operator's browser and a monitoring program's token."""

from typing import Any

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from approvals import health
from approvals.models import EditToken

PERMISSION = "approvals.view_alert"


@never_cache
@require_safe
def health_page(request: HttpRequest) -> JsonResponse:
    """200 when every line is well, 503 when one is not; 401 and 403 to whoever may not know."""
    person = _asking(request)
    if person is None:
        return _refused(401, "Sign in, or send the header X-Edit-Token with a valid token.")
    if not person.has_perm(PERMISSION):
        return _refused(403, f"{person} has no permission {PERMISSION}. Ask an administrator for the role.")
    lines = health.lines()
    problems = [line.problem for line in lines.values() if line.problem]
    shown = {name: {"says": line.said, "problem": line.problem, **line.figures} for name, line in lines.items()}
    return JsonResponse({"ok": not problems, "problems": problems, "lines": shown}, status=503 if problems else 200)


def _asking(request: HttpRequest) -> Any | None:
    if key := request.headers.get("X-Edit-Token"):
        return EditToken.user_for(key)
    return request.user if request.user.is_authenticated else None


def _refused(status: int, problem: str) -> JsonResponse:
    return JsonResponse({"problems": [problem]}, status=status)
