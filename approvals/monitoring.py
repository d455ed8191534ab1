"""`/health` as JSON and `/metrics` for Prometheus: for an operator's browser and a monitoring program's token."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from approvals import health, metrics
from approvals.models import EditToken

PERMISSION = "approvals.view_alert"
BEARER = "Bearer "


@never_cache
@require_safe
def health_page(request: HttpRequest) -> JsonResponse:
    """200 when every line is well, 503 when one is not; 401 and 403 to whoever may not know."""
    if refusal := _refusal(request):
        return refusal
    lines = health.lines()
    problems = [line.problem for line in lines.values() if line.problem]
    shown = {name: {"says": line.said, "problem": line.problem, **line.figures} for name, line in lines.items()}
    return JsonResponse({"ok": not problems, "problems": problems, "lines": shown}, status=503 if problems else 200)


@never_cache
@require_safe
def metrics_page(request: HttpRequest) -> HttpResponse:
    """To the scraper's own token, and to whoever may see /health."""
    if not _is_scraper(request) and (refusal := _refusal(request)):
        return refusal
    text, content_type = metrics.exposition(request.headers.get("Accept", ""))
    return HttpResponse(text, content_type=content_type)


def _is_scraper(request: HttpRequest) -> bool:
    return bool(settings.METRICS_TOKEN) and constant_time_compare(_bearer(request), settings.METRICS_TOKEN)


def _bearer(request: HttpRequest) -> str:
    said = request.headers.get("Authorization", "")
    return said.removeprefix(BEARER).strip() if said.startswith(BEARER) else ""


def _refusal(request: HttpRequest) -> JsonResponse | None:
    person = _asking(request)
    if person is None:
        return _refused(401, "Sign in, or send the header X-Edit-Token (or Authorization: Bearer) with a valid token.")
    if not person.has_perm(PERMISSION):
        return _refused(403, f"{person} has no permission {PERMISSION}. Ask an administrator for the role.")
    return None


def _asking(request: HttpRequest) -> Any | None:
    if key := request.headers.get("X-Edit-Token") or _bearer(request):
        return EditToken.user_for(key)
    return request.user if request.user.is_authenticated else None


def _refused(status: int, problem: str) -> JsonResponse:
    return JsonResponse({"problems": [problem]}, status=status)
