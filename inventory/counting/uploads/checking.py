"""Reading a file and finding everything that is wrong with it, before anything is stored."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from approvals import engine, registry
from approvals.refusals import Refused
from inventory.counting.submission import WORKFLOW, counted_item, problems_with
from inventory.counting.uploads.placing import Place, find_place
from inventory.models import Balance, CountSheet, Item, Upload, Zone
from inventory.spreadsheets import (
    CellError,
    Reading,
    SheetSummary,
    UnreadableFile,
    combine_lots,
    read_walk_sheet,
)
from inventory.uploads.keeping import sha256
from inventory.uploads.rows import checked_line, sheet_rows
from inventory.uploads.stored import CheckedLine, Problem, SheetRows, StoredReading

SHOWN = 5


@dataclass(frozen=True)
class Checked:
    """A count as brought, with all that is to be said about it. Sound when `reading.errors` is empty."""

    zone: Zone | None
    sheet: CountSheet | None
    counted_at: datetime
    reading: StoredReading


def check_file(
    *,
    content: bytes,
    file_name: str,
    zone: Zone | None,
    counted_at: datetime,
    sheet: CountSheet | None = None,
) -> Checked:
    """Every problem at once; stores nothing. `sheet` is the planned sheet the file was brought to."""
    first = _same_bytes(sha256(content))
    if first:
        return _refused(zone, counted_at, _said_before(first), first_sheet=first.count_sheet.code)
    try:
        reading = read_walk_sheet(content, file_name=file_name)
    except UnreadableFile as error:
        return _refused(zone, counted_at, str(error))
    place = find_place(code=reading.sheet_code, zone=zone, sheet=sheet, counted_at=counted_at)
    combined, notes = combine_lots(reading.lines)
    lines = tuple(checked_line(line, several_sheets=len(reading.sheets) > 1) for line in combined)
    found, refused_codes = _catalogue_problems(lines, counted_at, _columns(reading))
    problems = [Problem("", None, "", sentence) for sentence in place.problems]
    problems += _in_file_order([*map(_as_problem, reading.errors), *found], reading)
    if not problems:
        problems += [Problem("", None, "", sentence) for sentence in blocking_problems(place, lines, counted_at)]
    return Checked(
        place.zone,
        place.sheet,
        counted_at,
        StoredReading(
            source=CountSheet.Source.UPLOAD,
            file_kind=reading.file_kind,
            answers=place.sheet.code if place.sheet else "",
            first_sheet=place.done_before,
            rows_hash=rows_hash(lines),
            sheets=_accounting(reading, refused_codes),
            lines=lines,
            errors=tuple(problems),
            warnings=(
                *place.warnings,
                *reading.warnings,
                *notes,
                *_own_columns(reading),
                *other_warnings(place.zone, lines),
            ),
        ),
    )


def _as_problem(error: CellError) -> Problem:
    return Problem(error.sheet, error.row, error.column, error.message)


def _in_file_order(problems: list[Problem], reading: Reading) -> list[Problem]:
    order = {sheet.name: number for number, sheet in enumerate(reading.sheets)}
    return sorted(problems, key=lambda each: (order.get(each.sheet, -1), each.row or 0))


def _refused(zone: Zone | None, counted_at: datetime, sentence: str, first_sheet: str = "") -> Checked:
    problem = Problem("", None, "", sentence)
    source = CountSheet.Source.UPLOAD
    return Checked(zone, None, counted_at, StoredReading(source=source, errors=(problem,), first_sheet=first_sheet))


def _same_bytes(digest: str) -> Upload | None:
    same = Upload.objects.filter(sha256=digest, status=Upload.Status.CONFIRMED, count_sheet__isnull=False)
    return same.select_related("count_sheet__zone__location", "count_sheet__counted_by").defer("reading").first()


def _said_before(first: Upload) -> str:
    sheet = first.count_sheet
    who = f" by {sheet.counted_by}" if sheet.counted_by else ""
    return (
        f"This very file was confirmed already{who}, as sheet {sheet.code} of zone {sheet.zone}. "
        "Open that sheet to see its result; to count again, print a new walk-sheet."
    )


def _columns(reading: Reading) -> dict[tuple[str, str], str]:
    """{(sheet, field): column letter}"""
    return {(sheet.name, each.field): each.column for sheet in reading.sheets for each in sheet.columns}


def _catalogue_problems(
    lines: Sequence[CheckedLine], counted_at: datetime, columns: dict[tuple[str, str], str]
) -> tuple[list[Problem], set[str]]:
    """What the catalogue objects to, in file order, and the item codes it is about."""
    known = known_codes(line.item_code for line in lines)
    by_code = {line.item_code: line for line in lines}
    problems, codes = [], set()
    for about, sentence in problems_with([counted_item(line) for line in lines], counted_at):
        if about is None:
            problems.append(Problem("", None, "", sentence))
            continue
        line = by_code[about.item_code]
        field = "counted" if about.item_code in known else "item_code"
        problems.append(Problem(line.sheet, line.row, columns.get((line.sheet, field), ""), sentence))
        codes.add(about.item_code)
    return problems, codes


def known_codes(codes: Iterable[str]) -> set[str]:
    found = Item.objects.filter(item_code__any_of=codes).order_by()
    return set(found.values_list("item_code", flat=True))


def _accounting(reading: Reading, refused_codes: set[str]) -> tuple[SheetRows, ...]:
    """The reader's figures, with the rows the catalogue objects to moved to the refused ones."""
    return tuple(_sheet_rows(sheet, reading, refused_codes) for sheet in reading.sheets)


