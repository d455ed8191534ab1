"""Sales that Excel has not been told of: noted when goods leave, marked when staff have entered them."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction

from approvals import audit
from approvals.clock import now
from approvals.refusals import Refused
from approvals.set_based import insert_rows, update_where_pk_in
from inventory.models import ExcelUpdate, Location, OrderLine
from inventory.orders.authority import told_to_excel
from inventory.stock.reservations import Portion

Status = ExcelUpdate.Status


def note_sales(sold: Sequence[tuple[OrderLine, Portion]], *, location: Location) -> int:
    """One pending update for each portion of an item whose sales the staff enters in Excel; how many there were."""
    excel = told_to_excel((portion.item_id for _, portion in sold), location=location)
    rows = [
        (portion.item_id, location.pk, line.pk, portion.quantity, now(), Status.PENDING)
        for line, portion in sold
        if portion.item_id in excel
    ]
    return insert_rows(ExcelUpdate, ["item", "location", "order_line", "sold", "sold_at", "status"], rows)


def mark_entered(updates: Iterable[int], *, by: Any) -> int:
    """Staff say that they took these sales off in the workbook; how many were marked. Marking twice changes nothing."""
    with transaction.atomic():
        wanted = _locked(updates, Status.PENDING)
        rows = ExcelUpdate.objects.filter(status=Status.PENDING)
        values = {"status": Status.ENTERED, "entered_by": by, "entered_at": now()}
        marked = update_where_pk_in(rows, wanted, **values)
        _record("excel_update.entered", wanted, by)
    return marked


def unmark_entered(updates: Iterable[int], *, by: Any) -> int:
    """It was not entered after all; how many wait again. Raises Refused for what a workbook has proved."""
    with transaction.atomic():
        given = list(updates)
        if proved := ExcelUpdate.objects.filter(pk__any_of=given, status=Status.PROVED).count():
            raise Refused(f"{proved} of these sales were found in a workbook already. Leave them out.")
        wanted = _locked(given, Status.ENTERED)
        rows = ExcelUpdate.objects.filter(status=Status.ENTERED)
        values = {"status": Status.PENDING, "entered_by": None, "entered_at": None}
        unmarked = update_where_pk_in(rows, wanted, **values)
        _record("excel_update.not_entered", wanted, by)
    return unmarked


def _locked(updates: Iterable[int], status: str) -> list[int]:
    """Those of them that are in this status, locked until the transaction ends."""
    rows = ExcelUpdate.objects.select_for_update().filter(pk__any_of=list(updates), status=status)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def _record(verb: str, updates: Sequence[int], by: Any) -> None:
    if updates:
        reference = f"excel_update:{updates[0]}"
        audit.append(actor=by, verb=verb, entity_ref=reference, details={"updates": list(updates)})
