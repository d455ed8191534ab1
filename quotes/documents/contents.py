"""Everything the customer sees of a quote, and nothing else: what has no field here cannot be printed.

There is no field for what a case costs us or what we earn on it. Prices are dollars a case, stored with up to four
places; whoever fills a document gives Decimals, never floats.
"""

import hashlib
import json
import unicodedata
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from quotes.pricing import PRICE_STEP, PriceBasis, extended, net_price, price_per_serving, total

# Raised with every change to template, style or font that a customer could see.
TEMPLATE = 1
TOO_MUCH = Decimal(10) ** 10
# Control and formatting characters: they print nothing, or turn the text around them.
UNPRINTABLE = {"Cc", "Cf", "Cs", "Co"}
# Joiners that Arabic, Indic scripts and emoji need.
JOINERS = {"\u200c", "\u200d"}


class UnfitContents(ValueError):
    """A sentence naming the line and the cure."""


def printable(text: str) -> str:
    """NFC, one space for any white space, nothing that is invisible or reverses its neighbours."""
    shown = (
        character
        for character in unicodedata.normalize("NFC", text)
        if character.isspace() or character in JOINERS or unicodedata.category(character) not in UNPRINTABLE
    )
    return " ".join("".join(shown).split())


@dataclass(frozen=True, kw_only=True)
class Printed:
    """Text is made printable on the way in, so that the hash and the page are of the same words."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, str) and not isinstance(value, StrEnum):
                object.__setattr__(self, field.name, printable(value))
            elif isinstance(value, float):
                raise UnfitContents(f"{field.name} is a float ({value}); give a Decimal.")
            elif isinstance(value, tuple) and all(isinstance(line, str) for line in value):
                object.__setattr__(self, field.name, tuple(filter(None, map(printable, value))))


@dataclass(frozen=True, kw_only=True)
class Letterhead(Printed):
    name: str
    tagline: str = ""
    address: tuple[str, ...] = ()
    phone: str = ""
    email: str = ""
    website: str = ""
    remit_to: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Person(Printed):
    """Who prepared the quote and signs for the supplier."""

    name: str
    title: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, kw_only=True)
class CustomerBlock(Printed):
    name: str
    code: str = ""
    attention: str = ""
    email: str = ""
    bill_to: tuple[str, ...] = ()
    deliver_to: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Superseded(Printed):
    """The revision that this one takes the place of."""

    revision: int
    dated: date


@dataclass(frozen=True, kw_only=True)
class Statement(Printed):
    title: str
    text: str


@dataclass(frozen=True, kw_only=True)
class DocumentLine(Printed):
    """One item at one price basis. `case_price` is the commercial price, for fee-for-service the fee."""

    position: int
    item_code: str
    description: str
    brand: str = ""
    manufacturer_code: str = ""
    pack: str = ""
    net_weight: str = ""
    servings_per_case: Decimal | None = None
    serving_size: str = ""
    cn_number: str = ""
    cn_credit: str = ""
    cn_expires: date | None = None
    allergens: str = ""
    storage: str = ""
    is_domestic: bool | None = None
    origin: str = ""  # country, and the reason for an exception
    price_basis: PriceBasis = PriceBasis.COMMERCIAL
    case_price: Decimal | None  # None: not known yet, which a preview may show and a PDF may not
    pass_through_value: Decimal | None = None  # dollars a case
    quantity: Decimal | None = None  # estimated annual usage, in cases
    notes: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "price_basis", PriceBasis(self.price_basis))
        for complaint in self._complaints():
            raise UnfitContents(f"Line {self.position} ({self.item_code}): {complaint}")

    def _complaints(self) -> Iterator[str]:
        for name in ("case_price", "pass_through_value", "quantity", "servings_per_case"):
            amount = getattr(self, name)
            if amount is not None and not amount.is_finite():
                yield f"{name} is {amount}; give a number."
            elif amount is not None and not 0 <= amount < TOO_MUCH:
                yield f"{name} {amount:f} is out of range; it must be zero or more, and below {TOO_MUCH:,f}."
            elif amount is not None and amount != amount.quantize(PRICE_STEP):
                yield f"{name} {amount} has more than four places; round it first."
        if self.price_basis in (PriceBasis.NOI, PriceBasis.REBATE) and self.pass_through_value is None:
            yield "the value of its USDA Foods is missing, which this price basis needs."
        if self.net_price is not None and self.net_price < 0:
            yield f"the USDA Foods value {self.pass_through_value} is more than the case price {self.case_price}."

    @property
    def net_price(self) -> Decimal | None:
        return (
            None if self.case_price is None else net_price(self.price_basis, self.case_price, self.pass_through_value)
        )

    @property
    def price_per_serving(self) -> Decimal | None:
        return None if self.net_price is None else price_per_serving(self.net_price, self.servings_per_case)

    @property
    def extended(self) -> Decimal | None:
        if self.net_price is None or self.quantity is None:
            return None
        return extended(self.net_price, self.quantity)


@dataclass(frozen=True, kw_only=True)
class QuoteDocument(Printed):
    letterhead: Letterhead
    number: str  # Q-2026-00017
    revision: int
    supersedes: Superseded | None = None
    dated: date
    school_year: str  # 2026-27
    valid_until: date  # the offer, to the end of that day
    prices_from: date
    prices_to: date
    customer: CustomerBlock
    bid_reference: str = ""  # bid, co-op or contract number
    payment_terms: str = ""
    delivery_terms: str = ""
    tax_status: str = ""
    introduction: str = ""
    lines: tuple[DocumentLine, ...]
    statements: tuple[Statement, ...] = ()
    prepared_by: Person | None = None

    @property
    def reference(self) -> str:
        """As on the page, in the file's title and in e-mails: the revision is never left out."""
        return f"{self.number} r{self.revision}"

    @property
    def total(self) -> Decimal | None:
        """None unless every line has a price and a quantity."""
        return total(line.extended for line in self.lines)

    @property
    def cases(self) -> Decimal | None:
        quantities = [line.quantity for line in self.lines if line.quantity is not None]
        return sum(quantities, Decimal(0)) if len(quantities) == len(self.lines) else None


def canonical_json(document: QuoteDocument) -> str:
    """One text for one content: sorted keys, numbers of four fixed places, ISO dates, NFC text."""
    contents = {"template": TEMPLATE, "document": _canonical(asdict(document))}
    return json.dumps(contents, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _canonical(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _canonical(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(part) for part in value]
    if isinstance(value, Decimal):
        return str(value.quantize(PRICE_STEP) + 0)  # + 0: no negative zero
    return value.isoformat() if isinstance(value, date) else value


def content_hash(document: QuoteDocument) -> str:
    """SHA-256 in hexadecimal: what an approval binds to and what names the stored PDF."""
    return hashlib.sha256(canonical_json(document).encode()).hexdigest()
