"""What every page of these screens shares."""

from typing import Any

from django.contrib.admin import ModelAdmin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse

from inventory.admin.orders.access import may_process
from inventory.models import Order


def show(screen: "ModelAdmin[Any]", request: HttpRequest, template: str, title: str, **context: Any) -> HttpResponse:
    everything = {
        **screen.admin_site.each_context(request),
        "title": title,
        "opts": Order._meta,
        "may_process": may_process(request),
        "list_url": reverse("admin:inventory_order_changelist"),
        **context,
    }
    return TemplateResponse(request, f"orders/{template}.html", everything)


def order_of(pk: int) -> Order:
    return get_object_or_404(Order.objects.select_related("location"), pk=pk)


def order_url(order: Order, action: str = "change") -> str:
    return reverse(f"admin:inventory_order_{action}", args=(order.pk,))
