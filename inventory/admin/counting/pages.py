"""What every page of these screens shares."""

from typing import Any

from django.contrib.admin import ModelAdmin
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from inventory.admin.counting.access import may_count, sees_expected
from inventory.models import CountSheet, Upload

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


def page_of_rows(request: HttpRequest, rows: Any) -> "Page[Any]":
    return Paginator(rows, ROWS_PER_PAGE).get_page(request.GET.get("p"))


def sheet_url(sheet: CountSheet, action: str = "change") -> str:
    return reverse(f"admin:inventory_countsheet_{action}", args=(sheet.pk,))


def upload_url(upload: Upload, action: str = "preview") -> str:
    return reverse(f"admin:inventory_upload_{action}", args=(upload.pk,))
