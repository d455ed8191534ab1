"""The priced lines of the drafting form as they are shown. Cost and margin only for those who may see them."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from quotes.admin.draft_form import DraftForm, Entry
from quotes.context import CurrentPricing
from quotes.draft_warnings import warnings_for
from quotes.margin_floor import MarginFloor, margin_floor
from quotes.models import QuoteLine
from quotes.pricing import Margin, PriceBasis, PriceSource, change_percent, summarise_margins, total
from quotes.standing import today
from quotes.wishes import QuoteWish

SOURCE_COLOURS = {
    PriceSource.MASTER: "success",
    PriceSource.OVERRIDE: "warning",
    PriceSource.PRIOR: "info",
    PriceSource.MISSING: "danger",
}


@dataclass(frozen=True)
class Row:
    number: int
    entry: Entry
    line: QuoteLine | None
    source: str = ""
    colour: str = ""
    basis: str = ""
    margin: Margin | None = None
    change: Decimal | None = None
    remarks: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether the fields of a price of its own are shown at once."""
        return self.entry.has_own_price or self.line is None or self.line.case_price is None


def lines_to_show(form: DraftForm, *, sees_cost: bool) -> dict[str, Any]:
    floor = margin_floor()
    rows = [_row(number, entry, floor, sees_cost) for number, entry in enumerate(form.entries)]
    lines = form.priced.lines
    return {
        "rows": rows,
        "sees_cost": sees_cost,
        "warnings": _warnings(form, floor, sees_cost),
        "total": total(line.extended for line in lines) if lines else None,
        "unpriced": len(form.priced.unpriced),
        "margins": _summary(rows) if sees_cost and lines else None,
        "floor": floor,
    }


def _row(number: int, entry: Entry, floor: MarginFloor, sees_cost: bool) -> Row:
    line = entry.priced
    if line is None:
        return Row(number, entry, None)
    source = PriceSource(line.price_source)
    net = line.net_price
    return Row(
        number,
        entry,
        line,
        source=source.label,
        colour=SOURCE_COLOURS[source],
        basis=PriceBasis(line.price_basis).label,
        margin=line.margin(floor.percent) if sees_cost else None,
        change=change_percent(entry.prior, net) if entry.prior and net is not None else None,
        remarks=tuple(_remarks(line)),
    )


def _remarks(line: QuoteLine) -> list[str]:
    item = line.spec_item
    if item is None:
        return ["No item has this code"]
    found = []
    if item.discontinued:
        found.append("Discontinued")
    if item.cn_expires_on and item.cn_expires_on < today():
        found.append(f"CN label expired {item.cn_expires_on:%b} {item.cn_expires_on.day}, {item.cn_expires_on.year}")
    return found


def _warnings(form: DraftForm, floor: MarginFloor, sees_cost: bool) -> list[str]:
    if form.customer is None or form.year is None or not form.entries:
        return []
    wish = QuoteWish(form.customer.pk, form.year, tuple(form.wishes))
    return warnings_for(wish, CurrentPricing(form.priced, floor), sees_cost=sees_cost)


def _summary(rows: list[Row]) -> Any:
    return summarise_margins(
        (row.margin, row.line.quantity) for row in rows if row.margin is not None and row.line is not None
    )
