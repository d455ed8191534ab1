"""What the contract loads and checks before any fan-out: four queries, four preconditions and the price.

Warnings name items, never figures: they are shown to people who may not see cost.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from approvals.models import ProposedAction
from quotes.entity_status import EntityStatus
from quotes.line_pricing import PricedLines, price_lines
from quotes.margin_floor import MarginFloor, margin_floor
from quotes.models import Customer, CustomerProgram, Quote
from quotes.school_years import SchoolYear
from quotes.wishes import QuoteWish

QUOTE_DRAFT = "quote_draft"
NAMED = 10  # item codes in one sentence
OPEN = (Quote.Status.DRAFT, Quote.Status.PROPOSED, Quote.Status.APPROVED, Quote.Status.SENT)


@dataclass(frozen=True)
class CurrentPricing:
    priced: PricedLines
    floor: MarginFloor


@dataclass(frozen=True)
class OpenQuote:
    """A quote, or a draft of one, that is still open for the same customer and year."""

    title: str
    status: str
    generated_at: datetime
    shared_items: tuple[str, ...]
    quote_id: int | None = None
    action_id: int | None = None


def load_customer(wish: QuoteWish) -> Customer | None:
    return Customer.objects.filter(pk=wish.customer_id).first()


def load_programs(wish: QuoteWish) -> list[CustomerProgram]:
    active = CustomerProgram.objects.filter(
        customer=wish.customer_id, status=CustomerProgram.Status.ACTIVE, deleted_at=None
    )
    return list(active.filter(Q(school_year=None) | Q(school_year=wish.school_year.start)))


def load_pricing(wish: QuoteWish) -> CurrentPricing:
    return CurrentPricing(price_lines(wish.customer_id, wish.school_year, wish.lines), margin_floor())


def load_open_quotes(wish: QuoteWish) -> list[OpenQuote]:
    """Open quotes and waiting drafts for the same customer and year, those that share items first."""
    wanted = set(wish.item_codes)
    found = [*_open_quotes(wish, wanted), *_waiting_drafts(wish, wanted)]
    return sorted(found, key=lambda one: (-len(one.shared_items), -one.generated_at.timestamp()))


def _open_quotes(wish: QuoteWish, wanted: set[str]) -> list[OpenQuote]:
    rows = Quote.objects.filter(
        customer=wish.customer_id, school_year=wish.school_year.start, lifecycle_status__in=OPEN
    )
    if wish.quote_id:
        rows = rows.exclude(pk=wish.quote_id)
    return [
        OpenQuote(
            title=str(quote),
            status=quote.get_lifecycle_status_display(),
            generated_at=quote.generated_at,
            shared_items=_shared((line.item_code for line in quote.lines.all()), wanted),
            quote_id=quote.pk,
        )
        for quote in rows.select_related("customer").prefetch_related("lines")
    ]


def _waiting_drafts(wish: QuoteWish, wanted: set[str]) -> list[OpenQuote]:
    waiting = ProposedAction.objects.filter(
        action_type=QUOTE_DRAFT,
        status=ProposedAction.Status.PENDING,
        entity_type="customer",
        entity_ref=customer_ref(wish.customer_id),
        payload__school_year=str(wish.school_year),
    )
    return [
        OpenQuote(
            title=action.title,
            status="Waiting for approval",
            generated_at=action.proposed_at,
            shared_items=_shared((line["item_code"] for line in action.payload["lines"]), wanted),
            action_id=action.envelope_id or action.pk,
        )
        for action in waiting
    ]


def customer_ref(customer_id: int) -> str:
    return f"customer:{customer_id}"


def _shared(codes: Any, wanted: set[str]) -> tuple[str, ...]:
    return tuple(sorted(wanted.intersection(codes)))


# -- preconditions ---------------------------------------------------------------------------------------------


def customer_exists(wish: QuoteWish, context: Mapping[str, Any]) -> str:
    return "" if context["customer"] else no_customer(wish.customer_id)


def no_customer(customer_id: int) -> str:
    return f"Customer {customer_id} does not exist. Choose one from the list."


def customer_not_on_hold(wish: QuoteWish, context: Mapping[str, Any]) -> str:
    customer: Customer | None = context["customer"]
    return status_objection(customer) if customer else ""


def status_objection(customer: Customer) -> str:
    """Why this customer is not quoted now; "" when nothing is in the way. Unknown blocks, as hold does."""
    if customer.may_be_quoted:
        return ""
    if customer.entitystatus == EntityStatus.HOLD:
        return f"{customer} is on hold. Nothing is quoted, sent or pushed until the hold is lifted."
    state = customer.get_entitystatus_display().lower()
    return f"The status of {customer} is {state}. Set it to active before anything is quoted, sent or pushed."


def items_resolved(wish: QuoteWish, context: Mapping[str, Any]) -> str:
    return unresolved_sentence(_priced(context).unresolved)


def unresolved_sentence(codes: Sequence[str]) -> str:
    return f"No spec item has the code {_named(codes)}. Correct the code, or add the item." if codes else ""


def margin_floor_held(wish: QuoteWish, context: Mapping[str, Any]) -> str:
    """Recomputed from price and cost, exactly; an unknown cost never passes."""
    pricing: CurrentPricing = context["current_pricing"]
    below = pricing.priced.below_floor(pricing.floor.percent)
    return " ".join(margin_sentences(below, pricing.priced.unknown_cost()))


def margin_sentences(below: Sequence[str], unknown: Sequence[str]) -> list[str]:
    sentences = [f"Under the margin floor: {_named(below)}."] if below else []
    return sentences + ([f"Margin unknown, because the cost is: {_named(unknown)}."] if unknown else [])


def price_present(wish: QuoteWish, context: Mapping[str, Any]) -> str:
    return unpriced_sentence(_priced(context).unpriced, wish.school_year)


def unpriced_sentence(codes: Sequence[str], year: SchoolYear) -> str:
    if not codes:
        return ""
    return f"No price for {year}: {_named(codes)}. Each needs one in the pricing master, or its own with a reason."


def _priced(context: Mapping[str, Any]) -> PricedLines:
    pricing: CurrentPricing = context["current_pricing"]
    return pricing.priced


def _named(codes: Sequence[str]) -> str:
    codes = list(dict.fromkeys(codes))
    more = len(codes) - NAMED
    return ", ".join(codes[:NAMED]) + (f" and {more} more" if more > 0 else "")
