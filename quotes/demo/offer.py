"""What the demo supplier offers (`spec_items.csv`), its catalogs, and three school years of prices.

The prices follow from the files and the day alone. In the current year exactly one line lies under the margin floor.
Next year is as far as a spring is: some items have no price yet, one went up sharply, one is discontinued.
"""

import csv
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.utils import timezone

from inventory.models import Item
from quotes.demo.keeping import keep
from quotes.models import Catalog, CatalogItem, Customer, PricingMaster, SpecItem
from quotes.models.spec_items import SPECIFICATION_FIELDS
from quotes.pricing import CENT, PRICE_STEP, PriceBasis, rounded
from quotes.school_years import SchoolYear

OFFER = Path(__file__).with_name("spec_items.csv")
YEARLY_RISE = Decimal("0.03")
LEAST_MARGIN, MARGINS = 17, 12  # percent; the margins of the demo lie in 17 to 28
UNDER_THE_FLOOR = ("NVS", "SPC-0119", Decimal("34.01"), Decimal("40.00"))  # reads as 15.0 % and is not
SHARP_RISE = ("FRZ-3352", Decimal("1.18"))
NOT_YET_PRICED = {"SPC-0118", "100134"}  # for next year
COST_DAY = timedelta(days=61)  # before the school year: 1 May
CATALOGS = {
    "BREAKFAST": ("Breakfast line", lambda row: row["category"] == "Breakfast"),
    "COMMODITY": ("USDA Foods end products", lambda row: bool(row["basis"])),
    "SNACKS": ("Snacks and beverages", lambda row: row["category"] in {"Snacks", "Beverages"}),
}
Row = dict[str, str]


def offered() -> list[Row]:
    with OFFER.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def create_spec_items(rows: list[Row], year: SchoolYear, *, on: datetime) -> dict[str, SpecItem]:
    """By code; linked to the warehouse's item where there is one."""
    stocked = {item.item_code: item for item in Item.objects.filter(item_code__any_of=[r["item_code"] for r in rows])}
    items = [_spec_item(row, stocked.get(row["stock_item"]), year) for row in rows]
    return {item.item_code: item for item in keep(items, on=on)}


def _spec_item(row: Row, stocked: Item | None, year: SchoolYear) -> SpecItem:
    """`cn_years` counts from the current year's last day: 0 has run out when next year begins."""
    said: dict[str, Any] = {name: row[name] for name in SPECIFICATION_FIELDS if row.get(name)}
    if row["cn_years"]:
        said["cn_expires_on"] = SchoolYear(year.start + int(row["cn_years"])).last_day
    return SpecItem(
        item_code=row["item_code"], name=row["name"], item=stocked, discontinued=row["discontinued"] == "yes", **said
    )


def create_catalogs(rows: list[Row], items: dict[str, SpecItem], *, on: datetime) -> None:
    for code, (name, belongs) in CATALOGS.items():
        (catalog,) = keep([Catalog(code=code, name=name)], on=on)
        inside = [items[row["item_code"]] for row in rows if belongs(row)]
        keep([CatalogItem(catalog=catalog, spec_item=item, position=n) for n, item in enumerate(inside, 1)], on=on)


def create_prices(
    rows: list[Row], items: dict[str, SpecItem], customers: list[Customer], year: SchoolYear, *, on: datetime
) -> int:
    """For the year before, the current and the next; how many rows. `year` is the current one."""
    prices = [
        price
        for number, customer in enumerate(customers)
        for position, row in enumerate(rows)
        if row["case_cost"] and (number + position) % 3  # each district buys two items of three
        for each in (year.previous, year, year.next)
        for price in _prices(row, items[row["item_code"]], customer, each, year, number + position)
    ]
    prices += _under_the_floor(items, customers, year)
    opened = timezone.localdate(on)
    for made in prices:
        made.cost_date = min(made.cost_date or opened, opened)  # next year's costs are as old as the demo
    keep(_once(prices), on=on)
    return PricingMaster.objects.count()


def _prices(
    row: Row, item: SpecItem, customer: Customer, each: SchoolYear, current: SchoolYear, seed: int
) -> list[PricingMaster]:
    """The commercial price, and the one on the item's own basis beside it: a district's pounds can run out."""
    if each > current and (row["item_code"] in NOT_YET_PRICED or item.discontinued):
        return []
    rise = 1 + YEARLY_RISE * (each.start - current.start)
    cost = rounded(Decimal(row["case_cost"]) * rise)
    price = _marked_up(cost, seed)
    if each > current and row["item_code"] == SHARP_RISE[0]:
        cost, price = rounded(cost * SHARP_RISE[1]), rounded(price * SHARP_RISE[1])
    priced_on = each.first_day - COST_DAY
    found = [_price(customer, item, each, PriceBasis.COMMERCIAL, price, None, cost, priced_on)]
    if row["basis"]:
        basis = PriceBasis(row["basis"])
        value = rounded(Decimal(row["pass_through_value"]) * rise, PRICE_STEP) if basis.has_pass_through else None
        if basis is PriceBasis.FFS:  # without the USDA Food in it
            cost, price = rounded(cost * Decimal("0.45")), rounded(price * Decimal("0.45")) + CENT
        found.append(_price(customer, item, each, basis, price, value, cost, priced_on))
    return found


def _marked_up(cost: Decimal, seed: int) -> Decimal:
    margin = LEAST_MARGIN + seed * 7 % MARGINS
    return rounded(cost * 100 / (100 - margin)) + CENT


def _price(
    customer: Customer,
    item: SpecItem,
    year: SchoolYear,
    basis: PriceBasis,
    price: Decimal,
    value: Decimal | None,
    cost: Decimal,
    on: date,
) -> PricingMaster:
    return PricingMaster(
        customer=customer,
        spec_item=item,
        school_year=year.start,
        price_basis=basis.value,
        case_price=price,
        pass_through_value=value,
        cost_basis=cost,
        cost_date=on,
    )


def _under_the_floor(items: dict[str, SpecItem], customers: list[Customer], year: SchoolYear) -> list[PricingMaster]:
    code, item_code, cost, price = UNDER_THE_FLOOR
    customer = next(each for each in customers if each.code == code)
    day = year.first_day - COST_DAY
    return [_price(customer, items[item_code], year, PriceBasis.COMMERCIAL, price, None, cost, day)]


def _once(prices: list[PricingMaster]) -> list[PricingMaster]:
    """The last word on each price counts."""
    return list({(p.customer_id, p.spec_item_id, p.school_year, p.price_basis): p for p in prices}.values())
