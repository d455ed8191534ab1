"""A report as text, as the client's document draws it: for the mail and the command."""

from collections.abc import Sequence
from datetime import date

from approvals.business_days import business_day_of
from inventory.day_end.contents import items_of
from inventory.day_end.discrepancies import discrepancies_of
from inventory.models import DayEndReport

HEADINGS = ("Product Code", "Previous", "Sold", "Remaining")
NOTHING = "Nothing to update."


def text_of(report: DayEndReport) -> str:
    title = f"DAILY INVENTORY REPORT - {report.business_date:%Y-%m-%d} - {report.location}"
    parts = [title, "=" * len(title), f"Orders Processed: {report.orders_processed}", *_of_now(report), ""]
    parts += ["Items to Update in Excel:", *(_items(report) or [NOTHING])]
    if report.discrepancies:
        parts += ["", "Discrepancies Found:", *_discrepancies(report)]
    if report.updates:
        parts += ["", "Please update the Excel file with these changes."]
    return "\n".join(parts)


def summary_of(report: DayEndReport) -> str:
    """In one line: "12 items to enter, 2 discrepancies"."""
    items, open_ = len(report.updates), len(report.discrepancies)
    said = f"{items} item{'' if items == 1 else 's'} to enter in Excel" if items else "nothing to update"
    return f"{said}, {open_} discrepanc{'y' if open_ == 1 else 'ies'}" if open_ else said


def is_late(report: DayEndReport) -> bool:
    """Made on a later day than the one it is about."""
    return made_on(report) > report.business_date


def made_on(report: DayEndReport) -> date:
    return business_day_of(report.made_at)


def note_of(report: DayEndReport) -> str:
    """Which figures of a late report are not of its day; "" for one made in time."""
    if not is_late(report):
        return ""
    return (
        f"Made on {made_on(report):%Y-%m-%d} for {report.business_date:%Y-%m-%d}: the orders are of that day; the "
        "items to update, their quantities and the discrepancies are of the moment it was made."
    )


def _of_now(report: DayEndReport) -> list[str]:
    note = note_of(report)
    return ["", note] if note else []


def _items(report: DayEndReport) -> list[str]:
    rows = [HEADINGS, *((row.item_code, row.previous, row.sold, row.remaining) for row in items_of(report))]
    since = ["", *(f"  since {row.since}" if row.since else "" for row in items_of(report))]
    return [f"{line}{mark}" for line, mark in zip(_columns(rows), since, strict=True)] if report.updates else []


def _discrepancies(report: DayEndReport) -> list[str]:
    return [f"{row.item_code}: {row.action}" for row in discrepancies_of(report)]


def _columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Codes to the left, figures to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        " | ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        )
        for row in rows
    ]
