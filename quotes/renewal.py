"""The annual re-quote as a plan: what last year's lines would cost in the new year, and what is wrong with them.

A plan stores nothing. Lines come from the quotes of the year before that are out with the customer (not declined,
without lines that were not awarded), the newest quote first; a district that had no such quote carries what the
pricing master held for it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.utils import timezone

from approvals.clock import now
from approvals.refusals import Refused
from quotes.margin_floor import margin_floor
from quotes.models import Customer, PricingMaster, Quote, QuoteLine, SpecItem
from quotes.pricing import Margin, Price, PriceBasis, change_percent, price_text, rounded
from quotes.school_years import SchoolYear

CHANGED_BY_PERCENT = Decimal(5)
CARRIED = (Quote.Status.SENT, Quote.Status.ACCEPTED, Quote.Status.EXPIRED)
Key = tuple[int, str, PriceBasis]  # customer, item code, basis


class Finding(StrEnum):
    """In the order in which somebody should look at them."""

    NO_PRICE = "no_price"
    DISCONTINUED = "discontinued"
    UNKNOWN_ITEM = "unknown_item"
    BELOW_FLOOR = "below_floor"
    UNKNOWN_COST = "unknown_cost"
    CHANGED = "changed"
    CN_EXPIRED = "cn_expired"

    @property
    def label(self) -> str:
        return LABELS[self]


LABELS = {
    Finding.NO_PRICE: "No price for the new year",
    Finding.DISCONTINUED: "Discontinued",
    Finding.UNKNOWN_ITEM: "No such item any more",
    Finding.BELOW_FLOOR: "Under the margin floor",
    Finding.UNKNOWN_COST: "Cost unknown",
    Finding.CHANGED: "Price changed by more than asked for",
    Finding.CN_EXPIRED: "CN label expired",
}


@dataclass(frozen=True)
class CarriedLine:
    """A line of last year. `net` is what the district paid, dollars a case; None when it never had a price."""

    customer: Customer
    item_code: str
    description: str
    basis: PriceBasis
    net: Decimal | None
    quantity: Decimal | None
    spec_item: SpecItem | None
    from_quote: str

    @property
    def key(self) -> Key:
        return (self.customer.pk, self.item_code, self.basis)


@dataclass(frozen=True)
class NewPrice:
    price: Price
    cost_basis: Decimal | None
    cost_date: date | None


@dataclass(frozen=True)
class Question:
    """What the plan is measured against."""

    year: SchoolYear
    today: date
    floor_percent: Decimal
    changed_by: Decimal = CHANGED_BY_PERCENT


@dataclass(frozen=True)
class RenewalLine:
    """`margin` is for those who may see cost; `change` in percent of last year's net price, signed."""

    carried: CarriedLine
    new: NewPrice | None
    change: Decimal | None
    margin: Margin | None
    findings: tuple[Finding, ...]

    def as_dict(self) -> dict[str, Any]:
        """Without cost and margin."""
        return {
            "customer": self.carried.customer.code,
            "item_code": self.carried.item_code,
            "description": self.carried.description,
            "price_basis": self.carried.basis.value,
            "quantity": None if self.carried.quantity is None else f"{self.carried.quantity.normalize():f}",
            "from_quote": self.carried.from_quote,
            "net_before": None if self.carried.net is None else price_text(self.carried.net),
            "net_after": None if self.new is None else price_text(self.new.price.net),
            "change_percent": None if self.change is None else str(rounded(self.change)),
            "findings": [finding.value for finding in self.findings],
        }


@dataclass(frozen=True)
class RenewalPlan:
    """`skipped`: districts that may not be quoted now, with the reason, by code. Drafts take `lines_of` each other."""

    year: SchoolYear
    lines: tuple[RenewalLine, ...]
    skipped: Mapping[str, str]

    @property
    def customers(self) -> list[Customer]:
        return list({line.carried.customer.pk: line.carried.customer for line in self.lines}.values())

    def lines_of(self, customer: Customer) -> list[RenewalLine]:
        return [line for line in self.lines if line.carried.customer.pk == customer.pk]

    def with_finding(self, finding: Finding) -> list[RenewalLine]:
        return [line for line in self.lines if finding in line.findings]

    @property
    def clean(self) -> list[RenewalLine]:
        return [line for line in self.lines if not line.findings]

    def as_dict(self) -> dict[str, Any]:
        return {
            "school_year": str(self.year),
            "customers": len(self.customers),
            "lines": [line.as_dict() for line in self.lines],
            "without_findings": len(self.clean),
            "findings": {finding.value: len(self.with_finding(finding)) for finding in Finding},
            "skipped": dict(self.skipped),
        }


