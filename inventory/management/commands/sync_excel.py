"""Sync stock from a workbook: read, compare, post what is small, propose the rest.

Exit code 0: done. 2: refused, nothing was stored; every problem is listed.
"""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from approvals.refusals import Refused
from inventory.excel.committing import WorkbookPreview, commit_workbook, preview_workbook
from inventory.excel.receiving import receive_workbook
from inventory.management.file_arguments import REFUSED, find_location, find_user, moment, read_file
from inventory.models import ExcelSync, SyncLine, Upload
from inventory.uploads.stored import StoredReading, reading_of

Outcome = SyncLine.Classification


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help=".xlsx, .xlsm, .xls, .ods or .csv")
        parser.add_argument("--location", metavar="CODE", help="needed when there are several")
        parser.add_argument(
            "--as-of", type=moment, metavar="ISO", help="when it was true; when the workbook was last saved if left out"
        )
        parser.add_argument("--auto-fix", action="store_true", help="post what only its units send to review, flagged")
        parser.add_argument("--by", metavar="USER", help="who brings it")
        parser.add_argument("--dry-run", action="store_true", help="compute the same figures, store nothing")
        parser.add_argument("--json", action="store_true", help="print the figures as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = run(options)
        except Refused as refusal:
            report = {**empty_report(), "errors": refusal.problems}
        if options["json"]:
            self.stdout.write(json.dumps(report, ensure_ascii=False))
        else:
            for line in story(report, dry_run=options["dry_run"]):
                self.stdout.write(line)
        if report["errors"]:
            raise SystemExit(REFUSED)


def run(options: dict[str, Any]) -> dict[str, Any]:
    by = find_user(options["by"], permission="inventory.sync_stock", to="sync stock")
    location, path = find_location(options["location"]), options["file"]
    given = {"content": read_file(path), "file_name": path.name, "location": location, "as_of": options["as_of"]}
    if options["dry_run"]:
        return rehearse(given, options["auto_fix"])
    upload = receive_workbook(**given, by=by, source=ExcelSync.Source.COMMAND)
    if upload.status == Upload.Status.REFUSED:
        return refused(upload)
    reading = reading_of(upload)
    sync = commit_workbook(upload=upload, by=by, auto_fix=options["auto_fix"])
    warnings = [*reading.warnings, *(sync.run.warnings if sync.run else [])]
    return report_of(reading, upload) | {
        "sync_id": sync.pk,
        "run_id": sync.run_id,
        "outcomes": sync.tally,
        "warnings": warnings,
    }


def rehearse(given: dict[str, Any], auto_fix: bool) -> dict[str, Any]:
    with transaction.atomic():
        upload = receive_workbook(**given, by=None, source=ExcelSync.Source.COMMAND)
        shown = None if upload.status == Upload.Status.REFUSED else preview_workbook(upload, auto_fix=auto_fix)
        stored = upload.file.name
        transaction.set_rollback(True)
    if stored:
        upload.file.storage.delete(stored)
    return refused(upload) if shown is None else previewed(shown, upload)


def previewed(shown: WorkbookPreview, upload: Upload) -> dict[str, Any]:
    return report_of(shown.reading, upload) | {
        "outcomes": shown.comparison.tally(),
        "warnings": list(shown.warnings),
        "errors": list(shown.blocked),
    }


def refused(upload: Upload) -> dict[str, Any]:
    reading = reading_of(upload)
    return report_of(reading, upload) | {"errors": [error.message for error in reading.errors]}


def empty_report() -> dict[str, Any]:
    figures = dict.fromkeys(("rows_in", "stated", "not_stated", "rows_refused"), 0)
    return {"sync_id": None, "run_id": None, "as_of": None, **figures, "outcomes": {}, "warnings": [], "errors": []}


def report_of(reading: StoredReading, upload: Upload) -> dict[str, Any]:
    return empty_report() | {
        "as_of": upload.counted_at.isoformat() if upload.counted_at else None,
        "rows_in": reading.total("rows_in"),
        "stated": reading.total("counted"),
        "not_stated": reading.total("not_counted"),
        "rows_refused": reading.total("refused"),
        "warnings": list(reading.warnings),
    }


def story(report: dict[str, Any], *, dry_run: bool) -> list[str]:
    """The report as lines for a person."""
    said = [f"Note: {sentence}" for sentence in report["warnings"]]
    if report["errors"]:
        said += report["errors"]
        return [*said, f"Refused: {len(report['errors'])} problem(s). Nothing was stored."]
    said.append(
        f"{report['rows_in']} rows read, as of {report['as_of']}: {report['stated']} state a quantity, "
        f"{report['not_stated']} do not, {report['rows_refused']} cannot be read."
    )
    outcomes = [f"{number} {Outcome(kind).label.lower()}" for kind, number in report["outcomes"].items()]
    said.append(", ".join(outcomes) + ".")
    last = "Dry run: nothing was stored." if dry_run else f"Sync {report['sync_id']}, run {report['run_id']}."
    return [*said, last]
