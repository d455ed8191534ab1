"""Manual sync: a button that compares the last workbook with the stock as it is now, for all of it or one item."""

from collections.abc import Sequence
from typing import Any

from django.contrib.admin import ModelAdmin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.timezone import localtime

from approvals.admin.confirming import Question, ask
from approvals.refusals import Refused
from inventory.admin.excel.access import require_may_sync
from inventory.admin.excel.pages import sync_url
from inventory.excel.again import look_again
from inventory.excel.ledger_side import last_workbook
from inventory.models import Authority, ExcelSync, Item, Location

AGAIN = "Sync from the last workbook"
NOT_KEPT = "Excel is the authority on none of it. Set the authority on its balance first, or count it."


def again_page(
    screen: "ModelAdmin[Any]",
    request: HttpRequest,
    row: Model,
    *,
    locations: Sequence[Location],
    item: Item | None = None,
) -> HttpResponse:
    """Ask, saying which workbook is meant; after the POST the new sync is shown."""
    require_may_sync(request)
    made: list[ExcelSync] = []

    def carry_out(_: str) -> str:
        if not locations:
            raise Refused(NOT_KEPT)
        made.extend(look_again(location=each, by=request.user, item=item) for each in locations)
        return "The last workbook is compared again."

    what = item.item_code if item else ", ".join(each.code for each in locations)
    question = Question(
        title=f"Sync {what} from the last workbook?",
        consequences=(
            *(_workbook_of(each) for each in locations),
            "It is compared with the stock as it is now; goods that moved since are taken into account.",
            "Small differences post at once, larger ones go to the approver, who cannot be you.",
        ),
        button="Sync now",
        carry_out=carry_out,
    )
    response = ask(request, screen, row, question)
    return redirect(sync_url(made[-1])) if len(made) == 1 else response


def _workbook_of(location: Location) -> str:
    last = last_workbook(location)
    if last is None or last.upload is None:
        return f"No workbook of {location.code} was synced yet: only one in the watched folder would be taken."
    return f"{location.code}: “{last.upload.file_name}”, as of {localtime(last.as_of):%d %b %Y, %H:%M}."


def kept_by_excel(item: Item) -> list[Location]:
    """Where Excel has the last word on this item."""
    return list(Location.objects.filter(balances__item=item, balances__authority=Authority.EXCEL).order_by("code"))
