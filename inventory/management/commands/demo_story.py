"""The main job without a browser: a walk-sheet in, the adjustment in NetSuite, every figure checked.

Needs an empty database, which it fills with the demo data. Exit 0 only when everything adds up.
"""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from approvals.refusals import Refused
from inventory.demo.delivery import CommandFailed
from inventory.demo.story import SheetRefused, tell_story


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--sheet", type=Path, default=None, help="a walk-sheet of yours with codes of the demo")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            checked, wrong = tell_story(options["sheet"], self.stdout.write)
        except SheetRefused as refusal:
            cure = "The sheet was refused and nothing was counted. Codes must be those of the demo's catalogue."
            raise CommandError("\n".join([*refusal.problems, cure]), returncode=2) from refusal
        except Refused as refusal:
            raise CommandError("\n".join(refusal.problems), returncode=2) from refusal
        except CommandFailed as failure:
            raise CommandError(str(failure)) from failure
        if wrong:
            raise CommandError(f"{len(wrong)} of {checked} figures do not add up: " + "; ".join(wrong))
        self.stdout.write(f"\nAll {checked} figures add up.")
