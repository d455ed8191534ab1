"""Districts, items, prices and quotes for tests, made in one line each. Rows come back as Any."""

from datetime import date
from decimal import Decimal
from itertools import count as counter
from typing import Any

from approvals.clock import now
from quotes.models import Customer, CustomerContact, PricingMaster, Quote, QuoteLine, SpecItem
from quotes.pricing import Price, PriceBasis, PriceSource
from quotes.school_years import SchoolYear

Number = Decimal | int | str
YEAR = 2026
COST_DATE = date(2026, 5, 1)
_numbers = counter(1)


def customer(code: str = "", *, status: str = "active", contact: str = "", **fields: Any) -> Any:
    """A district; `contact` is the address its quotes go to."""
    code = code or f"D{next(_numbers):04d}"
    made = Customer.objects.create(code=code, **{"name": f"{code} School District", "entitystatus": status, **fields})
    if contact:
        CustomerContact.objects.create(customer=made, name="Pat Lee", email=contact, receives_quotes=True)
    return made


def spec_item(code: str = "", **fields: Any) -> Any:
    code = code or f"F{next(_numbers):05d}"
    return SpecItem.objects.create(item_code=code, **{"name": f"Food {code}", "pack": "4 / 5 lb", **fields})


def master_price(
    who: Any,
    what: Any,
    price: Number = 40,
    *,
    cost: Number | None = 30,
    year: int = YEAR,
    basis: str = "commercial",
    pass_through: Number | None = None,
) -> Any:
    """A row of the pricing master."""
    return PricingMaster.objects.create(
        customer=who,
        spec_item=what,
        school_year=year,
        price_basis=basis,
        case_price=Decimal(price),
        pass_through_value=None if pass_through is None else Decimal(pass_through),
        cost_basis=None if cost is None else Decimal(cost),
        cost_date=None if cost is None else COST_DATE,
    )


def quote(who: Any = None, *, status: str = "draft", number: str = "", year: int = YEAR, **fields: Any) -> Any:
    """One revision, whole enough for its status."""
    school_year = SchoolYear(year)
    out = {"sent_at": now(), "content_hash": "0" * 64} if status in Quote.CURRENT else {}
    numbered = number or ("" if status in {"draft", "proposed", "cancelled"} else f"Q-{year}-9{next(_numbers):04d}")
    given: dict[str, Any] = {
        "prices_from": school_year.first_day,
        "prices_to": school_year.last_day,
        "valid_until": school_year.first_day,
        "number": numbered or None,
        **out,
        **fields,
    }
    return Quote.objects.create(customer=who or customer(), school_year=year, lifecycle_status=status, **given)


def line(of: Any, what: Any = None, price: Number | None = 40, *, quantity: Number | None = None, **fields: Any) -> Any:
    """A line priced from the master; without a price it needs one."""
    made = QuoteLine(quote=of, position=of.lines.count() + 1, quantity=None if quantity is None else Decimal(quantity))
    made.copy_specification(what or spec_item())
    if price is not None:
        made.set_price(Price(PriceBasis.COMMERCIAL, Decimal(price)), PriceSource.MASTER)
        made.cost_basis, made.cost_date = Decimal(30), COST_DATE
    for name, value in fields.items():
        setattr(made, name, value)
    QuoteLine.objects.bulk_create([made])
    return made
