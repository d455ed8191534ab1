"""Addresses: the admin is the application, the API is beside it."""

from datetime import datetime

from django.contrib import admin
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.generic import RedirectView

from approvals.clock import now
from approvals.monitoring import health_page
from config.api import api
from inventory.mirror.standing import mirrored_at
from netsuite.standing import drained_at


def healthz(request: HttpRequest) -> HttpResponse:
    """200 when the database answers, 503 otherwise, for load balancers. The ages are for people and monitors:

    how long ago the last drain and the last mirror succeeded. An old one does not make this process unhealthy.
    """
    try:
        ages = f"last drain: {_ago(drained_at())}\nlast mirror: {_ago(mirrored_at())}\n"
    except DatabaseError:
        return HttpResponse("database unavailable\n", status=503, content_type="text/plain")
    return HttpResponse(f"ok\n{ages}", content_type="text/plain")


def _ago(moment: datetime | None) -> str:
    return "never" if moment is None else f"{max(0, round((now() - moment).total_seconds()))} s ago"


urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index", permanent=False), name="home"),
    path(
        "inventory/variances",
        RedirectView.as_view(pattern_name="admin:inventory_variance_changelist", query_string=True),
        name="variances",
    ),
    path("admin/", admin.site.urls),
    path("api/", api.urls),
    path("healthz", healthz, name="healthz"),
    path("health", health_page, name="health"),
]
