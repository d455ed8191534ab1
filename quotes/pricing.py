"""What a case costs a district and what it earns us. Decimal only; every rounding is half up and said here.

Sources of the commodity rules: 7 CFR 250.36. Net off invoice (NOI) takes the value of the USDA Food off the
price on our invoice, and the processor pays it back to us; a rebate is claimed by the district, so its invoice
carries the full price; a fee-for-service (FFS) price leaves the USDA Food out from the start.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from enum import StrEnum
from statistics import median

CENT = Decimal("0.01")
PRICE_STEP = Decimal("0.0001")
MARGIN_FLOOR_PERCENT = Decimal(15)
NEAR_THE_FLOOR = Decimal("0.1")  # percentage points
UNKNOWN = "unknown"


class PriceBasis(StrEnum):
    COMMERCIAL = "commercial"
    NOI = "noi"
    FFS = "ffs"
    REBATE = "rebate"

    @property
    def label(self) -> str:
        return BASIS_LABELS[self]

    @property
    def has_pass_through(self) -> bool:
        return self in {PriceBasis.NOI, PriceBasis.REBATE}


BASIS_LABELS = {
    PriceBasis.COMMERCIAL: "Commercial",
    PriceBasis.NOI: "Net off invoice (NOI)",
    PriceBasis.FFS: "Fee for service (FFS)",
    PriceBasis.REBATE: "Commercial with rebate",
}
BASIS_CHOICES = [(basis.value, basis.label) for basis in PriceBasis]


class PriceSource(StrEnum):
    """Where a line's price comes from; nothing about price is invented."""

    MASTER = "master"
    OVERRIDE = "override"
    PRIOR = "prior"
    MISSING = "missing"

    @property
    def label(self) -> str:
        return SOURCE_LABELS[self]

    @property
    def is_given(self) -> bool:
        """By a person, instead of the pricing master's."""
        return self in {PriceSource.OVERRIDE, PriceSource.PRIOR}


SOURCE_LABELS = {
    PriceSource.MASTER: "Pricing master",
    PriceSource.OVERRIDE: "Override",
    PriceSource.PRIOR: "Prior year",
    PriceSource.MISSING: "Needs a price",
}
SOURCE_CHOICES = [(source.value, source.label) for source in PriceSource]


@dataclass(frozen=True)
class Price:
    """Dollars a case. Raises ValueError with the sentence of `price_problem`."""

    basis: PriceBasis
    case_price: Decimal
    pass_through_value: Decimal | None = None

    def __post_init__(self) -> None:
        problem = price_problem(self.basis, self.case_price, self.pass_through_value)
        if problem:
            raise ValueError(problem)

    @property
    def net(self) -> Decimal:
        return net_price(self.basis, self.case_price, self.pass_through_value)

    @property
    def received(self) -> Decimal:
        """What we finally receive, which margin is measured on: the processor pays an NOI value back to us."""
        return self.case_price


def net_price(basis: PriceBasis, case_price: Decimal, pass_through_value: Decimal | None) -> Decimal:
    """What our invoice asks for a case. A rebate is never taken off it: the district claims it itself."""
    if basis is PriceBasis.NOI and pass_through_value is not None:
        return case_price - pass_through_value
    return case_price


def price_problem(basis: PriceBasis, case_price: Decimal, pass_through_value: Decimal | None) -> str:
    """Empty when the price can stand; otherwise what is wrong with it and the cure."""
    exact(case_price)
    if not case_price.is_finite() or case_price <= 0:
        return f"A case price of {case_price} cannot be. Write dollars a case, above zero."
    if case_price != rounded(case_price, PRICE_STEP):
        return f"A case price of {case_price} is finer than prices are kept. Write four decimals at most."
    if not basis.has_pass_through:
        if pass_through_value is None:
            return ""
        return f"A {basis.label} price has no pass-through value. Remove it, or choose NOI or rebate."
    return _pass_through_problem(basis, case_price, pass_through_value)


def _pass_through_problem(basis: PriceBasis, case_price: Decimal, value: Decimal | None) -> str:
    if value is None:
        return f"{basis.label} needs the pass-through value of the USDA Food in a case. Fill it in."
    exact(value)
    if not value.is_finite() or value <= 0:
        return f"A pass-through value of {value} cannot be. Write dollars a case, above zero."
    if value != rounded(value, PRICE_STEP):
        return f"A pass-through value of {value} is finer than prices are kept. Write four decimals at most."
    if value >= case_price:
        return f"A pass-through value of {value} leaves nothing of the case price {case_price}. Check both."
    return ""


