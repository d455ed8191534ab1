"""What the customer sees, built from the rows of a draft or of a written quote.

The frame around the lines (letterhead, addresses, terms) is taken down once, when a quote is drafted: what was approved
stays as it was when a setting or an address changes later.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from quotes.documents.contents import (
    CustomerBlock,
    DocumentLine,
    Letterhead,
    Person,
    QuoteDocument,
    Statement,
    Superseded,
)
from quotes.documents.letterhead import letterhead, signatory
from quotes.documents.statements import statements_for
from quotes.drafts import Draft
from quotes.models import Customer, CustomerContact, QuoteLine
from quotes.pricing import PriceBasis

UNNUMBERED = "Draft"
EXEMPT, TAXABLE = "Tax exempt", "Taxable"


def heading_of(
    customer: Customer, contacts: Iterable[CustomerContact], by: Any | None, lines: Sequence[QuoteLine]
) -> dict[str, Any]:
    """The frame as JSON; `contacts` are those the quote goes to. Raises UnfitContents."""
    first = next(iter(contacts), None)
    signs = signatory()
    return {
        "letterhead": asdict(letterhead()),
        "customer": {
            "name": customer.name,
            "code": customer.code,
            "attention": ", ".join(filter(None, (first.name, first.title))) if first else "",
            "email": first.email if first else "",
            "bill_to": customer.bill_to.splitlines(),
            "deliver_to": customer.deliver_to.splitlines(),
        },
        "payment_terms": customer.terms,
        "delivery_terms": ". ".join(filter(None, (customer.get_delivery_terms_display(), customer.delivery_notes))),
        "tax_status": _tax_status(customer),
        "prepared_by": asdict(signs) if signs else _person(by),
        "statements": [asdict(said) for said in statements_for(list(map(_line, lines)))],
    }


def _tax_status(customer: Customer) -> str:
    if not customer.tax_exempt:
        return TAXABLE
    return f"{EXEMPT}, certificate {customer.tax_certificate}" if customer.tax_certificate else EXEMPT


def _person(by: Any | None) -> dict[str, str] | None:
    name = by.get_full_name() if by else ""
    return {"name": name, "email": by.email} if by and name else None


def document_of(
    draft: Draft,
    lines: Iterable[QuoteLine],
    *,
    number: str = UNNUMBERED,
    revision: int = 1,
    supersedes: Superseded | None = None,
) -> QuoteDocument:
    """Raises UnfitContents with the line and the cure."""
    heading = draft.heading
    printed = tuple(_line(line) for line in lines)
    customer = _tuples(heading["customer"], "bill_to", "deliver_to")
    return QuoteDocument(
        letterhead=Letterhead(**_tuples(heading["letterhead"], "address", "remit_to")),
        number=number,
        revision=revision,
        supersedes=supersedes,
        dated=draft.dated,
        school_year=str(draft.school_year),
        valid_until=draft.valid_until,
        prices_from=draft.prices_from,
        prices_to=draft.prices_to,
        customer=CustomerBlock(**customer),
        bid_reference=draft.bid_reference,
        payment_terms=heading["payment_terms"],
        delivery_terms=heading["delivery_terms"],
        tax_status=heading["tax_status"],
        introduction=draft.notes,
        lines=printed,
        statements=tuple(Statement(**said) for said in heading["statements"]),
        prepared_by=Person(**heading["prepared_by"]) if heading["prepared_by"] else None,
    )


def _tuples(given: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {**given, **{name: tuple(given[name]) for name in names}}


def _line(line: QuoteLine) -> DocumentLine:
    weight = line.net_case_weight
    servings = line.servings_per_case
    domestic = {QuoteLine.Domestic.DOMESTIC: True, QuoteLine.Domestic.NON_DOMESTIC: False}
    stored = line.storage and line.storage != QuoteLine.Storage.UNKNOWN
    return DocumentLine(
        position=line.position,
        item_code=line.item_code,
        description=line.description,
        brand=line.brand,
        manufacturer_code=line.manufacturer_sku,
        pack=line.pack,
        net_weight="" if weight is None else f"{weight.normalize():f} lb",
        servings_per_case=None if servings is None else Decimal(servings),
        serving_size=line.serving_size,
        cn_number=line.cn_number,
        cn_credit=line.cn_credit,
        cn_expires=line.cn_expires_on,
        allergens=line.allergens,
        storage=line.get_storage_display() if stored else "",
        is_domestic=domestic.get(QuoteLine.Domestic(line.domestic)),
        origin="; ".join(filter(None, (line.country_of_origin, line.exception_reason))),
        price_basis=PriceBasis(line.price_basis),
        case_price=line.case_price,
        pass_through_value=line.pass_through_value,
        quantity=line.quantity,
        notes=line.notes,
    )
