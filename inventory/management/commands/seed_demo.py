"""Fill an empty database with the demo supplier: items, ninety days of trade, ten weeks of counts, logins."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from inventory.demo.accounts import DEMO_ACCOUNTS
from inventory.demo.seeding import Seeded, SeedRefused, seed_demo
from inventory.models import Item, Location


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--if-empty", action="store_true", help="do nothing when there are items already")
        parser.add_argument("--json", action="store_true", help="print the figures as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["if_empty"] and (Item.objects.exists() or Location.objects.exists()):
            self.stdout.write("There are items already; nothing was seeded.")
            return
        try:
            seeded = seed_demo()
        except SeedRefused as refusal:
            raise CommandError(str(refusal), returncode=2) from refusal
        self.stdout.write(json.dumps(figures(seeded)) if options["json"] else "\n".join(story(seeded)))


def figures(seeded: Seeded) -> dict[str, Any]:
    return {
        "items": seeded.items,
        "movements": seeded.movements,
        "counts": seeded.counts,
        "pushes": seeded.pushes,
        "waiting_sheet": seeded.waiting.code,
        "planned_sheet": seeded.planned.code,
        "files": [str(path) for path in seeded.files],
        "workbook": str(seeded.workbook),
    }


def story(seeded: Seeded) -> list[str]:
    return [
        f"{seeded.items} items, {seeded.movements} movements in ninety days, {seeded.counts} counts in ten weeks.",
        f"Sheet {seeded.waiting.code} of {seeded.waiting.zone} waits for the approver; "
        f"sheet {seeded.planned.code} of {seeded.planned.zone} waits to be walked.",
        f"{seeded.pushes} adjustments wait for the first drain to NetSuite.",
        "Walk-sheets to upload: " + ", ".join(str(path) for path in seeded.files),
        f"A stock workbook of WEST to upload: {seeded.workbook}",
        "A warehouse system's day, when the house runs: manage.py wms_simulator --demo --check",
        "Logins: " + ", ".join(f"{account.username} / {account.password}" for account in DEMO_ACCOUNTS),
    ]
