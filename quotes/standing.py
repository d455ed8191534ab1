"""May this quote go out today? Asked when a draft is decided, when its e-mail leaves, and when NetSuite is told.

Sentences are for people who may not see cost: they name items and the customer's prices, never cost or margin.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from approvals.clock import now
from approvals.money import dollars
from quotes.context import margin_sentences, status_objection, unpriced_sentence, unresolved_sentence
from quotes.drafts import Draft
from quotes.line_pricing import PricedLines
from quotes.margin_floor import margin_floor
from quotes.models import Customer, PricingMaster, QuoteLine
from quotes.pricing import PriceBasis, PriceSource, price_text
from quotes.recipients import recipient_warnings
from quotes.school_years import SchoolYear

NAMED = 10  # lines in one answer

MasterPrices = dict[tuple[int, str], PricingMaster]  # (spec item id, basis) -> row


def today() -> date:
    """Where quotes are written: an offer stands to the end of the local day."""
    return timezone.localdate(now())


def expired(valid_until: date) -> str:
    if valid_until >= today():
        return ""
    return f"The offer was valid until {valid_until:%b %d, %Y}, which has passed. Give it another date."


def master_prices(customer_id: int, year: SchoolYear, lines: Sequence[QuoteLine]) -> MasterPrices:
    """One query."""
    ids = sorted({line.spec_item_id for line in lines if line.spec_item_id is not None})
    rows = PricingMaster.objects.filter(customer=customer_id, school_year=year.start, spec_item__any_of=ids)
    return {(row.spec_item_id, row.price_basis): row for row in rows.order_by()}


def moved_prices(lines: Sequence[QuoteLine], masters: MasterPrices) -> list[str]:
    """Lines priced from the pricing master that no longer read as it does."""
    sentences = []
    for line in lines:
        if line.price_source != PriceSource.MASTER or line.spec_item_id is None:
            continue
        row = masters.get((line.spec_item_id, line.price_basis))
        if row is None:
            sentences.append(f"{line.item_code} is no longer in the pricing master.")
        elif (row.case_price, row.pass_through_value) != (line.case_price, line.pass_through_value):
            sentences.append(f"{line.item_code}: the pricing master now says {_price(row)}, the quote {_price(line)}.")
    return sentences


def _price(row: PricingMaster | QuoteLine) -> str:
    text = f"${price_text(row.case_price)}" if row.case_price is not None else "nothing"
    if row.pass_through_value is not None:
        text += f" less {dollars(row.pass_through_value)}" if row.price_basis == PriceBasis.NOI else ""
    return text


def take_costs(lines: Sequence[QuoteLine], masters: MasterPrices) -> None:
    """Put today's cost and its date on unsaved lines; a line the master does not know has none."""
    for line in lines:
        row = masters.get((line.spec_item_id, line.price_basis)) if line.spec_item_id is not None else None
        line.cost_basis, line.cost_date = (row.cost_basis, row.cost_date) if row else (None, None)


@dataclass(frozen=True)
class Standing:
    """`blocks` forbid approval; `warnings` need a reason; `moved` are prices that changed since."""

    blocks: tuple[str, ...]
    warnings: tuple[str, ...]
    moved: tuple[str, ...]


def standing_of(draft: Draft) -> Standing:
    """Of a draft that waits. Five queries, however many lines it has."""
    masters = master_prices(draft.customer_id, draft.school_year, draft.lines)
    take_costs(draft.lines, masters)
    moved = moved_prices(draft.lines, masters)
    priced = PricedLines(draft.lines)
    blocks = [
        customer_now(draft.customer_id),
        expired(draft.valid_until),
        unpriced_sentence(priced.unpriced, draft.school_year),
        *([" ".join([*first_of(moved), "Refresh the prices of the draft, or reject it."])] if moved else []),
    ]
    warnings = [
        unresolved_sentence(priced.unresolved),
        *margin_sentences(priced.below_floor(margin_floor().percent), priced.unknown_cost()),
        *recipient_warnings(draft.customer_id),
    ]
    return Standing(tuple(filter(None, blocks)), tuple(filter(None, warnings)), tuple(moved))


def customer_now(customer_id: int) -> str:
    """Read afresh, however the caller's object was loaded."""
    return status_objection(Customer.objects.get(pk=customer_id))


def first_of(sentences: Sequence[str]) -> list[str]:
    more = len(sentences) - NAMED
    return [*sentences[:NAMED], *([f"And {more} more."] if more > 0 else [])]
