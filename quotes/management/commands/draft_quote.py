"""Draft a quote: it is priced and waits for approval. Exit 2 when it is refused; every reason is listed."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from approvals.refusals import Refused
from quotes.drafting import draft_quote
from quotes.gate import draft_action
from quotes.management.drafting_user import drafting_user
from quotes.models import Customer
from quotes.wishes import LineWish


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--customer", required=True, metavar="CODE")
        parser.add_argument("--year", required=True, help="both years, like 2026-27")
        parser.add_argument("--items", default="", metavar="A,B", help="item codes with commas between")
        parser.add_argument("--catalog", default="", metavar="CODE", help="adds a catalog's items")
        parser.add_argument("--revise", type=int, metavar="ID", help="the quote this is the next revision of")
        parser.add_argument("--no-pdf", action="store_true", help="neither draw nor attach a PDF")
        parser.add_argument("--by", default="", metavar="USER", help="user name of the person who drafts")
        parser.add_argument("--json", action="store_true", help="print the figures as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        by = drafting_user(options["by"])
        customer = Customer.objects.filter(code=options["customer"]).first()
        if customer is None:
            raise CommandError(f"There is no customer {options['customer']}.", returncode=2)
        codes = [code.strip() for code in options["items"].split(",") if code.strip()]
        try:
            run = draft_quote(
                customer_id=customer.pk,
                school_year=options["year"],
                lines=[LineWish(code) for code in codes],
                by=by,
                include_pdf=not options["no_pdf"],
                catalog=options["catalog"],
                revises=options["revise"],
            )
        except Refused as refusal:
            raise CommandError("\n".join(refusal.problems), returncode=2) from refusal
        action = draft_action(run)
        drafted = {
            "run_id": run.pk,
            "action_id": action.envelope_id or action.pk,
            "status": action.status,
            "lines": len(action.payload["lines"]),
            # A terminal knows no permissions, so nothing is said of margins.
            "unpriced": [line["item_code"] for line in action.payload["lines"] if "case_price" not in line],
        }
        self.stdout.write(json.dumps(drafted) if options["json"] else story(action.title, drafted))


def story(title: str, drafted: dict[str, Any]) -> str:
    unpriced = f" Without a price yet: {', '.join(drafted['unpriced'])}." if drafted["unpriced"] else ""
    return f"“{title}” waits for approval as action {drafted['action_id']}.{unpriced}"
