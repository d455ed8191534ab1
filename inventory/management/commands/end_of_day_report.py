"""Make the end-of-day report of a business day, or show the one that was made, and print it.

Exit code 0: done. 2: refused, nothing was made; every problem is listed.
"""

import json
from collections.abc import Iterable
from datetime import date
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandParser

from approvals.business_days import business_day_of
from approvals.clock import now
from approvals.refusals import Refused
from inventory.day_end.contents import items_of
from inventory.day_end.days import locations_due
from inventory.day_end.document import note_of, text_of
from inventory.day_end.reporting import make_report
from inventory.management.file_arguments import REFUSED, day
from inventory.models import DayEndReport, Location


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--date", type=day, metavar="DATE", help="the business date; today if left out")
        parser.add_argument("--location", metavar="CODE", help="only this one; all that are owed a report if left out")
        parser.add_argument("--by", metavar="USER", help="who makes it")
        parser.add_argument("--json", action="store_true", help="print the figures as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        wanted: date = options["date"] or business_day_of(now())
        reports: list[DayEndReport] = []
        errors: list[str] = []
        try:
            by = find_user(options["by"])
            for place in places(wanted, options["location"]):
                reports.append(make_report(business_date=wanted, location=place, by=by))
        except Refused as refusal:
            errors = refusal.problems
        if options["json"]:
            self.stdout.write(json.dumps(as_json(wanted, reports, errors), ensure_ascii=False))
        else:
            self.stdout.write("\n\n".join(said(wanted, reports, errors)))
        if errors:
            raise SystemExit(REFUSED)


def find_user(name: str | None) -> Any | None:
    if name is None:
        return None
    user = get_user_model()._default_manager.filter(username=name, is_active=True).first()
    if user is None:
        raise Refused(f"There is no active user “{name}”.")
    return user


def places(wanted: date, code: str | None) -> Iterable[Location]:
    if code is None:
        return locations_due(wanted)
    found = Location.objects.filter(code=code).first()
    if found is None:
        known = ", ".join(Location.objects.values_list("code", flat=True))
        raise Refused(f"There is no location {code}. Locations: {known or 'none yet'}.")
    return [found]


def as_json(wanted: date, reports: list[DayEndReport], errors: list[str]) -> dict[str, Any]:
    return {
        "business_date": wanted.isoformat(),
        "reports": [figures(report) for report in reports],
        "errors": [{"message": sentence} for sentence in errors],
    }


def figures(report: DayEndReport) -> dict[str, Any]:
    """Quantities are digits in text, so that no reader rounds them."""
    columns = ("item_code", "description", "unit", "previous", "sold", "remaining", "since")
    return {
        "id": report.pk,
        "location": report.location.code,
        "business_date": report.business_date.isoformat(),
        "made_at": report.made_at.isoformat(),
        "note": note_of(report),
        "orders_processed": report.orders_processed,
        "updates": [{name: getattr(item, name) for name in columns} for item in items_of(report)],
        "discrepancies": report.discrepancies,
    }


def said(wanted: date, reports: list[DayEndReport], errors: list[str]) -> list[str]:
    if errors:
        return [*errors, "Refused. Nothing was made."]
    if not reports:
        return [f"No report is owed for {wanted:%Y-%m-%d}: no stock is kept in Excel, and there were no orders."]
    return [text_of(report) for report in reports]
