"""Prices from a file: created or changed by customer, item, year and basis, in a constant number of statements.

An empty cell, like a column the file lacks, leaves a price as it is. A row that says nothing new writes nothing,
not even history. One wrong row refuses the whole file.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import transaction

from approvals import audit
from approvals.refusals import Refused
from approvals.set_based import update_rows
from inventory.catalogue.tables import ImportRefused, in_file_order, remarks, row_error, rows_in
from inventory.spreadsheets import CellError, Table, read_table
from quotes.models import Customer, PricingMaster, SpecItem
from quotes.price_import.rows import COLUMNS, COST_COLUMNS, REQUIRED, PriceRow, parse_row
from quotes.pricing import price_problem, price_text

STORED = ("case_price", "pass_through_value", "cost_basis", "cost_date")
Key = tuple[int, int, int, str]  # customer, item, school year, basis


@dataclass(frozen=True)
class ChangedPrice:
    """Dollars a case; `before` is None for a new price."""

    customer: str
    item_code: str
    school_year: str
    price_basis: str
    before: Decimal | None
    after: Decimal

    def as_dict(self) -> dict[str, Any]:
        return {
            "customer": self.customer,
            "item_code": self.item_code,
            "school_year": self.school_year,
            "price_basis": self.price_basis,
            "before": None if self.before is None else price_text(self.before),
            "after": price_text(self.after),
        }


@dataclass(frozen=True)
class PricesImported:
    """rows_read = created + updated + unchanged, always: one refused row refuses the file."""

    rows_read: int
    created: int
    updated: int
    unchanged: int
    dry_run: bool
    changed_prices: tuple[ChangedPrice, ...]
    warnings: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        return {
            "rows_read": self.rows_read,
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "refused": 0,
            "errors": [],
            "dry_run": self.dry_run,
            "changed_prices": [change.as_dict() for change in self.changed_prices],
            "warnings": list(self.warnings),
        }


@dataclass
class _Pending:
    new: list[PricingMaster] = field(default_factory=list)
    changed: list[PricingMaster] = field(default_factory=list)
    changed_prices: list[ChangedPrice] = field(default_factory=list)

    def take(self, row: PriceRow, price: PricingMaster, *, is_new: bool) -> list[tuple[str, str]]:
        """Fill the row's values in; what is wrong then, by column."""
        before = None if is_new else price.case_price
        differing = {name: value for name, value in row.said.items() if getattr(price, name) != value}
        for name, value in row.said.items():
            setattr(price, name, value)
        problems = list(_problems(row, price))
        if not problems and (is_new or differing):
            (self.new if is_new else self.changed).append(price)
            if before != price.case_price:
                change = ChangedPrice(
                    row.customer, row.item_code, str(row.year), row.basis.value, before, price.case_price
                )
                self.changed_prices.append(change)
        return problems


def _problems(row: PriceRow, price: PricingMaster) -> Iterable[tuple[str, str]]:
    trouble = price_problem(row.basis, price.case_price, price.pass_through_value)
    if trouble:
        wrong = "pass_through_value" if "pass-through" in trouble else "case_price"
        yield wrong, trouble
    if price.cost_basis is not None and (price.cost_date is None or _cost_without_day(row)):
        yield "cost_basis", f"a cost of {price.cost_basis} needs the day it was true. Fill in the cost date."
    elif price.cost_basis is None and price.cost_date is not None:
        yield "cost_date", "a cost date without a cost. Fill in the cost, or clear the date."


def _cost_without_day(row: PriceRow) -> bool:
    return "cost_basis" in row.said and "cost_date" not in row.said


def import_pricing(
    *, content: bytes, file_name: str, dry_run: bool = False, may_see_cost: bool = True, by: Any | None = None
) -> PricesImported:
    """Raises UnreadableFile, or Refused with every problem; nothing is stored then, nor in a dry run."""
    table = read_table(content, file_name=file_name, columns=COLUMNS, required=REQUIRED, codes=("customer",))
    if not may_see_cost:
        _refuse_cost_columns(table)
    with transaction.atomic():
        pending = _checked(table)
        if not dry_run:
            _store(pending, file_name, by)
    return PricesImported(
        rows_read=rows_in(table),
        created=len(pending.new),
        updated=len(pending.changed),
        unchanged=len(table.rows) - len(pending.new) - len(pending.changed),
        dry_run=dry_run,
        changed_prices=tuple(pending.changed_prices),
        warnings=remarks(table),
    )


