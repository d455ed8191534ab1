"""Print every declared workflow as the contract's tables, and keep docs/workflows.md in step with the code."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from approvals import registry
from approvals.management.workflow_pages import page


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="write nothing; exit 1 when docs/workflows.md is stale"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(settings.BASE_DIR) / "docs" / "workflows.md"
        text = page(registry.workflows())
        stored = path.read_text(encoding="utf-8") if path.exists() else ""
        if not options["check"]:
            self.stdout.write(text)
            if stored != text:
                path.write_text(text, encoding="utf-8")
        elif stored != text:
            raise CommandError("docs/workflows.md is stale: run manage.py describe_workflows.")
        else:
            self.stdout.write("docs/workflows.md is up to date.")
