"""The lines of the quotes on the list as a spreadsheet, with cost and margin only for those who may see them."""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse

from inventory.admin.exporting import download
from quotes.margin_floor import margin_floor
from quotes.models import Quote, QuoteLine

HEADERS = (
    *("quote", "revision", "status", "customer", "school_year", "valid_until", "item_code", "description", "pack"),
    *("price_basis", "case_price", "pass_through_value", "net_price", "estimated_annual_usage", "extended"),
    *("price_source", "override_reason", "award", "po_number", "po_date"),
)
COST_HEADERS = ("cost_basis", "cost_date", "margin")


def lines_file(quotes: QuerySet[Quote], *, kind: str, sees_cost: bool) -> HttpResponse:
    """`kind` is csv or xlsx. Three queries, however many quotes."""
    lines = QuoteLine.objects.filter(quote__in=quotes.order_by().values("pk")).select_related("quote__customer")
    headers = HEADERS + (COST_HEADERS if sees_cost else ())
    rows = _rows(lines.order_by("-quote__generated_at", "-quote_id", "position"), sees_cost)
    return download(headers=headers, rows=rows, name="quote-lines", kind=kind)


def _rows(lines: QuerySet[QuoteLine], sees_cost: bool) -> Iterator[tuple[Any, ...]]:
    floor = margin_floor().percent if sees_cost else None
    for line in lines.iterator(chunk_size=2000):
        quote = line.quote
        yield (
            *(quote.number, quote.revision, quote.get_lifecycle_status_display(), quote.customer.code),
            *(quote.school_year_text, quote.valid_until, line.item_code, line.description, line.pack),
            *(line.get_price_basis_display(), line.case_price, line.pass_through_value, line.net_price),
            *(line.quantity, line.extended, line.get_price_source_display(), line.override_reason),
            *(line.get_award_status_display(), line.po_number, line.po_date),
            *(() if floor is None else (line.cost_basis, line.cost_date, str(line.margin(floor) or ""))),
        )
