"""What every page of these screens shares."""

from typing import Any

from django.contrib.admin import ModelAdmin
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from inventory.admin.counting.access import may_count
from inventory.admin.sight import sees_expected
from inventory.models import CountSheet

ROWS_PER_PAGE = 500


def show(screen: "ModelAdmin[Any]", request: HttpRequest, template: str, title: str, **context: Any) -> HttpResponse:
    everything = {
        **screen.admin_site.each_context(request),
        "title": title,
        "opts": CountSheet._meta,
        "may_count": may_count(request),
        "sees_expected": sees_expected(request),
        "list_url": reverse("admin:inventory_countsheet_changelist"),
        **context,
    }
    return TemplateResponse(request, f"counting/{template}.html", everything)


def page_of_rows(request: HttpRequest, rows: Any, per_page: int = ROWS_PER_PAGE) -> "Page[Any]":
    return Paginator(rows, per_page).get_page(request.GET.get("p"))


def sheet_url(sheet: CountSheet, action: str = "change") -> str:
    return reverse(f"admin:inventory_countsheet_{action}", args=(sheet.pk,))