@dataclass(frozen=True)
class Margin:
    """Of one price received. Judged exactly, never by the percentage that is shown."""

    price: Decimal
    cost: Decimal | None
    floor_percent: Decimal = MARGIN_FLOOR_PERCENT

    def __post_init__(self) -> None:
        for number in (self.price, self.floor_percent, *([] if self.cost is None else [self.cost])):
            exact(number)
        if self.price <= 0:
            raise ValueError(f"A margin on a price of {self.price} is undefined. The price must be above zero.")

    @property
    def is_known(self) -> bool:
        """A missing cost, or one of zero or less, says nothing: it is never a margin of 100 %."""
        return self.cost is not None and self.cost > 0

    @property
    def passes(self) -> bool:
        return self.is_known and (self.price - (self.cost or Decimal(0))) * 100 >= self.floor_percent * self.price

    @property
    def is_below_floor(self) -> bool:
        return self.is_known and not self.passes

    @property
    def percent(self) -> Decimal | None:
        """Of the price (a mark-up would be of the cost); not rounded."""
        return (self.price - self.cost) * 100 / self.price if self.cost is not None and self.is_known else None

    def __str__(self) -> str:
        """One decimal, two near the floor; a margin under the floor never reads as the floor itself."""
        return percent_text(self.percent, self.floor_percent)


def percent_text(percent: Decimal | None, floor_percent: Decimal = MARGIN_FLOOR_PERCENT) -> str:
    if percent is None:
        return UNKNOWN
    near = abs(percent - floor_percent) <= NEAR_THE_FLOOR
    shown = rounded(percent, CENT if near else Decimal("0.1"))
    if percent < floor_percent <= shown:
        shown = percent.quantize(CENT, ROUND_FLOOR)
    return f"{shown} %"


@dataclass(frozen=True)
class MarginSummary:
    """Of a quote. `overall` only when every line has a quantity and a known cost: a mean of margins misleads."""

    overall_percent: Decimal | None
    least_percent: Decimal | None
    median_percent: Decimal | None
    below_floor: int
    unknown: int
    floor_percent: Decimal = MARGIN_FLOOR_PERCENT

    @property
    def overall(self) -> str:
        return percent_text(self.overall_percent, self.floor_percent)

    @property
    def least(self) -> str:
        return percent_text(self.least_percent, self.floor_percent)


def summarise_margins(lines: Iterable[tuple[Margin, Decimal | None]]) -> MarginSummary:
    """Margin and quantity of each priced line."""
    rows = list(lines)
    percents = [margin.percent for margin, _ in rows if margin.percent is not None]
    return MarginSummary(
        overall_percent=_overall(rows),
        least_percent=min(percents, default=None),
        median_percent=median(percents) if percents else None,
        below_floor=sum(margin.is_below_floor for margin, _ in rows),
        unknown=sum(not margin.is_known for margin, _ in rows),
        floor_percent=rows[0][0].floor_percent if rows else MARGIN_FLOOR_PERCENT,
    )


def _overall(rows: list[tuple[Margin, Decimal | None]]) -> Decimal | None:
    earned, received = Decimal(0), Decimal(0)
    for margin, quantity in rows:
        if quantity is None or margin.cost is None or not margin.is_known:
            return None
        earned += (margin.price - margin.cost) * quantity
        received += margin.price * quantity
    return earned * 100 / received if received else None


def extended(price: Decimal, quantity: Decimal) -> Decimal:
    """Cents: the printed price times the quantity, rounded once."""
    return rounded(exact(price) * exact(quantity), CENT)


def total(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """The sum of rounded lines; None when a line has no amount or there is no line, for then no total is printed."""
    together, lines = Decimal(0), 0
    for amount in amounts:
        if amount is None:
            return None
        together += exact(amount)
        lines += 1
    return together if lines else None


def price_per_serving(net: Decimal, servings_per_case: Decimal | int | None) -> Decimal | None:
    """Four decimals, to compare only: it is never multiplied back."""
    if not servings_per_case or servings_per_case < 0:
        return None
    return rounded(exact(net) / servings_per_case, PRICE_STEP)


def change_percent(before: Decimal, after: Decimal) -> Decimal:
    """Signed, not rounded. `before` is above zero."""
    return (exact(after) - exact(before)) * 100 / before


def rounded(value: Decimal, step: Decimal = CENT) -> Decimal:
    """Half up, away from zero on both sides: 60.325 is 60.33 and -60.325 is -60.33."""
    return exact(value).quantize(step, ROUND_HALF_UP)


def price_text(value: Decimal) -> str:
    """Exactly what is kept, with two decimals at least: 42.50, 0.1667."""
    kept = rounded(value, PRICE_STEP)
    shown = kept.quantize(CENT, ROUND_HALF_UP)
    return f"{shown if shown == kept else kept.normalize():,f}"


def exact(value: Decimal) -> Decimal:
    """Refuses a float, which has already lost the cents it stood for."""
    if not isinstance(value, Decimal):
        raise TypeError(f"Money is Decimal, not {type(value).__name__}.")
    return value
