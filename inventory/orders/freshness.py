"""Before stock is promised where Excel decides: is what we know of the workbook fresh enough, and is there enough?

A sync is stale when its as-of time lies more than EXCEL_STALE_AFTER_HOURS back: the whole span counts, days included.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.timezone import localtime

from approvals.clock import now
from approvals.templatetags.figures import lasting
from inventory.excel.folder import sync_newest
from inventory.excel.ledger_side import last_workbook
from inventory.models import Location
from inventory.orders.authority import decided_by_excel
from inventory.stock.reservations import Portion, shortages

log = logging.getLogger(__name__)


def is_stale(as_of: datetime) -> bool:
    return now() - as_of > timedelta(hours=settings.EXCEL_STALE_AFTER_HOURS)


def bring_up_to_date(portions: Sequence[Portion], *, location: Location, by: Any | None) -> list[str]:
    """Ask for a newer workbook where ours is stale or says too little; never call it inside a transaction.

    Answers the warnings for whoever orders: what is still stale, or that nobody could look.
    """
    item_ids = decided_by_excel((portion.item_id for portion in portions), location=location)
    excel = [portion for portion in portions if portion.item_id in item_ids]
    if not excel or not (_is_out_of_date(location) or shortages(excel, location=location)):
        return []
    warnings = []
    try:
        sync_newest(location=location, by=by)
    except Exception:  # files and buckets fail in many ways; the order is decided by what we know
        log.exception("looking for a newer workbook of %s", location.code)
        warnings.append(f"The folder for workbooks of {location.code} could not be read: there may be a newer one.")
    if _is_out_of_date(location):
        warnings.append(_stale_sentence(location))
    return warnings


def _is_out_of_date(location: Location) -> bool:
    sync = last_workbook(location)
    return sync is None or is_stale(sync.as_of)


def _stale_sentence(location: Location) -> str:
    sync = last_workbook(location)
    if sync is None:
        return f"No workbook of {location.code} was ever compared, so its stock may differ. Upload one."
    hours, ago = f"{settings.EXCEL_STALE_AFTER_HOURS:g}", lasting(now() - sync.as_of)
    return (
        f"The workbook of {location.code} was last compared as of {moment_in_words(sync.as_of)}, {ago} ago "
        f"(more than {hours} h), and no newer one could be taken. The stock may differ."
    )


def moment_in_words(moment: datetime) -> str:
    """`09:00` today, `20 Nov 2026, 09:00` before."""
    local = localtime(moment)
    return f"{local:%H:%M}" if local.date() == localtime(now()).date() else f"{local:%d %b %Y, %H:%M}"
