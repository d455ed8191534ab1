"""The next revision of a quote, the same offer for longer, and next year's quotes in bulk. All of them are drafts.

A revision keeps the number. The quote before it stays as it is until the revision is sent (`emails.mark_sent`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from approvals.models import WorkflowRun
from approvals.refusals import Refused
from quotes.context import load_open_quotes
from quotes.drafting import Frame, draft_quote
from quotes.models import Customer, Quote, QuoteLine
from quotes.pricing import PriceBasis, PriceSource
from quotes.renewal import Finding, RenewalLine, RenewalPlan
from quotes.school_years import SchoolYear
from quotes.standing import MasterPrices, master_prices
from quotes.wishes import LineWish, QuoteWish

LEFT_OUT = (Finding.DISCONTINUED, Finding.UNKNOWN_ITEM)


def wish_of_line(line: QuoteLine) -> LineWish:
    """The line as it was asked for: a price of its own stays, one of the pricing master is looked up again."""
    wish = LineWish(
        item_code=line.item_code,
        quantity=line.quantity,
        price_basis=PriceBasis(line.price_basis),
        notes=line.notes,
    )
    source = PriceSource(line.price_source)
    return with_price_of(wish, line, source, line.override_reason) if source.is_given else wish


def with_price_of(wish: LineWish, line: QuoteLine, source: PriceSource, reason: str) -> LineWish:
    return replace(
        wish,
        case_price=line.case_price,
        pass_through_value=line.pass_through_value,
        price_source=source,
        reason=reason,
    )


def revise_quote(
    *,
    quote_id: int,
    by: Any,
    lines: Sequence[LineWish] | None = None,
    frame: Frame | None = None,
    include_pdf: bool | None = None,
) -> WorkflowRun:
    """Stage the next revision, by default of the same lines at today's prices. Raises Refused."""
    quote = _quote(quote_id)
    return draft_quote(
        customer_id=quote.customer_id,
        school_year=SchoolYear(quote.school_year),
        lines=[wish_of_line(line) for line in quote.lines.order_by("position")] if lines is None else lines,
        by=by,
        include_pdf=quote.include_pdf if include_pdf is None else include_pdf,
        revises=quote.pk,
        frame=frame or _frame_of(quote, None),
    )


def extend_quote(*, quote_id: int, valid_until: date, by: Any) -> WorkflowRun:
    """Stage a revision that changes nothing but the last day: prices stay as quoted, wherever the master went."""
    quote = _quote(quote_id)
    if quote.valid_until is not None and valid_until <= quote.valid_until:
        raise Refused(f"{quote} stands until {quote.valid_until} already. Give a later day.")
    lines = list(quote.lines.order_by("position"))
    masters = master_prices(quote.customer_id, SchoolYear(quote.school_year), lines)
    wishes = [_kept(line, masters, f"As quoted in {quote}") for line in lines]
    return revise_quote(quote_id=quote_id, by=by, lines=wishes, frame=_frame_of(quote, valid_until))


def _kept(line: QuoteLine, masters: MasterPrices, reason: str) -> LineWish:
    wish = wish_of_line(line)
    if wish.case_price is not None or line.case_price is None or line.spec_item_id is None:
        return wish
    row = masters.get((line.spec_item_id, line.price_basis))
    if row is not None and (row.case_price, row.pass_through_value) == (line.case_price, line.pass_through_value):
        return wish
    return with_price_of(wish, line, PriceSource.OVERRIDE, reason)


def _quote(quote_id: int) -> Quote:
    quote = Quote.objects.filter(pk=quote_id).first()
    if quote is None:
        raise Refused(f"There is no quote {quote_id} to revise.")
    return quote


def _frame_of(quote: Quote, valid_until: date | None) -> Frame:
    return Frame(valid_until, quote.prices_from, quote.prices_to, quote.bid_reference, quote.notes)


# -- next year -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Renewed:
    """One district: its run when a draft was staged, the items left out, or why there is no draft."""

    customer: Customer
    lines: int = 0
    run_id: int | None = None
    left_out: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        return {
            "customer": self.customer.code,
            "lines": self.lines,
            "run_id": self.run_id,
            "left_out": list(self.left_out),
            "refused": list(self.refused),
        }


def renew_quotes(*, plan: RenewalPlan, by: Any) -> list[Renewed]:
    """A draft for each district of the plan, each in its own transaction; one that is refused stops no other.

    Lines without a price come along, to be priced before approval. A district with an open quote or a waiting draft
    that shares an item is left alone, so running it again drafts nothing twice.
    """
    return [_renewed(customer, plan, by) for customer in plan.customers]


def _renewed(customer: Customer, plan: RenewalPlan, by: Any) -> Renewed:
    carried = plan.lines_of(customer)
    left_out = tuple(line.carried.item_code for line in carried if set(line.findings) & set(LEFT_OUT))
    wishes = [_wish_of(line) for line in carried if not set(line.findings) & set(LEFT_OUT)]
    open_ones = load_open_quotes(QuoteWish(customer.pk, plan.year, tuple(wishes)))
    in_the_way = [one.title for one in open_ones if one.shared_items]
    if in_the_way:
        return Renewed(customer, refused=(f"“{in_the_way[0]}” is open already for {plan.year}.",), left_out=left_out)
    try:
        run = draft_quote(customer_id=customer.pk, school_year=plan.year, lines=wishes, by=by)
    except Refused as refusal:
        return Renewed(customer, refused=tuple(refusal.problems), left_out=left_out)
    return Renewed(customer, len(wishes), run.pk, left_out)


def _wish_of(line: RenewalLine) -> LineWish:
    return LineWish(line.carried.item_code, line.carried.quantity, line.carried.basis)