def _refuse_cost_columns(table: Table) -> None:
    found = [read.heading for sheet in table.sheets for read in sheet.columns if read.field in COST_COLUMNS]
    if found:
        raise Refused(
            f"You may not see or set costs, so the column “{found[0]}” is refused. Remove it and import the rest."
        )


def _checked(table: Table) -> _Pending:
    """What the file would change; raises ImportRefused with every problem."""
    rows, errors = _parsed(table)
    customers = {c.code: c for c in Customer.objects.filter(code__any_of=sorted({row.customer for row in rows}))}
    items = {i.item_code: i for i in SpecItem.objects.filter(item_code__any_of=sorted({row.item_code for row in rows}))}
    known = _known(customers.values(), items.values(), {row.year.start for row in rows})
    pending, seen = _Pending(), dict[Key, PriceRow]()
    for row in rows:
        customer, item = customers.get(row.customer), items.get(row.item_code)
        problems = list(_unknown(row, customer, item))
        if customer and item:
            key = (customer.pk, item.pk, row.year.start, row.basis.value)
            first = seen.setdefault(key, row)
            if first is row:
                before = known.get(key)
                problems += pending.take(row, before or _blank(row, customer, item), is_new=before is None)
            else:
                said = f"this price is on row {first.source.row} of sheet “{first.source.sheet}” already. Keep one."
                problems.append(("item_code", said))
        errors += [row_error(table, row.source, column, said) for column, said in problems]
    if errors:
        raise ImportRefused(in_file_order(errors, table), rows_in(table))
    return pending


def _parsed(table: Table) -> tuple[list[PriceRow], list[CellError]]:
    rows, errors = [], list(table.errors)
    refused = {(error.sheet, error.row) for error in errors}
    for source in table.rows:
        row, problems = parse_row(source)
        errors += [row_error(table, source, problem.column, str(problem)) for problem in problems]
        if row and (source.sheet, source.row) not in refused:
            rows.append(row)
    return rows, errors


def _known(customers: Iterable[Customer], items: Iterable[SpecItem], years: set[int]) -> dict[Key, PricingMaster]:
    prices = PricingMaster.objects.select_for_update().filter(
        customer__any_of=[customer.pk for customer in customers],
        spec_item__any_of=[item.pk for item in items],
        school_year__in=years,
    )
    return {(p.customer_id, p.spec_item_id, p.school_year, p.price_basis): p for p in prices.order_by("pk")}


def _blank(row: PriceRow, customer: Customer, item: SpecItem) -> PricingMaster:
    return PricingMaster(customer=customer, spec_item=item, school_year=row.year.start, price_basis=row.basis.value)


def _unknown(row: PriceRow, customer: Customer | None, item: SpecItem | None) -> Iterable[tuple[str, str]]:
    if customer is None:
        yield "customer", f"customer “{row.customer}” does not exist. Correct the code, or add the customer first."
    if item is None:
        yield "item_code", f"spec item “{row.item_code}” does not exist. Correct the code, or import the item first."


def _store(pending: _Pending, file_name: str, by: Any | None) -> None:
    PricingMaster.objects.bulk_create(pending.new, batch_size=1000)
    update_rows(
        PricingMaster, STORED, [(price.pk, *(getattr(price, name) for name in STORED)) for price in pending.changed]
    )
    history: Any = PricingMaster.history
    reason = f"Imported from {file_name}"[:100]
    for rows, is_update in ((pending.new, False), (pending.changed, True)):
        if rows:
            history.bulk_history_create(
                rows, batch_size=1000, update=is_update, default_user=by, default_change_reason=reason
            )
    audit.append(
        actor=by, verb="prices.imported", entity_ref="pricing_master",
        details={"file": file_name, "created": len(pending.new), "updated": len(pending.changed)},
    )  # fmt: skip
