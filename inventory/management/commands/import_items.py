"""Create and change items from a spreadsheet. One wrong row refuses the file: exit 2, nothing stored."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from inventory.catalogue.items import import_items
from inventory.catalogue.tables import ImportRefused
from inventory.spreadsheets import UnreadableFile


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help=".xlsx, .xlsm, .xls, .ods or .csv")
        parser.add_argument("--json", action="store_true", help="print the figures as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            report = import_items(content=path.read_bytes(), file_name=path.name)
        except OSError as error:
            raise CommandError(f"Cannot read {path}: {error.strerror}.", returncode=2) from error
        except UnreadableFile as error:
            raise CommandError(str(error), returncode=2) from error
        except ImportRefused as refusal:
            if options["json"]:
                nothing = {"created": 0, "updated": 0, "unchanged": 0}
                self.stdout.write(json.dumps({**refusal.as_dict(), **nothing}))
            raise CommandError("Nothing was stored.\n" + "\n".join(refusal.problems), returncode=2) from refusal
        if options["json"]:
            self.stdout.write(json.dumps(report.as_dict()))
            return
        for warning in report.warnings:
            self.stdout.write(warning)
        self.stdout.write(
            f"{report.rows_read} rows read: {report.created} items created, {report.updated} changed, "
            f"{report.unchanged} unchanged."
        )
