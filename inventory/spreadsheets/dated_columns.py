"""Sheets that keep one column per day: the heading row, and the day that is the stock of now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from .cells import Cell, Row, column_letters
from .codes import clean_text
from .columns import Layout, match_headings
from .heading_dates import ORDERS, Order, dates_of
from .headings import HeadingRow, heading_texts
from .totals import is_total

Days = Mapping[int, Mapping[Order, datetime]]


def find_dated_heading(rows: Sequence[Row], layout: Layout) -> tuple[HeadingRow, Days] | None:
    """The first row that has the anchor's heading and, instead of an amount's, one day or more."""
    if not layout.dates_as_amount:
        return None
    for row in rows:
        texts = heading_texts(row)
        found = match_headings(texts, layout)
        needs = [name for name in layout.heading_needs if name != layout.amount]
        days = {column: dates for column, cell in row.cells.items() if (dates := dates_of(cell))}
        if days and all(name in found.columns for name in needs):
            shown = {column: clean_text(row.cells[column].text) for column in days}
            return HeadingRow(row.number, {**texts, **shown}, found.columns, found.doubles), days
    return None


def with_latest_day(heading: HeadingRow, days: Days, rows: Sequence[Row], layout: Layout) -> HeadingRow:
    """The heading with its amount in the latest day that has anything filled in; two candidates are a double."""
    below = [row for row in rows if row.number > heading.row and _is_data(row, heading.columns[layout.anchor])]
    filled = {column for column in days if any(_states(row.cells.get(column), layout) for row in below)}
    latest = _latest({column: days[column] for column in filled} or days, days)
    doubles = {**heading.doubles, **({layout.amount: (latest[0], latest[1])} if len(latest) > 1 else {})}
    return replace(heading, columns={**heading.columns, layout.amount: latest[0]}, doubles=doubles)


def describe_choice(sheet: str, heading: HeadingRow, days: Days, layout: Layout) -> str:
    column = heading.columns[layout.amount]
    others = len(days) - 1
    beside = f" The {others} other column(s) of days were not read." if others else ""
    return (
        f"Sheet “{sheet}”: the {layout.field(layout.amount).label} was taken from column {column_letters(column)}"
        f" (“{heading.texts[column]}”), the latest day with anything filled in.{beside}"
    )


def _latest(candidates: Days, days: Days) -> list[int]:
    """The columns of the latest day, by every order in which all days of the sheet can be read."""
    orders = [order for order in ORDERS if all(order in dates for dates in days.values())] or list(ORDERS)
    found: list[int] = []
    for order in orders:
        readable = {column: dates.get(order) or max(dates.values()) for column, dates in candidates.items()}
        last = max(readable.values())
        found += [column for column, day in readable.items() if day == last and column not in found]
    return sorted(found)


def _is_data(row: Row, anchor: int) -> bool:
    cell = row.cells.get(anchor)
    text = clean_text(cell.text) if cell else ""
    return bool(text) and not is_total(text)


def _states(cell: Cell | None, layout: Layout) -> bool:
    """Whether a cell says a quantity, a wrong one included; "-" says none."""
    if cell is None:
        return False
    text = clean_text(cell.text)
    return bool(text) and not (layout.words.mean_nothing(text) and not layout.words.mean_zero(text))
