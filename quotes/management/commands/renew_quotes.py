"""What next year's quotes would look like: which lines have no price, fall under the floor, changed, or are gone."""

import json
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from approvals.refusals import Refused
from quotes.renewal import CHANGED_BY_PERCENT, Finding, RenewalLine, RenewalPlan, plan_renewal
from quotes.school_years import parse_school_year


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--year", required=True, help="the new school year, like 2027-28")
        parser.add_argument("--dry-run", action="store_true", required=True, help="plan only; nothing is stored")
        parser.add_argument("--customers", default="", help="codes with commas between; all when left out")
        parser.add_argument("--changed-by", default=str(CHANGED_BY_PERCENT), help="percent; more than this is shown")
        parser.add_argument("--json", action="store_true", help="print the plan as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        codes = [code.strip() for code in options["customers"].split(",") if code.strip()]
        try:
            year = parse_school_year(options["year"])
            plan = plan_renewal(year, customers=codes, changed_by=percent(options["changed_by"]))
        except Refused as refusal:
            raise CommandError("\n".join(refusal.problems), returncode=2) from refusal
        self.stdout.write(json.dumps(plan.as_dict()) if options["json"] else "\n".join(story(plan)))


def percent(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation as problem:
        raise Refused(f"“{text}” is no percentage. Write digits, like 5 or 2.5.") from problem
    if not value.is_finite() or value < 0:
        raise Refused(f"“{text}” is no percentage to compare with. Write zero or more.")
    return value


def story(plan: RenewalPlan) -> list[str]:
    """Without cost and margin: a terminal knows no permissions."""
    lines = [f"School year {plan.year}: {len(plan.lines)} lines of {len(plan.customers)} customers."]
    if not plan.lines:
        lines.append(f"Nothing was quoted or priced for {plan.year.previous}: import prices first.")
    for finding in Finding:
        found = plan.with_finding(finding)
        if found:
            lines += ["", f"{finding.label}: {len(found)}", *(f"  {told(line)}" for line in found)]
    if plan.skipped:
        lines += ["", "Not quoted:", *(f"  {code}: {why}" for code, why in plan.skipped.items())]
    return [*lines, "", f"{len(plan.clean)} lines need no look. Dry run: nothing was stored."]


def told(line: RenewalLine) -> str:
    said = line.as_dict()
    prices = f"{said['net_before'] or '–'} -> {said['net_after'] or '–'}"
    change = f" ({line.change:+.1f} %)" if line.change is not None else ""
    return f"{said['customer']} {said['item_code']} {said['price_basis']}: {prices}{change} {said['description']}"