def _sheet_rows(sheet: SheetSummary, reading: Reading, refused_codes: set[str]) -> SheetRows:
    refused = [each for each in reading.lines if each.sheet == sheet.name and each.item_code in refused_codes]
    return sheet_rows(sheet, refused=len(refused), unstated=sum(each.counted is None for each in refused))


def _own_columns(reading: Reading) -> list[str]:
    fields = {each.field for sheet in reading.sheets for each in sheet.columns}
    said = []
    if "expected" in fields:
        said.append("The file has a column of expected quantities. It was not used: our own ledger is.")
    if "counted_at" in fields:
        said.append("The file says when each row was counted. It was not used: the one time given above is.")
    return said


def blocking_problems(place: Place, lines: Sequence[CheckedLine], counted_at: datetime) -> list[str]:
    """What the contract's preconditions block."""
    if place.zone is None:
        return []
    try:
        precondition_warnings(place.zone, lines, counted_at)
    except Refused as refusal:
        return refusal.problems
    return []


def precondition_warnings(zone: Zone, lines: Sequence[CheckedLine], counted_at: datetime) -> list[str]:
    """The contract's warnings as they stand now. Raises Refused with what blocks."""
    counts = [[each.item_code, None if each.counted is None else str(each.counted), ""] for each in lines]
    inputs = {"zone_id": zone.pk, "counted_at": counted_at.isoformat(), "counts": counts, "sheet_id": 0}
    return engine.check_preconditions(registry.workflow(WORKFLOW), inputs)


def rows_hash(lines: Sequence[CheckedLine]) -> str:
    """The same for the same counts, whatever their order and whatever program saved them."""
    said = sorted(
        f"{each.item_code}\t{'' if each.counted is None else format(each.counted.normalize(), 'f')}" for each in lines
    )
    return sha256("\n".join(said).encode())


def other_warnings(zone: Zone | None, lines: Sequence[CheckedLine]) -> list[str]:
    if zone is None:
        return []
    return [*_same_rows(zone, lines), *_at_home_elsewhere(zone, lines)]


def _same_rows(zone: Zone, lines: Sequence[CheckedLine]) -> list[str]:
    same = Upload.objects.filter(
        zone=zone, status=Upload.Status.CONFIRMED, reading__rows_hash=rows_hash(lines)
    ).select_related("count_sheet")
    first = same.defer("reading").first()
    if first is None:
        return []
    code = first.count_sheet.code if hasattr(first, "count_sheet") else first.file_name
    return [
        f"Every count is the same as on sheet {code}, confirmed before. If this is the same walk, saved again or "
        "in another order, discard it."
    ]


def _at_home_elsewhere(zone: Zone, lines: Sequence[CheckedLine]) -> list[str]:
    codes = [each.item_code for each in lines if each.counted is not None]
    rows = Balance.objects.filter(location=zone.location, item__item_code__any_of=codes, zone__isnull=False).exclude(
        zone=zone
    )
    found = list(rows.order_by("item__item_code").values_list("item__item_code", "zone__code"))
    if not found:
        return []
    named = ", ".join(f"{code} (zone {home})" for code, home in found[:SHOWN])
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return [
        f"At home in another zone: {named}{more}. A count is compared with all that {zone.location.code} holds of "
        "an item, so count what lies in its own zone too."
    ]
