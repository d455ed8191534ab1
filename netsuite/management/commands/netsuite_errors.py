"""Print what each of NetSuite's answers means and what to do, or keep docs/netsuite/errors.md up to date."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from netsuite.error_table import error_table


class Command(BaseCommand):
    help = __doc__
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--write", action="store_true", help="write docs/netsuite/errors.md")
        parser.add_argument("--check", action="store_true", help="exit 1 when that page is not up to date")

    def handle(self, *args: Any, **options: Any) -> None:
        page = Path(settings.BASE_DIR) / "docs" / "netsuite" / "errors.md"
        text = error_table()
        if options["write"]:
            page.write_text(text, encoding="utf-8")
        elif options["check"]:
            if not page.is_file() or page.read_text(encoding="utf-8") != text:
                raise CommandError(f"{page.name} is not up to date: run manage.py netsuite_errors --write.")
        else:
            self.stdout.write(text, ending="")
