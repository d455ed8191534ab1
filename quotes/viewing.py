"""The quote as HTML for our own people: what the PDF says, under `/quotes/<number>`."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from approvals.admin.links import page_of
from quotes.documents.contents import content_hash
from quotes.models import Quote
from quotes.outgoing import document_of_quote

PERMISSION = "quotes.view_quote"


def find_quote(number: str, revision: int | None = None) -> Quote | None:
    """This revision, or the newest one; a number is written in any case."""
    rows = Quote.objects.select_related("customer", "parent").filter(number__iexact=number.strip())
    if revision is not None:
        rows = rows.filter(revision=revision)
    return rows.order_by("-revision").first()


def quote_page(request: HttpRequest, number: str) -> HttpResponse:
    """Staff only; `?r=1` asks for an earlier revision."""
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied("You may not see quotes. Ask an administrator for the quoter role.")
    wanted = request.GET.get("r", "")
    quote = find_quote(number, int(wanted) if wanted.isdigit() else None)
    if quote is None:
        raise Http404(f"There is no quote {number}.")
    return TemplateResponse(request, "quotes/view.html", {**admin.site.each_context(request), **_shown(quote)})


def _shown(quote: Quote) -> dict[str, Any]:
    # Drawing needs Pango: where it is missing only this page should miss it.
    from quotes.documents.rendering import render_html

    document = document_of_quote(quote)
    return {
        "title": str(quote),
        "opts": Quote._meta,
        "quote": quote,
        "quote_url": page_of(quote),
        "document_html": render_html(document),
        "changed": content_hash(document) != quote.content_hash,
    }
