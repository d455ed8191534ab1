"""Prices for the lines of a draft: from the pricing master, or the price that was given with its reason.

Two queries, however many lines there are. A line without any price stays without one: it needs a price before approval.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from quotes.models import PricingMaster, QuoteLine, SpecItem
from quotes.pricing import Margin, Price, PriceBasis, PriceSource
from quotes.school_years import SchoolYear
from quotes.wishes import LineWish

Masters = dict[str, dict[PriceBasis, PricingMaster]]  # item code -> basis -> row


@dataclass(frozen=True)
class PricedLines:
    """`lines` are unsaved quote lines, cost included; `problems` says what could mean two things."""

    lines: tuple[QuoteLine, ...]
    problems: tuple[str, ...] = ()

    @property
    def unresolved(self) -> list[str]:
        return [line.item_code for line in self.lines if line.spec_item_id is None]

    @property
    def unpriced(self) -> list[str]:
        return [line.item_code for line in self.lines if line.case_price is None]

    def below_floor(self, floor_percent: Decimal) -> list[str]:
        return [line.item_code for line, margin in self._margins(floor_percent) if margin.is_below_floor]

    def unknown_cost(self) -> list[str]:
        return [line.item_code for line, margin in self._margins(Decimal(0)) if not margin.is_known]

    def _margins(self, floor_percent: Decimal) -> list[tuple[QuoteLine, Margin]]:
        judged = ((line, line.margin(floor_percent)) for line in self.lines)
        return [(line, margin) for line, margin in judged if margin is not None]


def price_lines(customer_id: int, year: SchoolYear, wishes: Sequence[LineWish]) -> PricedLines:
    codes = list(dict.fromkeys(wish.item_code for wish in wishes))
    items = {item.item_code: item for item in SpecItem.objects.filter(item_code__any_of=codes).order_by()}
    masters = master_rows(customer_id, year, items)
    lines: list[QuoteLine] = []
    problems = []
    for wish in wishes:
        made = _lines_of(wish, items.get(wish.item_code), masters.get(wish.item_code, {}))
        if len(made) > 1 and wish.quantity is not None:
            bases = " and ".join(PriceBasis(line.price_basis).label for line in made)
            problems.append(f"{wish.item_code} is priced as {bases}. Say which of them its quantity belongs to.")
        lines += made
    for position, line in enumerate(lines, 1):
        line.position = position
    return PricedLines(tuple(lines), (*problems, *_twice(lines)))


def _twice(lines: Sequence[QuoteLine]) -> list[str]:
    times = Counter((line.item_code, line.price_basis) for line in lines)
    return [
        f"{code} stands {n} times as {PriceBasis(basis).label}. Leave one line of it."
        for (code, basis), n in times.items()
        if n > 1
    ]


def master_rows(customer_id: int, year: SchoolYear, items: dict[str, SpecItem]) -> Masters:
    codes = {item.pk: code for code, item in items.items()}
    rows = PricingMaster.objects.filter(
        customer=customer_id, school_year=year.start, spec_item__any_of=list(codes)
    ).order_by("price_basis")
    found: Masters = defaultdict(dict)
    for row in rows:
        found[codes[row.spec_item_id]][PriceBasis(row.price_basis)] = row
    return found


def _lines_of(wish: LineWish, item: SpecItem | None, masters: dict[PriceBasis, PricingMaster]) -> list[QuoteLine]:
    """One line; or one for each basis the master knows, when none was asked for."""
    if wish.case_price is not None:
        return [_given(wish, item, masters, wish.case_price)]
    if wish.price_basis is not None:
        return [_from_master(wish, item, wish.price_basis, masters.get(wish.price_basis))]
    return [_from_master(wish, item, basis, row) for basis, row in masters.items()] or [
        _from_master(wish, item, PriceBasis.COMMERCIAL, None)
    ]


def _given(
    wish: LineWish, item: SpecItem | None, masters: dict[PriceBasis, PricingMaster], case_price: Decimal
) -> QuoteLine:
    basis = wish.basis_of_given_price
    if wish.price_basis is None and wish.pass_through_value is None and len(masters) == 1:
        (known,) = masters
        basis = basis if known.has_pass_through else known
    line = _blank(wish, item)
    line.set_price(Price(basis, case_price, wish.pass_through_value), wish.price_source, reason=wish.reason)
    _take_cost(line, masters.get(basis))
    return line


def _from_master(wish: LineWish, item: SpecItem | None, basis: PriceBasis, row: PricingMaster | None) -> QuoteLine:
    line = _blank(wish, item)
    line.price_basis = basis.value
    if row is not None:
        line.set_price(row.price, PriceSource.MASTER)
    _take_cost(line, row)
    return line


def _blank(wish: LineWish, item: SpecItem | None) -> QuoteLine:
    line = QuoteLine(item_code=wish.item_code, quantity=wish.quantity, notes=wish.notes)
    if item is not None:
        line.copy_specification(item)
    return line


def _take_cost(line: QuoteLine, row: PricingMaster | None) -> None:
    if row is not None:
        line.cost_basis, line.cost_date = row.cost_basis, row.cost_date
