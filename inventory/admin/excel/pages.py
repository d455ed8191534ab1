"""What every page of these screens shares."""

from typing import Any

from django.contrib.admin import ModelAdmin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from inventory.admin.excel.access import may_sync
from inventory.admin.excel.rows import Sight
from inventory.admin.sight import sees_cost, sees_expected
from inventory.models import ExcelSync

ROWS_PER_PAGE = 100
SHOWN_APART = 20
LIST = "admin:inventory_excelsync_changelist"


def show(
    screen: "ModelAdmin[Any]", request: HttpRequest, template: str, title: str, *, status: int = 200, **context: Any
) -> HttpResponse:
    everything = {
        **screen.admin_site.each_context(request),
        "title": title,
        "opts": ExcelSync._meta,
        "may_sync": may_sync(request.user),
        "sight": sight_of(request),
        "list_url": reverse(LIST),
        **context,
    }
    return TemplateResponse(request, f"excel/{template}.html", everything, status=status)


def sight_of(request: HttpRequest) -> Sight:
    seen = sees_expected(request)
    return Sight(expected=seen, cost=seen and sees_cost(request))


def sync_url(sync: ExcelSync, action: str = "change") -> str:
    return reverse(f"admin:inventory_excelsync_{action}", args=(sync.pk,))
