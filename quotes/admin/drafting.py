"""The drafting form: whom for, which year, which items; the lines come back priced, and only a proposal is staged.

Everything works as plain forms. The script only saves the click on “Look up prices” and suggests items.
"""

from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse

from approvals.admin.links import page_of
from approvals.refusals import Refused
from quotes.admin.access import sees_cost
from quotes.admin.draft_form import DraftForm, day_in, empty_form, form_of, read_form, years_to_choose
from quotes.admin.draft_rows import lines_to_show
from quotes.context import load_open_quotes, status_objection
from quotes.drafting import Frame, draft_quote
from quotes.models import Catalog, Customer, Quote, SpecItem
from quotes.pricing import PriceBasis
from quotes.wishes import QuoteWish

PERMISSION = "quotes.draft_quote"
MOST_SUGGESTED = 20
MOST_CUSTOMERS = 1000
STAGE, FRAGMENT = "stage", "X-Lines-Only"


def may_draft(request: HttpRequest) -> bool:
    return request.user.has_perm(PERMISSION)


def require_may_draft(request: HttpRequest) -> None:
    if not may_draft(request):
        raise PermissionDenied("You may not draft quotes. Ask an administrator for the quoter role.")


def drafting_page(screen: "ModelAdmin[Any]", request: HttpRequest) -> HttpResponse:
    require_may_draft(request)
    form = _form(request)
    if request.method == "POST" and request.POST.get("do") == STAGE and not _hindered(form):
        try:
            return _stage(request, form)
        except Refused as refusal:
            form.problems += refusal.problems
    only_lines = request.method == "POST" and FRAGMENT in request.headers
    template = "quotes/draft_lines.html" if only_lines else "quotes/draft.html"
    return TemplateResponse(request, template, _context(screen, request, form))


def _form(request: HttpRequest) -> DraftForm:
    given = request.POST if request.method == "POST" else request.GET
    wanted = given.get("revise", "")
    revises = None
    if wanted:
        quotes = Quote.objects.select_related("customer")
        revises = get_object_or_404(quotes, pk=int(wanted) if wanted.isdigit() else 0)
    if request.method == "POST":
        return read_form(request.POST, revises=revises, quiet=request.POST.get("do") != STAGE)
    return form_of(revises) if revises else empty_form(request.GET.get("customer", ""))


def _hindered(form: DraftForm) -> bool:
    """Whether something must be put right, or looked at, before it is staged."""
    if form.added and not form.problems:
        form.problems.append("The items you just added are priced below. Look at them, then send the quote.")
    try:
        day_in(form.valid_until)
    except ValueError:
        form.problems.append(f"“{form.valid_until[:20]}” is no date. Give the last day of the offer.")
    if form.in_trouble:
        form.problems.append(f"Put right what is said below about {', '.join(form.in_trouble[:10])}; then send it.")
    if not form.entries and not form.problems:
        form.problems.append("There is nothing to quote yet. Add at least one item, or a catalog.")
    return bool(form.problems) or not form.is_ready


def _stage(request: HttpRequest, form: DraftForm) -> HttpResponse:
    if form.customer is None or form.year is None:
        raise Refused("Choose the customer and the school year.")
    run = draft_quote(
        customer_id=form.customer.pk,
        school_year=form.year,
        lines=form.wishes,
        by=request.user,
        include_pdf=form.include_pdf,
        revises=form.revises.pk if form.revises else None,
        frame=Frame(valid_until=day_in(form.valid_until), bid_reference=form.bid_reference, notes=form.notes),
    )
    messages.success(request, f"{run.subject} waits for approval. Nothing is sent before that.")
    envelope = run.proposed_actions.filter(envelope=None).order_by("pk").first()
    sees = request.user.has_perm("approvals.view_proposedaction")
    return redirect(page_of(envelope) if envelope and sees else "admin:quotes_quote_changelist")


def _context(screen: "ModelAdmin[Any]", request: HttpRequest, form: DraftForm) -> dict[str, Any]:
    return {
        **screen.admin_site.each_context(request),
        "title": f"Revise {form.revises}" if form.revises else "Draft a quote",
        "opts": Quote._meta,
        "form": form,
        "years": [str(year) for year in years_to_choose()],
        "customers": Customer.objects.order_by("name")[:MOST_CUSTOMERS],
        "catalogs": Catalog.objects.filter(is_active=True),
        "bases": [(basis.value, basis.label) for basis in PriceBasis],
        "hold": status_objection(form.customer) if form.customer else "",
        "open_quotes": _open_quotes(form),
        **lines_to_show(form, sees_cost=sees_cost(request.user)),
    }


def _open_quotes(form: DraftForm) -> list[Any]:
    if form.customer is None or form.year is None:
        return []
    wish = QuoteWish(
        form.customer.pk, form.year, tuple(form.wishes), quote_id=form.revises.pk if form.revises else None
    )
    return load_open_quotes(wish)


def items_found(screen: "ModelAdmin[Any]", request: HttpRequest) -> HttpResponse:
    """What a typed word could mean: `{"items": [{"code", "text"}]}`."""
    require_may_draft(request)
    word = request.GET.get("q", "").strip()[:80]
    if not word:
        return JsonResponse({"items": []})
    named = Q(item_code__istartswith=word) | Q(name__icontains=word) | Q(brand__icontains=word)
    found = SpecItem.objects.filter(named, discontinued=False).order_by("item_code")[:MOST_SUGGESTED]
    return JsonResponse(
        {"items": [{"code": item.item_code, "text": ", ".join(filter(None, (item.name, item.pack)))} for item in found]}
    )
