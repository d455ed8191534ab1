"""Add the demo supplier's districts, spec items, three school years of prices and some quotes. After `seed_demo`."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from approvals.refusals import Refused
from quotes.demo.seeding import seed_quotes


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the figures as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            seeded = seed_quotes()
        except Refused as refusal:
            raise CommandError(str(refusal), returncode=2) from refusal
        figures = {
            "school_year": str(seeded.school_year),
            "customers": seeded.customers,
            "spec_items": seeded.spec_items,
            "prices": seeded.prices,
            "catalogs": seeded.catalogs,
            "quotes": seeded.quotes,
        }
        told = (
            "{customers} districts, {spec_items} spec items, {prices} prices for the years around {school_year}, "
            "{quotes} quotes."
        )
        self.stdout.write(json.dumps(figures) if options["json"] else told.format(**figures))
