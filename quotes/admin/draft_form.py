"""What was typed into the drafting form: read, priced, and kept as it was typed when something is wrong with it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from quotes.line_pricing import PricedLines, price_lines
from quotes.models import Catalog, Customer, Quote, QuoteLine
from quotes.pricing import PriceBasis, PriceSource, price_problem, price_text
from quotes.school_years import SchoolYear, UnclearYear, parse_school_year, school_year_of
from quotes.standing import today
from quotes.wishes import MOST_LINES, LineWish

QUOTING_BEGINS = 1  # January: bids for the year that begins in July
SEPARATORS = re.compile(r"[\s,;]+")
FIELD = re.compile(r"code-(\d{1,5})")
NUMBER = re.compile(r"\d{1,10}(\.\d{1,4})?")


@dataclass
class Entry:
    """One line of the form. Everything is text as typed; `priced` is what the program makes of it."""

    code: str
    basis: str = ""
    quantity: str = ""
    price: str = ""
    pass_through: str = ""
    reason: str = ""
    notes: str = ""
    prior: Decimal | None = None
    troubles: list[str] = field(default_factory=list)
    priced: QuoteLine | None = None

    @property
    def has_own_price(self) -> bool:
        return bool(self.price.strip() or self.pass_through.strip() or self.reason.strip())


@dataclass
class DraftForm:
    customer_text: str = ""
    customer: Customer | None = None
    year_text: str = ""
    year: SchoolYear | None = None
    revises: Quote | None = None
    include_pdf: bool = True
    valid_until: str = ""
    bid_reference: str = ""
    notes: str = ""
    entries: list[Entry] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    added: int = 0
    priced: PricedLines = field(default_factory=lambda: PricedLines(()))

    @property
    def is_ready(self) -> bool:
        """Whether lines can be priced."""
        return self.customer is not None and self.year is not None

    @property
    def in_trouble(self) -> list[str]:
        """Codes of the lines with something to put right."""
        return list(dict.fromkeys(entry.code for entry in self.entries if entry.troubles))

    @property
    def wishes(self) -> list[LineWish]:
        return [wish_of(entry) for entry in self.entries]


def years_to_choose() -> list[SchoolYear]:
    this = school_year_of(today())
    return [this.previous, this, this.next, this.next.next]


def usual_year() -> SchoolYear:
    """From January on districts ask for the year that begins in July."""
    day = today()
    this = school_year_of(day)
    return this.next if QUOTING_BEGINS <= day.month < this.first_day.month else this


def empty_form(customer: str = "") -> DraftForm:
    return read_form({"customer": customer, "year": str(usual_year()), "include_pdf": "1"}, quiet=not customer)


def form_of(quote: Quote) -> DraftForm:
    """The lines of a quote that is to be revised. Prices of its own stay; the others come from the master again."""
    form = DraftForm(
        customer_text=str(quote.customer),
        customer=quote.customer,
        year_text=quote.school_year_text,
        year=SchoolYear(quote.school_year),
        revises=quote,
        include_pdf=quote.include_pdf,
        bid_reference=quote.bid_reference,
        notes=quote.notes,
        entries=[_entry_of(line) for line in quote.lines.order_by("position")],
    )
    look_up(form)
    return form


def _entry_of(line: QuoteLine) -> Entry:
    own = PriceSource(line.price_source).is_given
    return Entry(
        code=line.item_code,
        basis=line.price_basis,
        quantity="" if line.quantity is None else f"{line.quantity.normalize():f}",
        price=price_text(line.case_price) if own and line.case_price is not None else "",
        pass_through=price_text(line.pass_through_value) if own and line.pass_through_value is not None else "",
        reason=line.override_reason,
        notes=line.notes,
        prior=line.net_price,
    )


def read_form(posted: Mapping[str, Any], *, revises: Quote | None = None, quiet: bool = False) -> DraftForm:
    """`quiet` leaves what is still empty uncommented."""
    form = DraftForm(
        customer_text=_typed(posted, "customer"),
        year_text=_typed(posted, "year"),
        revises=revises,
        include_pdf=bool(posted.get("include_pdf")),
        valid_until=_typed(posted, "valid_until"),
        bid_reference=_typed(posted, "bid_reference"),
        notes=_typed(posted, "notes"),
        entries=_entries(posted),
    )
    if revises is not None:
        form.customer, form.customer_text = revises.customer, str(revises.customer)
        form.year, form.year_text = SchoolYear(revises.school_year), revises.school_year_text
    else:
        _read_heading(form, quiet)
    _remove(form, _typed(posted, "do"))
    _add(form, _typed(posted, "add"), _typed(posted, "catalog"))
    look_up(form)
    return form


def _read_heading(form: DraftForm, quiet: bool) -> None:
    try:
        form.year = parse_school_year(form.year_text)
    except UnclearYear as problem:
        form.problems += problem.problems
    if form.customer_text:
        form.customer = find_customer(form.customer_text)
        if form.customer is None:
            form.problems.append(
                f"No customer is called “{form.customer_text[:60]}”. Type a part of the name and choose one."
            )
    elif not quiet:
        form.problems.append("Choose the customer first: prices belong to a customer and a school year.")


def find_customer(text: str) -> Customer | None:
    """By code, by what the list shows, or by the one name that contains the text."""
    customers = Customer.objects.all()
    exact = customers.filter(code__iexact=text).first() or customers.filter(code=text.split(" ")[0]).first()
    if exact is not None:
        return exact
    found = list(customers.filter(name__icontains=text)[:2])
    return found[0] if len(found) == 1 else None


def _entries(posted: Mapping[str, Any]) -> list[Entry]:
    numbers = sorted(int(match[1]) for name in posted if (match := FIELD.fullmatch(name)))
    return [_entry(posted, number) for number in numbers[:MOST_LINES]]


def _entry(posted: Mapping[str, Any], number: int) -> Entry:
    return Entry(
        code=_typed(posted, f"code-{number}"),
        basis=_typed(posted, f"basis-{number}"),
        quantity=_typed(posted, f"quantity-{number}"),
        price=_typed(posted, f"price-{number}"),
        pass_through=_typed(posted, f"pass_through-{number}"),
        reason=_typed(posted, f"reason-{number}"),
        notes=_typed(posted, f"notes-{number}"),
        prior=number_in(_typed(posted, f"prior-{number}")),
    )


def _typed(posted: Mapping[str, Any], name: str) -> str:
    return str(posted.get(name, "")).replace("\x00", "").strip()


def _remove(form: DraftForm, do: str) -> None:
    kind, _, number = do.partition("-")
    if kind == "remove" and number.isdigit() and int(number) < len(form.entries):
        del form.entries[int(number)]


def _add(form: DraftForm, typed: str, catalog: str) -> None:
    """Codes that stand in the form already are not added again."""
    codes = [code for code in SEPARATORS.split(typed) if code]
    if catalog:
        found = Catalog.objects.filter(code=catalog, is_active=True).first()
        if found is None:
            form.problems.append(f"There is no catalog “{catalog[:40]}”. Choose one from the list.")
        else:
            codes += found.entries.order_by("position", "id").values_list("spec_item__item_code", flat=True)
    known = {entry.code for entry in form.entries}
    for code in codes:
        if code not in known and len(form.entries) < MOST_LINES:
            known.add(code)
            form.entries.append(Entry(code=code))
            form.added += 1


# -- prices ---------------------------------------------------------------------------------------------------


def look_up(form: DraftForm) -> None:
    """Price every line; one that was only named becomes a line for each price basis the master knows."""
    for entry in form.entries:
        entry.troubles = troubles_with(entry)
    if form.customer is None or form.year is None or not form.entries:
        return
    form.priced = price_lines(form.customer.pk, form.year, form.wishes)
    form.problems += form.priced.problems
    lines = iter(form.priced.lines)
    line = next(lines, None)
    expanded = []
    for entry in form.entries:
        made = 0
        while line is not None and line.item_code == entry.code and (made == 0 or not _is_settled(entry)):
            expanded.append(_priced(entry, line, first=made == 0))
            made, line = made + 1, next(lines, None)
    form.entries = expanded


def _is_settled(entry: Entry) -> bool:
    return bool(entry.basis or entry.price)


def _priced(entry: Entry, line: QuoteLine, *, first: bool) -> Entry:
    return Entry(
        code=entry.code,
        basis=line.price_basis,
        quantity=entry.quantity if first else "",
        price=entry.price,
        pass_through=entry.pass_through,
        reason=entry.reason,
        notes=entry.notes,
        prior=entry.prior,
        troubles=entry.troubles,
        priced=line,
    )


def troubles_with(entry: Entry) -> list[str]:
    """What is wrong with the figures typed into one line."""
    troubles = []
    if entry.quantity and (number_in(entry.quantity) or Decimal(0)) <= 0:
        troubles.append(f"“{entry.quantity[:20]}” is no quantity. Write cases, such as 120, or leave it empty.")
    for name, text in (("price", entry.price), ("pass-through value", entry.pass_through)):
        if text and number_in(text) is None:
            troubles.append(f"“{text[:20]}” is no {name}. Write dollars a case, such as 42.50.")
    price, pass_through = number_in(entry.price), number_in(entry.pass_through)
    if price is not None and not troubles:
        basis = PriceBasis(entry.basis) if entry.basis in set(PriceBasis) else PriceBasis.COMMERCIAL
        troubles += filter(None, [price_problem(basis, price, pass_through)])
        if not entry.reason:
            troubles.append("A price of its own needs a reason. Write why it departs from the pricing master.")
    elif entry.pass_through and not entry.price:
        troubles.append("A pass-through value came without a price. Write both, or neither.")
    return troubles


def number_in(text: str) -> Decimal | None:
    """`$1,042.50` and `1042.5`; None for anything that is no such number."""
    plain = text.strip().removeprefix("$").replace(",", "").replace(" ", "")
    return Decimal(plain) if NUMBER.fullmatch(plain) else None


def wish_of(entry: Entry) -> LineWish:
    """An entry in trouble is priced from the master meanwhile, so that the rest can be looked at."""
    given = None if entry.troubles else number_in(entry.price)
    quantity = number_in(entry.quantity)
    return LineWish(
        item_code=entry.code,
        quantity=quantity or None,
        price_basis=PriceBasis(entry.basis) if entry.basis in set(PriceBasis) else None,
        case_price=given,
        pass_through_value=number_in(entry.pass_through) if given is not None else None,
        reason=entry.reason if given is not None else "",
        notes=entry.notes,
    )


def day_in(text: str) -> date | None:
    """None for nothing typed. Raises ValueError for what is no date."""
    return date.fromisoformat(text) if text else None
