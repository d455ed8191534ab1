"""“Check stock”: the answer in plain words, on an item's page. Looking asks nobody; a button does."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from approvals.admin.links import page_of
from approvals.models import ProposedAction
from approvals.refusals import Refused
from inventory.admin.counting.forms import NotAQuantity, read_quantity
from inventory.checking.check import StockAnswer, check_stock, location_named, look_up
from inventory.checking.confidence import Level
from inventory.models import Item, Location

CHECK = "inventory.view_balance"
COLOURS = {Level.HIGH: "success", Level.MEDIUM: "warning", Level.LOW: "danger"}


def check_address(item_id: int, **query: str) -> str:
    address = reverse("admin:inventory_item_check_stock", args=[item_id])
    given = {name: value for name, value in query.items() if value}
    return f"{address}?{urlencode(given)}" if given else address


def check_page(screen: "ModelAdmin[Any]", request: HttpRequest, item: Item) -> HttpResponse:
    given = request.POST if request.method == "POST" else request.GET
    code, typed = given.get("location", ""), given.get("quantity", "").strip()
    problems: list[str] = []
    answer: StockAnswer | None = None
    try:
        location = location_named(code or _usual_location(item))
        quantity = read_quantity(typed)
        if request.method == "POST":
            asked = check_stock(item=item, location=location, quantity=quantity, by=request.user)
            messages.success(request, _asked(asked))
            return redirect(check_address(item.pk, location=location.code, quantity=typed))
        answer = look_up(item=item, location=location, quantity=quantity)
    except NotAQuantity as trouble:
        problems = [str(trouble)]
    except Refused as refusal:
        problems = refusal.problems
    context = {
        **screen.admin_site.each_context(request),
        "title": f"Check stock: {item.item_code}",
        "opts": screen.opts,
        "item": item,
        "problems": problems,
        "answer": answer,
        "colour": COLOURS[answer.confidence] if answer else "",
        "authority": answer.authority_name if answer else "",
        "proposals": _proposals(answer, request.user) if answer else [],
        "question_url": page_of(answer.question) if answer and answer.question else "",
        "locations": Location.objects.order_by("code"),
        "location": answer.location.code if answer else code,
        "typed": typed,
        "back": page_of(item),
    }
    return TemplateResponse(request, "inventory/check_stock.html", context, status=422 if problems else 200)


def _usual_location(item: Item) -> str:
    """Where it has a balance; the first by code."""
    places = Location.objects.order_by("code")
    found = places.filter(balances__item=item).first() or places.first()
    return found.code if found else ""


def _asked(answer: StockAnswer) -> str:
    if answer.question is None:
        return "The workbook is from today by now: nobody needs to look."
    whom = answer.question.assigned_to or "Whoever may answer questions"
    return f"{whom} is asked to go and look."


def _proposals(answer: StockAnswer, user: Any) -> list[tuple[str, str]]:
    """(title, address); without an address for who may not open it."""
    if not user.has_perm("approvals.view_proposedaction"):
        return [(proposal.title, "") for proposal in answer.undecided]
    return [(proposal.title, page_of(ProposedAction(pk=proposal.action_id))) for proposal in answer.undecided]
