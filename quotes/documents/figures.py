"""The words and figures of a document, cell by cell: the template only places them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from quotes.documents.contents import DocumentLine, QuoteDocument
from quotes.pricing import PriceBasis

FEWEST_PLACES = 2
FIGURE_SPACE = "\u2007"
NO_FIGURE = "–"
TO_FOLLOW = "to follow"


@dataclass(frozen=True)
class PriceRow:
    """One figure of a price: what it is, and dollars. The last of a line is what the invoice charges."""

    label: str
    amount: str


@dataclass(frozen=True)
class Row:
    position: int
    item_code: str
    description: str
    details: tuple[str, ...]
    notes: str
    pack: str
    net_weight: str
    servings: str
    serving_size: str
    prices: tuple[PriceRow, ...]
    price: str
    price_note: str
    per_serving: str
    quantity: str
    extended: str


@dataclass(frozen=True)
class Total:
    cases: str
    amount: str


def long_date(day: date) -> str:
    return f"{day:%B} {day.day}, {day.year}"


def grouped(amount: Decimal, places: int) -> str:
    """1,234.50: a stored figure, never rounded here; `places` is at least what it has."""
    return f"{amount:,.{places}f}"


def aligned(amount: Decimal, places: int) -> str:
    """A price with the places it has, at least two, and blanks for those it lacks: the points stand in line."""
    own = places_needed([amount])
    return grouped(amount, own) + FIGURE_SPACE * (places - own)


def trimmed(amount: Decimal) -> str:
    """1,200 or 0.5: a quantity without the zeros it was stored with."""
    return f"{amount.normalize() + 0:,f}"


def places_needed(amounts: Iterable[Decimal | None]) -> int:
    """How many decimal places the finest of the prices has, at least two."""
    exponents = [amount.normalize().as_tuple().exponent for amount in amounts if amount]
    return max([FEWEST_PLACES, *(-exponent for exponent in exponents if isinstance(exponent, int))])


def rows_of(document: QuoteDocument) -> list[Row]:
    places = places_needed(
        amount for line in document.lines for amount in (line.case_price, line.net_price, line.pass_through_value)
    )
    return [_row(line, places) for line in document.lines]


def total_of(document: QuoteDocument) -> Total | None:
    """None when a line lacks a quantity or a price: a sum of some lines would mislead."""
    if document.total is None or document.cases is None:
        return None
    return Total(cases=trimmed(document.cases), amount=f"${grouped(document.total, 2)}")


def _row(line: DocumentLine, places: int) -> Row:
    return Row(
        position=line.position,
        item_code=line.item_code,
        description=line.description,
        details=_details(line),
        notes=line.notes,
        pack=line.pack or NO_FIGURE,
        net_weight=line.net_weight,
        servings=_or_dash(line.servings_per_case, trimmed),
        serving_size=line.serving_size,
        prices=_prices(line, places),
        price=TO_FOLLOW if line.net_price is None else aligned(line.net_price, places),
        price_note=_price_note(line),
        per_serving=_or_dash(line.price_per_serving, lambda amount: grouped(amount, 4)),
        quantity=_or_dash(line.quantity, trimmed),
        extended=_or_dash(line.extended, lambda amount: grouped(amount, 2)),
    )


def _or_dash(amount: Decimal | None, write: Callable[[Decimal], str]) -> str:
    return NO_FIGURE if amount is None else write(amount)


def _prices(line: DocumentLine, places: int) -> tuple[PriceRow, ...]:
    """The figures that lead to a net price; none where the price stands alone."""
    if line.price_basis is not PriceBasis.NOI or line.case_price is None or line.pass_through_value is None:
        return ()
    return (
        PriceRow("Commercial", aligned(line.case_price, places)),
        PriceRow("USDA Foods", f"−{aligned(line.pass_through_value, places)}"),
    )


def _price_note(line: DocumentLine) -> str:
    if line.price_basis is PriceBasis.REBATE and line.pass_through_value is not None:
        return (
            f"Rebate {grouped(line.pass_through_value, places_needed([line.pass_through_value]))}, claimed by district"
        )
    return "Fee for service" if line.price_basis is PriceBasis.FFS else ""


def _details(line: DocumentLine) -> tuple[str, ...]:
    """What it is, what it counts for, what is in it."""
    identity = (
        line.brand,
        f"Mfr. {line.manufacturer_code}" if line.manufacturer_code else "",
    )
    makeup = (f"Allergens: {line.allergens}" if line.allergens else "", line.storage, _origin(line))
    lines = (" · ".join(filter(None, parts)) for parts in (identity, (_child_nutrition(line),), makeup))
    return tuple(filter(None, lines))


def _child_nutrition(line: DocumentLine) -> str:
    number = f"CN {line.cn_number}" if line.cn_number else ""
    until = f"to {line.cn_expires:%m/%d/%Y}" if number and line.cn_expires else ""
    return ", ".join(filter(None, (number, line.cn_credit, until)))


def _origin(line: DocumentLine) -> str:
    if line.is_domestic is None:
        return f"Origin to be confirmed: {line.origin}" if line.origin else "Origin to be confirmed"
    word = "Domestic" if line.is_domestic else "Not domestic"
    return f"{word}: {line.origin}" if line.origin else word
