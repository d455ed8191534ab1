"""Saying that items of a report were entered in Excel, and taking that back."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect

from approvals.admin.links import page_of
from approvals.refusals import Refused
from inventory.day_end.entering import PERMISSION, enter_items, take_back_items
from inventory.models import DayEndReport


def may_enter(request: HttpRequest) -> bool:
    return request.user.has_perm(PERMISSION)


def enter_page(screen: "ModelAdmin[Any]", request: HttpRequest, pk: int) -> HttpResponse:
    return _change(screen, request, pk, enter_items, "marked as entered in Excel")


def take_back_page(screen: "ModelAdmin[Any]", request: HttpRequest, pk: int) -> HttpResponse:
    return _change(screen, request, pk, take_back_items, "waiting to be entered again")


def _change(
    screen: "ModelAdmin[Any]", request: HttpRequest, pk: int, operation: Callable[..., int], done: str
) -> HttpResponse:
    if not (screen.has_view_permission(request) and may_enter(request)):
        raise PermissionDenied("You may not mark sales as entered. Ask an administrator for the counter role.")
    report = get_object_or_404(DayEndReport, pk=pk)
    try:
        changed = operation(report=report, codes=set(request.POST.getlist("item")), by=request.user)
        said = f"{changed} item{'' if changed == 1 else 's'}" if changed else "Nothing changed: no item"
        messages.success(request, f"{said} {'is' if changed < 2 else 'are'} {done}.")
    except Refused as refusal:
        for sentence in refusal.problems:
            messages.error(request, sentence)
    return redirect(page_of(report))
