"""Import a counted walk-sheet, as an upload and its confirmation in one go.

Exit code 0: done. 2: refused, nothing was counted; every problem is listed.
"""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from approvals.clock import now
from approvals.refusals import Refused
from inventory.counting.uploads import Problem, check_file, confirm_upload, preview, receive_upload
from inventory.management.file_arguments import REFUSED, find_user, moment, read_file
from inventory.models import CountLine, CountSheet, Upload, Zone
from inventory.uploads.stored import StoredReading, reading_of

Classification = CountLine.Classification


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help=".xlsx, .xlsm, .xls, .ods or .csv")
        parser.add_argument("--zone", required=True, metavar="CODE", help="the zone that was counted")
        parser.add_argument("--location", metavar="CODE", help="needed when locations share the zone's code")
        parser.add_argument("--counted-at", type=moment, metavar="ISO", help="when it was counted; now if left out")
        parser.add_argument("--by", metavar="USER", help="who counted")
        parser.add_argument("--dry-run", action="store_true", help="compute the same figures, store nothing")
        parser.add_argument("--json", action="store_true", help="print the figures as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = run(options)
        except Refused as refusal:
            report = empty_report() | {"errors": [as_error(sentence) for sentence in refusal.problems]}
        if options["json"]:
            self.stdout.write(json.dumps(report, ensure_ascii=False))
        else:
            for line in story(report, dry_run=options["dry_run"]):
                self.stdout.write(line)
        if report["errors"]:
            raise SystemExit(REFUSED)


def run(options: dict[str, Any]) -> dict[str, Any]:
    by = find_user(options["by"], permission="inventory.submit_count", to="submit counts")
    zone = find_zone(options["zone"], options["location"])
    path: Path = options["file"]
    given: dict[str, Any] = {
        "content": read_file(path),
        "file_name": path.name,
        "zone": zone,
        "counted_at": options["counted_at"] or now(),
    }
    if options["dry_run"]:
        return rehearse(given)
    upload = receive_upload(**given, by=by)
    reading = reading_of(upload)
    if upload.status == Upload.Status.REFUSED:
        return report_of(reading) | {"errors": [error.__dict__ for error in reading.errors]}
    sheet = confirm_upload(upload=upload, by=by, source=CountSheet.Source.COMMAND)
    return report_of(reading) | result_of(sheet, reading)


def find_zone(code: str, location: str | None) -> Zone:
    zones = Zone.objects.select_related("location").filter(code=code)
    found = list(zones.filter(location__code=location) if location else zones)
    if len(found) == 1:
        return found[0]
    if found:
        places = ", ".join(zone.location.code for zone in found)
        raise Refused(f"Zone {code} exists at {places}. Say which with --location CODE.")
    where = f" at location {location}" if location else ""
    known = ", ".join(str(zone) for zone in Zone.objects.select_related("location"))
    raise Refused(f"There is no zone {code}{where}. Zones: {known or 'none yet'}.")


def rehearse(given: dict[str, Any]) -> dict[str, Any]:
    with transaction.atomic():
        checked = check_file(**given)
        shown = preview(checked, show_expected=True)
        transaction.set_rollback(True)
    report = report_of(checked.reading) | {"warnings": list(shown.warnings)}
    if checked.reading.errors:
        return report | {"errors": [error.__dict__ for error in checked.reading.errors]}
    return report | figures(shown.tally())


def empty_report() -> dict[str, Any]:
    keys = ("lines_read", "counted", "not_counted", "matched", "auto_adjusted", "needs_approval")
    return {"sheet_id": None, "run_id": None} | dict.fromkeys(keys, 0) | {"warnings": [], "errors": []}


def report_of(reading: StoredReading) -> dict[str, Any]:
    return empty_report() | {
        "lines_read": reading.total("rows_in"),
        "counted": reading.total("counted"),
        "not_counted": reading.total("not_counted"),
        "warnings": list(reading.warnings),
    }


def result_of(sheet: CountSheet, reading: StoredReading) -> dict[str, Any]:
    kinds = list(sheet.lines.filter(count_number=1).values_list("classification", flat=True))
    warnings = list(sheet.run.warnings) if sheet.run else []
    return {
        "sheet_id": sheet.pk,
        "run_id": sheet.run_id,
        **figures({kind: kinds.count(kind) for kind in Classification.values}),
        "warnings": [*reading.warnings, *warnings],
    }


def figures(tally: dict[str, int]) -> dict[str, int]:
    return {
        "matched": tally[Classification.MATCH],
        "auto_adjusted": tally[Classification.WITHIN_GUARDRAIL],
        "needs_approval": tally[Classification.NEEDS_REVIEW],
    }


def as_error(sentence: str) -> dict[str, Any]:
    return Problem("", None, "", sentence).__dict__


def story(report: dict[str, Any], *, dry_run: bool) -> list[str]:
    """The report as lines for a person."""
    said = [f"Note: {sentence}" for sentence in report["warnings"]]
    if report["errors"]:
        said += [error["message"] for error in report["errors"]]
        return [*said, f"Refused: {len(report['errors'])} problem(s). Nothing was counted."]
    said.append(f"{report['lines_read']} rows read: {report['counted']} counted, {report['not_counted']} not counted.")
    said.append(
        f"{report['matched']} match, {report['auto_adjusted']} adjusted within the guardrails, "
        f"{report['needs_approval']} need approval."
    )
    if dry_run:
        return [*said, "Dry run: nothing was stored."]
    code = CountSheet.objects.values_list("code", flat=True).get(pk=report["sheet_id"])
    return [*said, f"Sheet {code}, run {report['run_id']}."]
