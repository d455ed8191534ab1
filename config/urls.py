"""Addresses: the admin is the application, the API is beside it."""

from django.contrib import admin
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.generic import RedirectView

from approvals.monitoring import health_page, metrics_page
from config.api import api
from quotes.admin.refreshing import refresh_view
from quotes.viewing import quote_page


def healthz(request: HttpRequest) -> HttpResponse:
    """200 when the database answers, 503 otherwise. For load balancers; tells nothing else."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return HttpResponse("database unavailable\n", status=503, content_type="text/plain")
    return HttpResponse("ok\n", content_type="text/plain")


urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index", permanent=False), name="home"),
    path(
        "inventory/variances",
        RedirectView.as_view(pattern_name="admin:inventory_variance_changelist", query_string=True),
        name="variances",
    ),
    path("admin/quotes/draft/<int:pk>/refresh/", admin.site.admin_view(refresh_view), name="quotes_refresh_draft"),
    path("quotes/<str:number>", admin.site.admin_view(quote_page), name="quote_page"),
    path("admin/", admin.site.urls),
    path("api/", api.urls),
    path("healthz", healthz, name="healthz"),
    path("health", health_page, name="health"),
    path("metrics", metrics_page, name="metrics"),
]
