"""What one row of a price file says. No database here."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from inventory.catalogue.tables import ITEM_CODE
from inventory.spreadsheets import TableRow
from quotes.pricing import PRICE_STEP, PriceBasis, rounded
from quotes.school_years import SchoolYear, UnclearYear, parse_school_year

COLUMNS = {
    "item_code": ITEM_CODE,
    "customer": (
        *("customer code", "customer id", "customer number", "customer no", "district code", "account number"),
        *("customer", "district", "account"),
    ),
    "school_year": ("school year", "sy", "year", "price year"),
    "price_basis": ("price basis", "basis", "pricing method", "value pass through method", "method"),
    "case_price": (
        *("case price", "price per case", "commercial price", "gross price", "fee for service price", "bid price"),
        *("unit price", "price"),
    ),
    "pass_through_value": (
        *("pass through value", "pass thru value", "passthrough value", "ptv", "noi value", "rebate value"),
        *("pass through", "rebate", "usda value"),
    ),
    "cost_basis": ("cost basis", "case cost", "cost per case", "landed cost", "cost"),
    "cost_date": ("cost date", "cost as of", "date of cost", "cost effective date"),
}
COST_COLUMNS = ("cost_basis", "cost_date")
REQUIRED = ("item_code", "customer", "school_year", "case_price")
BASES = {
    PriceBasis.COMMERCIAL: {"", "commercial", "gross", "bid", "market"},
    PriceBasis.NOI: {"noi", "netoffinvoice", "netoffinvoicenoi", "indirectdiscount"},
    PriceBasis.FFS: {"ffs", "feeforservice", "feeforserviceffs", "fee", "modifiedffs"},
    PriceBasis.REBATE: {"rebate", "refund", "rebaterefund", "commercialwithrebate"},
}
DATE_FORMS = ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%m/%d/%Y", "%m/%d/%y")
MONEY = re.compile(r"\$?\s*(\d+|\d{1,3}(?:,\d{3})+)(\.\d+)?")
DEAREST = Decimal(10**8)


class UnclearCell(ValueError):
    """The column's field name and the sentence for it."""

    def __init__(self, column: str, sentence: str) -> None:
        super().__init__(sentence)
        self.column = column


@dataclass(frozen=True)
class PriceRow:
    """`said` holds the columns the row fills in, by field name; an empty cell says nothing."""

    source: TableRow
    customer: str
    item_code: str
    year: SchoolYear
    basis: PriceBasis
    said: dict[str, Any]


def parse_row(row: TableRow) -> tuple[PriceRow | None, list[UnclearCell]]:
    """The row, or everything that is unclear in it."""
    problems: list[UnclearCell] = []
    found: dict[str, Any] = {}
    for column, read in READERS.items():
        try:
            found[column] = read(row.text(column))
        except ValueError as problem:
            problems.append(UnclearCell(column, str(problem)))
    if problems:
        return None, problems
    year, basis = found.pop("school_year"), found.pop("price_basis")
    said = {name: value for name, value in found.items() if value is not None}
    return PriceRow(row, row.text("customer"), row.text("item_code"), year, basis, said), []


def money(text: str) -> Decimal | None:
    """Dollars, four decimals at most; None for an empty cell."""
    tidy = text.strip()
    if not tidy:
        return None
    match = MONEY.fullmatch(tidy)
    if match is None:
        raise ValueError(f"“{tidy[:40]}” is no amount of dollars. Write digits, like 42.50.")
    value = Decimal(match[1].replace(",", "") + (match[2] or ""))
    if value >= DEAREST:
        raise ValueError(f"“{tidy[:40]}” is more than a case can cost. Check the number.")
    if value != rounded(value, PRICE_STEP):
        raise ValueError(f"“{tidy[:40]}” has more than four decimals. Round it.")
    return value


def school_year(text: str) -> SchoolYear:
    try:
        return parse_school_year(text)
    except UnclearYear as problem:
        raise ValueError(str(problem)) from problem


def basis(text: str) -> PriceBasis:
    word = "".join(letter for letter in text.lower() if letter.isalnum())
    for found, words in BASES.items():
        if word in words:
            return found
    raise ValueError(f"“{text[:40]}” is no price basis. Write commercial, NOI, FFS or rebate.")


def day(text: str) -> date | None:
    tidy = text.strip()
    if not tidy:
        return None
    for form in DATE_FORMS:
        try:
            return datetime.strptime(tidy, form).date()
        except ValueError:
            continue
    raise ValueError(f"“{tidy[:40]}” is no date. Write it like 2026-05-01.")


READERS: dict[str, Any] = {
    "school_year": school_year,
    "price_basis": basis,
    "case_price": money,
    "pass_through_value": money,
    "cost_basis": money,
    "cost_date": day,
}