def plan_renewal(
    year: SchoolYear, *, customers: Iterable[str] = (), changed_by: Decimal = CHANGED_BY_PERCENT
) -> RenewalPlan:
    """For these customers' codes, or all. Raises Refused for a code that does not exist. Reads only."""
    wanted = _customers(list(customers))
    quotable = [customer for customer in wanted if customer.may_be_quoted]
    carried = carried_lines(quotable, year.previous)
    question = Question(year, timezone.localdate(now()), margin_floor().percent, changed_by)
    lines = judge(carried, new_prices(quotable, year), question)
    skipped = {c.code: f"{c.name} is {c.get_entitystatus_display().lower()}" for c in wanted if not c.may_be_quoted}
    return RenewalPlan(year, tuple(lines), skipped)


def judge(carried: Iterable[CarriedLine], prices: Mapping[Key, NewPrice], question: Question) -> list[RenewalLine]:
    """Pure: each carried line with its new price and what is wrong with it."""
    return [_judged(line, prices.get(line.key), question) for line in carried]


def _judged(line: CarriedLine, new: NewPrice | None, question: Question) -> RenewalLine:
    change = None if new is None or line.net is None else change_percent(line.net, new.price.net)
    margin = None if new is None else Margin(new.price.received, new.cost_basis, question.floor_percent)
    item = line.spec_item
    found = {
        Finding.NO_PRICE: new is None,
        Finding.DISCONTINUED: item is not None and item.discontinued,
        Finding.UNKNOWN_ITEM: item is None,
        Finding.BELOW_FLOOR: margin is not None and margin.is_below_floor,
        Finding.UNKNOWN_COST: margin is not None and not margin.is_known,
        Finding.CHANGED: change is not None and abs(change) > question.changed_by,
        Finding.CN_EXPIRED: item is not None and _cn_expired(item, question),
    }
    return RenewalLine(line, new, change, margin, tuple(finding for finding, is_so in found.items() if is_so))


def _cn_expired(item: SpecItem, question: Question) -> bool:
    """Already, or before the first day of the new year."""
    last_day = item.cn_expires_on
    return last_day is not None and last_day < max(question.today, question.year.first_day)


def _customers(codes: list[str]) -> list[Customer]:
    found = list(Customer.objects.filter(code__any_of=codes) if codes else Customer.objects.all())
    missing = sorted(set(codes) - {customer.code for customer in found})
    if missing:
        raise Refused(f"Customer “{code}” does not exist. Correct the code." for code in missing)
    return found


def carried_lines(customers: list[Customer], year: SchoolYear) -> list[CarriedLine]:
    """Each item and basis once a customer, ordered by customer and item."""
    by_pk = {customer.pk: customer for customer in customers}
    found: dict[Key, CarriedLine] = {}
    for line in _quoted(by_pk, year):
        found.setdefault(line.key, line)
    quoted = {customer for customer, _, _ in found}
    for line in _mastered([pk for pk in by_pk if pk not in quoted], by_pk, year):
        found.setdefault(line.key, line)
    return sorted(found.values(), key=lambda line: (line.customer.name, line.customer.code, *line.key[1:]))


def _quoted(customers: Mapping[int, Customer], year: SchoolYear) -> Iterable[CarriedLine]:
    """Newest quote first."""
    lines = (
        QuoteLine.objects.filter(
            quote__customer__any_of=list(customers),
            quote__school_year=year.start,
            quote__lifecycle_status__in=CARRIED,
        )
        .exclude(award_status=QuoteLine.Award.NOT_AWARDED)
        .select_related("quote", "spec_item")
        .order_by("-quote__generated_at", "-quote__pk", "position")
    )
    for line in lines:
        yield CarriedLine(
            customer=customers[line.quote.customer_id],
            item_code=line.item_code,
            description=line.description,
            basis=PriceBasis(line.price_basis),
            net=line.net_price,
            quantity=line.quantity,
            spec_item=line.spec_item,
            from_quote=f"{line.quote.number} r{line.quote.revision}",
        )


def _mastered(pks: list[int], customers: Mapping[int, Customer], year: SchoolYear) -> Iterable[CarriedLine]:
    for row in _prices(pks, year):
        yield CarriedLine(
            customer=customers[row.customer_id],
            item_code=row.spec_item.item_code,
            description=row.spec_item.name,
            basis=PriceBasis(row.price_basis),
            net=row.price.net,
            quantity=None,
            spec_item=row.spec_item,
            from_quote="",
        )


def new_prices(customers: list[Customer], year: SchoolYear) -> dict[Key, NewPrice]:
    return {
        (row.customer_id, row.spec_item.item_code, PriceBasis(row.price_basis)): NewPrice(
            row.price, row.cost_basis, row.cost_date
        )
        for row in _prices([customer.pk for customer in customers], year)
    }


def _prices(customers: list[int], year: SchoolYear) -> Iterable[PricingMaster]:
    rows = PricingMaster.objects.filter(customer__any_of=customers, school_year=year.start)
    return rows.select_related("spec_item").order_by("spec_item__item_code")
