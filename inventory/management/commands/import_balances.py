"""Opening stock of one location from a spreadsheet. One wrong row refuses the whole file: exit 2."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from inventory.catalogue.balances import LONGEST_CODE, BalancesImported, import_balances
from inventory.catalogue.tables import ImportRefused
from inventory.spreadsheets import UnreadableFile


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help=".xlsx, .xlsm, .xls, .ods or .csv")
        parser.add_argument("--location", required=True, type=_code, help="created when missing")
        parser.add_argument("--zone", default="", type=_code, help="home zone of these items; created when missing")
        parser.add_argument("--json", action="store_true", help="print the figures as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            report = import_balances(
                content=path.read_bytes(),
                file_name=path.name,
                location_code=options["location"],
                zone_code=options["zone"],
            )
        except OSError as error:
            raise CommandError(f"Cannot read {path}: {error.strerror}.", returncode=2) from error
        except UnreadableFile as error:
            raise CommandError(str(error), returncode=2) from error
        except ImportRefused as refusal:
            if options["json"]:
                nothing = {"created": 0, "updated": 0, "unchanged": 0, "items": 0, "quantity_total": "0"}
                self.stdout.write(json.dumps({**refusal.as_dict(), **nothing, "combined_lots": []}))
            raise CommandError("Nothing was stored.\n" + "\n".join(refusal.problems), returncode=2) from refusal
        self.stdout.write(json.dumps(report.as_dict()) if options["json"] else "\n".join(story(report)))


def story(report: BalancesImported) -> list[str]:
    where = f"{report.location} / {report.zone}" if report.zone else report.location
    return [
        *report.warnings,
        *report.combined_lots,
        f"{report.rows_read} rows read for {where}: {report.items} items, "
        f"{report.quantity_total.normalize():f} units; {report.created} items opened, {report.unchanged} unchanged.",
    ]


def _code(text: str) -> str:
    code = text.strip()
    if len(code) > LONGEST_CODE:
        raise CommandError(f"“{code}” is too long: at most {LONGEST_CODE} characters.", returncode=2)
    return code
