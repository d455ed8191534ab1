"""Next year's quotes for every district: as a plan with --dry-run, as drafts that wait for approval without it.

The plan says which lines have no price, fall under the floor, changed, or are gone.
"""

import json
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from approvals.refusals import Refused
from quotes.management.drafting_user import drafting_user
from quotes.renewal import CHANGED_BY_PERCENT, Finding, RenewalLine, RenewalPlan, plan_renewal
from quotes.revising import Renewed, renew_quotes
from quotes.school_years import parse_school_year


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--year", required=True, help="the new school year, like 2027-28")
        parser.add_argument("--dry-run", action="store_true", help="plan only; nothing is stored")
        parser.add_argument("--by", default="", metavar="USER", help="user name of the person who drafts")
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
        if options["dry_run"]:
            said = [*story(plan), "Dry run: nothing was stored."]
            self.stdout.write(json.dumps(plan.as_dict()) if options["json"] else "\n".join(said))
            return
        renewed = renew_quotes(plan=plan, by=drafting_user(options["by"]))
        if options["json"]:
            self.stdout.write(json.dumps({**plan.as_dict(), "renewed": [each.as_dict() for each in renewed]}))
        else:
            self.stdout.write("\n".join([*story(plan), "", *map(result, renewed)]))


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
    return [*lines, "", f"{len(plan.clean)} lines need no look."]


def told(line: RenewalLine) -> str:
    said = line.as_dict()
    prices = f"{said['net_before'] or '–'} -> {said['net_after'] or '–'}"
    change = f" ({line.change:+.1f} %)" if line.change is not None else ""
    return f"{said['customer']} {said['item_code']} {said['price_basis']}: {prices}{change} {said['description']}"


def result(renewed: Renewed) -> str:
    if renewed.run_id is None:
        return f"{renewed.customer}: no draft. {' '.join(renewed.refused)}"
    left_out = f" Left out: {', '.join(renewed.left_out)}." if renewed.left_out else ""
    return f"{renewed.customer}: {renewed.lines} lines wait for approval, run {renewed.run_id}.{left_out}"
