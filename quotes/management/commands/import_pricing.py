"""Create and change prices of the pricing master from a spreadsheet. One wrong row refuses the file: exit 2."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from inventory.catalogue.tables import ImportRefused
from inventory.spreadsheets import UnreadableFile
from quotes.price_import.operation import PricesImported, import_pricing

SHOWN = 20


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help=".xlsx, .xlsm, .xls, .ods or .csv")
        parser.add_argument("--dry-run", action="store_true", help="say what would change, store nothing")
        parser.add_argument("--json", action="store_true", help="print the figures as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            report = import_pricing(content=path.read_bytes(), file_name=path.name, dry_run=options["dry_run"])
        except OSError as error:
            raise CommandError(f"Cannot read {path}: {error.strerror}.", returncode=2) from error
        except UnreadableFile as error:
            raise CommandError(str(error), returncode=2) from error
        except ImportRefused as refusal:
            if options["json"]:
                nothing = {"created": 0, "updated": 0, "unchanged": 0}
                self.stdout.write(json.dumps({**refusal.as_dict(), **nothing}))
            raise CommandError("Nothing was stored.\n" + "\n".join(refusal.problems), returncode=2) from refusal
        self.stdout.write(json.dumps(report.as_dict()) if options["json"] else "\n".join(story(report)))


def story(report: PricesImported) -> list[str]:
    changes = [change.as_dict() for change in report.changed_prices if change.before is not None]
    would = "would be " if report.dry_run else ""
    lines = [
        *report.warnings,
        *(
            "{customer} {item_code} {school_year} {price_basis}: {before} -> {after}".format(**change)
            for change in changes[:SHOWN]
        ),
        *([f"... and {len(changes) - SHOWN} more changed prices."] if len(changes) > SHOWN else []),
        f"{report.rows_read} rows read: {report.created} prices {would}created, {report.updated} {would}changed, "
        f"{report.unchanged} unchanged.",
    ]
    return [*lines, "Dry run: nothing was stored."] if report.dry_run else lines
