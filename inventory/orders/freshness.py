"""Before stock is promised where Excel decides: is what we know of the workbook fresh enough, and is there enough?

A sync is stale when its as-of time lies more than EXCEL_STALE_AFTER_HOURS back: the whole span counts, days included.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.timezone import localtime

from approvals.clock import now
from approvals.models import WorkflowRun
from approvals.refusals import Refused
from approvals.templatetags.figures import lasting
from inventory.models import ExcelSync, Location
from inventory.orders.authority import decided_by_excel
from inventory.orders.newest_workbook import sync_newest
from inventory.stock.reservations import Portion, shortages


def last_sync(location: Location) -> ExcelSync | None:
    """The sync that speaks of the latest moment. A person's answer about one item says nothing of the others."""
    syncs = ExcelSync.objects.filter(location=location).exclude(source=ExcelSync.Source.ANSWER)
    return syncs.exclude(run__status=WorkflowRun.Status.FAILED).order_by("-as_of", "-pk").first()


def is_stale(as_of: datetime) -> bool:
    return now() - as_of > timedelta(hours=settings.EXCEL_STALE_AFTER_HOURS)


def bring_up_to_date(portions: Sequence[Portion], *, location: Location, by: Any | None) -> list[str]:
    """Ask for a newer workbook where ours is stale or says too little; never call it inside a transaction.

    Answers the warnings for whoever orders: what is still stale, or a workbook that could not be taken.
    """
    item_ids = decided_by_excel((portion.item_id for portion in portions), location=location)
    excel = [portion for portion in portions if portion.item_id in item_ids]
    if not excel or not (_is_out_of_date(location) or shortages(excel, location=location)):
        return []
    warnings = []
    try:
        sync_newest(location=location, by=by)
    except Refused as refusal:
        warnings.append(f"The newest workbook of {location.code} could not be taken: {refusal.problems[0]}")
    if _is_out_of_date(location):
        warnings.append(_stale_sentence(location))
    return warnings


def _is_out_of_date(location: Location) -> bool:
    sync = last_sync(location)
    return sync is None or is_stale(sync.as_of)


def _stale_sentence(location: Location) -> str:
    sync = last_sync(location)
    if sync is None:
        return f"No workbook of {location.code} was ever compared, so its stock may differ. Upload one."
    hours = f"{settings.EXCEL_STALE_AFTER_HOURS:g}"
    return (
        f"The workbook of {location.code} was last compared as of {moment_in_words(sync.as_of)}, "
        f"{lasting(now() - sync.as_of)} ago (more than {hours} h), and there is no newer one. The stock may differ."
    )


def moment_in_words(moment: datetime) -> str:
    """`09:00` today, `20 Nov 2026, 09:00` before."""
    local = localtime(moment)
    return f"{local:%H:%M}" if local.date() == localtime(now()).date() else f"{local:%d %b %Y, %H:%M}"
