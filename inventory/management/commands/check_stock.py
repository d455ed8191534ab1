"""How many of an item can be had now, who says so, and how sure that is. Exit 2: unknown item or location."""

import json
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.serializers.json import DjangoJSONEncoder

from approvals.refusals import Refused
from inventory.checking.api import as_json
from inventory.checking.check import StockAnswer, check_stock, item_named, location_named

MOST = Decimal(10) ** 10


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("sku", help="item code, as in the catalogue")
        parser.add_argument("quantity", type=_quantity, help="how many are wanted")
        parser.add_argument("--location", default="", help="its code; not needed when there is only one")
        parser.add_argument("--json", action="store_true", help="print the answer as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            item, location = item_named(options["sku"]), location_named(options["location"])
        except Refused as refusal:
            raise CommandError(str(refusal), returncode=2) from refusal
        answer = check_stock(item=item, location=location, quantity=options["quantity"], by=None)
        if options["json"]:
            self.stdout.write(json.dumps(as_json(answer), cls=DjangoJSONEncoder))
        else:
            self.stdout.write("\n".join(story(answer)))


def story(answer: StockAnswer) -> list[str]:
    lines = [answer.sentence, f"Confidence: {answer.confidence}.", *answer.reasons]
    if answer.question:
        whom = answer.question.assigned_to or "whoever may answer questions"
        lines.append(f"Question {answer.question.pk} is open: {whom} goes and looks.")
    return lines


def _quantity(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal(-1)
    if not number.is_finite() or not 0 <= number < MOST:
        raise CommandError(f"“{text}” is not a quantity. Use digits, and a point before decimals.", returncode=2)
    return number
