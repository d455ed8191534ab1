"""Quotes for programs and the chat assistant: draft one, read one. Drafting only stages what a person decides.

Cost and margin are in no answer; see `quotes.draft_warnings` for who is told of the margin floor.
"""

from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema, Status

from approvals.api import REFUSED, REFUSED_BODY, Id, Problems, Text, edit_token, must, signed_in
from approvals.models import WorkflowRun
from approvals.refusals import Refused
from quotes.draft_warnings import warnings_for
from quotes.drafting import Frame, Preview, draft_quote, preview_quote
from quotes.gate import draft_action
from quotes.models import Customer, Quote, QuoteLine
from quotes.pricing import PriceBasis, price_text
from quotes.viewing import find_quote
from quotes.wishes import MOST_LINES, LineWish

router = Router(tags=["quotes"])


class ItemIn(Schema):
    item_code: Text = Field(min_length=1, max_length=60)
    quantity: Decimal | None = Field(
        default=None, gt=0, max_digits=14, decimal_places=3, description="Estimated annual usage in cases."
    )
    price: Decimal | None = Field(
        default=None, gt=0, max_digits=12, decimal_places=4,
        description="Dollars a case, only to depart from the pricing master; needs a reason.",
    )  # fmt: skip
    price_basis: PriceBasis | None = Field(
        default=None, description="Left out: every basis on which the pricing master has a price."
    )
    pass_through_value: Decimal | None = Field(
        default=None, gt=0, max_digits=12, decimal_places=4, description="Dollars a case, for NOI and rebate."
    )
    reason: Text = Field(default="", max_length=300)
    notes: Text = Field(default="", max_length=300, description="Printed beside the line.")


class QuoteIn(Schema):
    customer: Text = Field(min_length=1, max_length=40, description="The customer's code.")
    school_year: Text = Field(max_length=20, description="Both years, like 2026-27.")
    items: list[ItemIn] = Field(default_factory=list, max_length=MOST_LINES)
    catalog: Text = Field(default="", max_length=40, description="A catalog's code; its items are added.")
    quote_id: Id | None = Field(default=None, description="The quote to revise; left out: a new one.")
    include_pdf: bool = True
    valid_until: date | None = Field(default=None, description="The offer stands to the end of this day.")


class OpenQuoteOut(Schema):
    title: str
    status: str
    shared_items: list[str]
    quote_id: int | None
    action_id: int | None


class QuoteDrafted(Schema):
    run_id: int
    action_id: int = Field(description="What a person decides; nothing is sent before.")
    status: str
    lines: int
    warnings: list[str]
    open_quotes: list[OpenQuoteOut] = Field(description="Open already for this customer, year and items.")


@router.post(
    "/quotes",
    response={201: QuoteDrafted} | REFUSED_BODY,
    auth=edit_token,
    summary="Draft a quote",
)
def draft(request: HttpRequest, given: QuoteIn) -> Any:
    must(request, "quotes.draft_quote")
    customer = Customer.objects.filter(code=given.customer).first()
    if customer is None:
        problem = f"customer: there is no customer {given.customer}. Send the code as the admin shows it."
        return Status(422, {"problems": [problem]})
    asked = Asked(customer.pk, given.school_year, [_wish(item) for item in given.items], given.catalog, given.quote_id)
    try:
        preview = preview_quote(**asked._asdict())
        frame = Frame(valid_until=given.valid_until)
        run = draft_quote(**asked._asdict(), by=request.user, include_pdf=given.include_pdf, frame=frame)
    except Refused as refusal:
        return Status(422, {"problems": refusal.problems})
    return Status(201, _drafted(request, run, preview))


class Asked(NamedTuple):
    customer_id: int
    school_year: str
    lines: list[LineWish]
    catalog: str
    revises: int | None


def _wish(item: ItemIn) -> LineWish:
    return LineWish(
        item_code=item.item_code,
        quantity=item.quantity,
        price_basis=item.price_basis,
        case_price=item.price,
        pass_through_value=item.pass_through_value,
        reason=item.reason,
        notes=item.notes,
    )


def _drafted(request: HttpRequest, run: WorkflowRun, preview: Preview) -> dict[str, Any]:
    action = draft_action(run)
    return {
        "run_id": run.pk,
        "action_id": action.envelope_id or action.pk,
        "status": action.status,
        "lines": len(preview.pricing.priced.lines),
        "warnings": warnings_for(preview.wish, preview.pricing, sees_cost=request.user.has_perm("quotes.view_cost")),
        "open_quotes": [asdict(one) for one in preview.open_quotes if one.shared_items],
    }


class LineOut(Schema):
    position: int
    item_code: str
    description: str
    pack: str
    price_basis: str
    price_source: str
    case_price: str | None = Field(description="Dollars a case, as printed.")
    pass_through_value: str | None
    net_price: str | None
    quantity: str | None
    extended: str | None
    award_status: str
    po_number: str
    po_date: date | None


class QuoteOut(Schema):
    number: str
    revision: int
    status: str
    customer: str
    customer_name: str
    school_year: str
    valid_until: date | None
    prices_from: date
    prices_to: date
    bid_reference: str
    total: str | None = Field(description="Only when every line has a quantity.")
    content_hash: str
    pdf_hash: str
    sent_at: datetime | None
    netsuite: str = Field(description="State of the estimate's push; empty before there is one.")
    lines: list[LineOut]


@router.get(
    "/quotes/{number}",
    response={200: QuoteOut, 404: Problems} | REFUSED,
    auth=signed_in,
    summary="One quote, its newest revision unless another is asked for",
)
def one_quote(request: HttpRequest, number: Text, revision: int | None = Query(None, ge=1, le=32_767)) -> Any:
    must(request, "quotes.view_quote")
    quote = find_quote(number, revision)
    if quote is None:
        which = f"revision {revision} of quote {number}" if revision else f"quote {number}"
        return Status(404, {"problems": [f"There is no {which}."]})
    return Status(200, _quote_out(quote))


def _quote_out(quote: Quote) -> dict[str, Any]:
    plain = {name: getattr(quote, name) for name in QuoteOut.model_fields if hasattr(quote, name)}
    total = quote.total()
    return {
        **plain,
        "status": quote.lifecycle_status,
        "customer": quote.customer.code,
        "customer_name": quote.customer.name,
        "school_year": quote.school_year_text,
        "total": None if total is None else str(total),
        "netsuite": quote.push.status if quote.push else "",
        "lines": [_line_out(line) for line in quote.lines.order_by("position")],
    }


def _line_out(line: QuoteLine) -> dict[str, Any]:
    plain = {name: getattr(line, name) for name in LineOut.model_fields}
    return {
        **plain,
        **{name: _price(getattr(line, name)) for name in ("case_price", "pass_through_value", "net_price")},
        "quantity": None if line.quantity is None else f"{line.quantity.normalize():f}",
        "extended": None if line.extended is None else str(line.extended),
    }


def _price(value: Decimal | None) -> str | None:
    return None if value is None else price_text(value).replace(",", "")
