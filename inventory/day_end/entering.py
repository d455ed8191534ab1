"""What of a report the staff have entered in Excel, and marking it so.

A report names the very sales it was made of: marking closes these, never what was sold since.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from approvals.refusals import Refused
from inventory.day_end.contents import ToEnter, items_of
from inventory.models import DayEndReport, ExcelUpdate
from inventory.orders.excel_updates import mark_entered, unmark_entered

PERMISSION = "inventory.enter_excelupdate"
Status = ExcelUpdate.Status


@dataclass(frozen=True)
class Standing:
    """An item of a report as it is now: `status` is that of its least advanced sale."""

    item: ToEnter
    status: str
    entered_by: str
    entered_at: datetime | None

    @property
    def is_waiting(self) -> bool:
        return self.status == Status.PENDING


def standings(report: DayEndReport) -> list[Standing]:
    items = items_of(report)
    wanted = [pk for item in items for pk in item.updates]
    known = ExcelUpdate.objects.select_related("entered_by").in_bulk(wanted) if wanted else {}
    return [_standing(item, [known[pk] for pk in item.updates]) for item in items]


def _standing(item: ToEnter, sales: list[ExcelUpdate]) -> Standing:
    least = min(sales, key=lambda sale: list(Status).index(Status(sale.status)))
    return Standing(item, least.status, str(least.entered_by or ""), least.entered_at)


def enter_items(*, report: DayEndReport, codes: Collection[str], by: Any) -> int:
    """Mark the sales of these items as entered; returns how many items were waiting. Again changes nothing."""
    return _change(report, codes, by, Status.PENDING)


def take_back_items(*, report: DayEndReport, codes: Collection[str], by: Any) -> int:
    """They were not entered after all: they wait again. What a later workbook proved stays proved."""
    return _change(report, codes, by, Status.ENTERED)


def _change(report: DayEndReport, codes: Collection[str], by: Any, frm: str) -> int:
    if not by.has_perm(PERMISSION):
        raise Refused("You may not mark sales as entered in Excel. Ask an administrator for the counter role.")
    chosen = [standing for standing in standings(report) if standing.item.item_code in codes]
    if not chosen:
        raise Refused("No item was chosen. Tick at least one item of the report.")
    sales = [pk for standing in chosen for pk in standing.item.updates]
    # Beside a sale that waits may stand one a workbook has proved.
    ids = list(ExcelUpdate.objects.filter(pk__any_of=sales, status=frm).values_list("pk", flat=True))
    (mark_entered if frm == Status.PENDING else unmark_entered)(ids, by=by)
    return sum(not set(standing.item.updates).isdisjoint(ids) for standing in chosen)
