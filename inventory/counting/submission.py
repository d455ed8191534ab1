"""Submitting a count: the one way in for the admin, the API and the command."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction

from approvals import engine
from approvals.clock import now
from approvals.refusals import Refused
from inventory.models import CountSheet, Item, Upload, Zone
from inventory.uploads.stored import CheckedLine

WORKFLOW = "inventory_reconciliation"
CLOCK_TOLERANCE = timedelta(minutes=5)
TOO_MANY = Decimal(10) ** 10  # units
TOO_DEAR = Decimal(10) ** 12  # US dollars; sums of values have fourteen digits


@dataclass(frozen=True)
class CountedItem:
    """One line as counted. `counted` None means not counted; `row` says where it stood, for messages."""

    item_code: str
    counted: Decimal | None
    row: str = ""


def counted_item(line: CheckedLine) -> CountedItem:
    return CountedItem(line.item_code, line.counted, line.place)


class CountRefused(Refused):
    pass


def problems_with(counts: Sequence[CountedItem], counted_at: datetime) -> list[tuple[CountedItem | None, str]]:
    """Everything that keeps these counts from being submitted, each with the line it is about."""
    problems: list[tuple[CountedItem | None, str]] = []
    if counted_at > now() + CLOCK_TOLERANCE:
        problems.append(
            (None, f"The count is dated {counted_at:%Y-%m-%d %H:%M %Z}, which has not come yet. Correct it.")
        )
    known = _known_items(counts)
    times = Counter(line.item_code for line in counts)
    for line in counts:
        sentence = _problem(line, known.get(line.item_code), times[line.item_code])
        if sentence:
            problems.append((line, sentence))
    return problems


class _KnownItem(NamedTuple):
    item_code: str
    allows_fractions: bool
    unit: str
    avg_cost: Decimal | None


def _known_items(counts: Sequence[CountedItem]) -> dict[str, _KnownItem]:
    found = Item.objects.filter(item_code__any_of=[line.item_code for line in counts]).order_by()
    return {row[0]: _KnownItem(*row) for row in found.values_list(*_KnownItem._fields)}


def _problem(line: CountedItem, item: _KnownItem | None, times: int) -> str:
    where = f"{line.row}: " if line.row else ""
    if item is None:
        return f"{where}item code “{line.item_code}” is not in the catalogue. Correct the code, or add the item first."
    if times > 1:
        return f"{where}item {line.item_code} is counted {times} times. Leave one line; counts are never added up."
    if line.counted is None:
        return ""
    if not line.counted.is_finite() or line.counted < 0:
        return f"{where}item {line.item_code} says {line.counted}; a count is zero or more."
    if line.counted >= TOO_MANY or line.counted != round(line.counted, 3):
        return f"{where}item {line.item_code} says {line.counted}; use at most three decimals and ten digits."
    if line.counted * (item.avg_cost or 0) >= TOO_DEAR:
        return f"{where}item {line.item_code} says {line.counted}, worth over a trillion dollars. Recount it."
    if line.counted % 1 and not item.allows_fractions:
        return f"{where}item {line.item_code} says {line.counted}, but {item.unit} comes in whole units. Recount it."
    return ""


def submit_count(
    *,
    zone: Zone,
    counted_at: datetime,
    counts: Sequence[CountedItem],
    by: Any,
    source: str,
    sheet: CountSheet | None = None,
    upload: Upload | None = None,
) -> CountSheet:
    """Store the count and run it through the workflow as far as it goes without a human.

    `sheet` is the planned sheet it answers, `upload` the previewed file it came in, if any.
    Raises CountRefused with every problem at once, storing nothing.
    """
    problems = [sentence for _, sentence in problems_with(counts, counted_at)]
    if problems:
        raise CountRefused(problems)
    inputs = {
        "zone_id": zone.pk,
        "counted_at": counted_at.isoformat(),
        "counts": [[line.item_code, None if line.counted is None else str(line.counted), line.row] for line in counts],
    }
    with transaction.atomic():
        if upload:
            _claim_upload(upload)
        sheet = _claim_sheet(sheet, zone)
        run = engine.start(
            key=WORKFLOW,
            inputs={**inputs, "sheet_id": sheet.pk},
            subject=f"Cycle count of {zone}, {sheet.code}",
            by=by,
        )
        sheet.status, sheet.source, sheet.counted_at = CountSheet.Status.COUNTED, source, counted_at
        sheet.counted_by, sheet.submitted_at, sheet.upload, sheet.run = by, now(), upload, run
        sheet.save()
    engine.advance(run.pk)
    sheet.refresh_from_db()
    return sheet


def _claim_upload(upload: Upload) -> None:
    """Confirm it, once: of a double click, or of the same bytes uploaded twice, one wins."""
    try:
        with transaction.atomic():
            won = Upload.objects.filter(pk=upload.pk, status=Upload.Status.PREVIEWED).update(
                status=Upload.Status.CONFIRMED
            )
    except IntegrityError as error:
        same = CountSheet.objects.get(upload__sha256=upload.sha256)
        raise CountRefused(f"This very file was confirmed already, as sheet {same.code}.") from error
    if won:
        return
    upload.refresh_from_db(fields=["status"])
    first = CountSheet.objects.filter(upload=upload).first()
    raise CountRefused(
        f"“{upload.file_name}” is {upload.get_status_display().lower()} already"
        + (f", as sheet {first.code}." if first else ". Upload it again.")
    )


def _claim_sheet(sheet: CountSheet | None, zone: Zone) -> CountSheet:
    if sheet is None:
        return CountSheet.objects.create(zone=zone)
    claimed = CountSheet.objects.select_for_update().get(pk=sheet.pk)
    if claimed.status != CountSheet.Status.PLANNED:
        raise CountRefused(
            f"Sheet {claimed.code} is {claimed.get_status_display().lower()} already. Open it to see the result."
        )
    if claimed.zone_id != zone.pk:
        raise CountRefused(f"Sheet {claimed.code} was printed for zone {claimed.zone}, not for {zone}.")
    return claimed
