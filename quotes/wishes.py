"""What somebody asks to have quoted, before a price is looked up, and how it is kept as JSON with the run."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from quotes.pricing import PriceBasis, PriceSource, price_problem
from quotes.school_years import SchoolYear, parse_school_year

MOST_CASES = Decimal(10) ** 10
THOUSANDTH = Decimal("0.001")
MOST_LINES = 2000
CODE_LENGTH, REASON_LENGTH, NOTES_LENGTH = 60, 300, 300


@dataclass(frozen=True)
class LineWish:
    """One item. Without `price_basis` the pricing master says on which bases it is priced.

    `case_price` (dollars a case) is given only to depart from the pricing master, and then needs `reason`;
    `price_source` says whether it is an override or last year's price. `quantity` is estimated annual usage in cases.
    """

    item_code: str
    quantity: Decimal | None = None
    price_basis: PriceBasis | None = None
    case_price: Decimal | None = None
    pass_through_value: Decimal | None = None
    reason: str = ""
    notes: str = ""
    price_source: PriceSource = PriceSource.OVERRIDE

    @property
    def basis_of_given_price(self) -> PriceBasis:
        if self.price_basis is not None:
            return self.price_basis
        return PriceBasis.COMMERCIAL if self.pass_through_value is None else PriceBasis.NOI


@dataclass(frozen=True)
class QuoteWish:
    """The contract's inputs. `quote_id` is the quote to revise."""

    customer_id: int
    school_year: SchoolYear
    lines: tuple[LineWish, ...]
    quote_id: int | None = None
    catalog: str = ""
    include_pdf: bool = True

    @property
    def item_codes(self) -> list[str]:
        return list(dict.fromkeys(line.item_code for line in self.lines))


def tidied(lines: Iterable[LineWish]) -> tuple[LineWish, ...]:
    """Codes, reasons and notes without surrounding blanks."""
    return tuple(
        replace(line, item_code=line.item_code.strip(), reason=line.reason.strip(), notes=line.notes.strip())
        for line in lines
    )


def problems_with(lines: Sequence[LineWish]) -> list[str]:
    """Every sentence that keeps these lines from being drafted."""
    if not lines:
        return ["Nothing is asked for. Choose at least one item, or a catalog."]
    if len(lines) > MOST_LINES:
        return [f"{len(lines)} lines are more than a quote holds. Split it into quotes of at most {MOST_LINES} lines."]
    return [sentence for number, line in enumerate(lines, 1) if (sentence := _problem(number, line))]


def _problem(number: int, line: LineWish) -> str:
    where = f"Line {number} ({line.item_code})" if line.item_code else f"Line {number}"
    if not line.item_code or len(line.item_code) > CODE_LENGTH:
        return f"{where}: write an item code of at most {CODE_LENGTH} characters."
    sentence = _quantity_problem(line.quantity) or _given_price_problem(line)
    if not sentence and (len(line.reason) > REASON_LENGTH or len(line.notes) > NOTES_LENGTH):
        sentence = f"the reason or the note is longer than {NOTES_LENGTH} characters. Shorten it."
    return f"{where}: {sentence}" if sentence else ""


def _quantity_problem(quantity: Decimal | None) -> str:
    if quantity is None:
        return ""
    if not quantity.is_finite() or not 0 < quantity < MOST_CASES or quantity != quantity.quantize(THOUSANDTH):
        return f"a quantity of {quantity} cannot be. Write cases above zero three decimals at most, or leave it empty."
    return ""


def _given_price_problem(line: LineWish) -> str:
    if line.case_price is None:
        return "a pass-through value came without a price. Write both, or neither." if line.pass_through_value else ""
    problem = price_problem(line.basis_of_given_price, line.case_price, line.pass_through_value)
    if problem:
        return problem
    if line.price_source is PriceSource.OVERRIDE and not line.reason:
        return "a price of its own needs a reason. Write why it departs from the pricing master."
    return ""


# -- as JSON ---------------------------------------------------------------------------------------------------


def stored(wish: QuoteWish) -> dict[str, Any]:
    return {
        "customer_id": wish.customer_id,
        "item_codes": wish.item_codes,
        "school_year": str(wish.school_year),
        "quote_id": wish.quote_id,
        "catalog": wish.catalog,
        "include_pdf": wish.include_pdf,
        "lines": [_stored_line(line) for line in wish.lines],
    }


def read(inputs: Mapping[str, Any]) -> QuoteWish:
    return QuoteWish(
        customer_id=inputs["customer_id"],
        school_year=parse_school_year(inputs["school_year"]),
        lines=tuple(_read_line(line) for line in inputs["lines"]),
        quote_id=inputs["quote_id"],
        catalog=inputs["catalog"],
        include_pdf=inputs["include_pdf"],
    )


def _stored_line(line: LineWish) -> dict[str, Any]:
    values = {
        "item_code": line.item_code,
        "quantity": text_of(line.quantity),
        "price_basis": None if line.price_basis is None else line.price_basis.value,
        "case_price": text_of(line.case_price),
        "pass_through_value": text_of(line.pass_through_value),
        "reason": line.reason,
        "notes": line.notes,
        "price_source": line.price_source.value if line.case_price is not None else None,
    }
    return {name: value for name, value in values.items() if value not in (None, "")}


def _read_line(given: Mapping[str, Any]) -> LineWish:
    basis = given.get("price_basis")
    return LineWish(
        item_code=given["item_code"],
        quantity=number_of(given.get("quantity")),
        price_basis=PriceBasis(basis) if basis else None,
        case_price=number_of(given.get("case_price")),
        pass_through_value=number_of(given.get("pass_through_value")),
        reason=given.get("reason", ""),
        notes=given.get("notes", ""),
        price_source=PriceSource(given.get("price_source", PriceSource.OVERRIDE.value)),
    )


def text_of(value: Decimal | date | None) -> str | None:
    if value is None:
        return None
    return value.isoformat() if isinstance(value, date) else f"{value:f}"


def number_of(text: str | None) -> Decimal | None:
    """Raises InvalidOperation for what is no number: such a text was never stored by us."""
    if text is None:
        return None
    try:
        return Decimal(text)
    except InvalidOperation as problem:
        raise InvalidOperation(f"{text!r} is no number.") from problem
