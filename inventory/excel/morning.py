"""The morning sync, 09:00 on business days: has every location that lives by its workbook one of today?"""

from datetime import date, datetime

from approvals.alerts import raise_alert, resolve_alert
from approvals.business_days import business_day_of, every_business_day
from approvals.clock import now
from approvals.contract import Schedule
from approvals.templatetags.figures import age
from inventory.excel.ledger_side import last_workbook
from inventory.models import Authority, ExcelSync, Location, Upload


def kept_by_workbooks() -> list[Location]:
    """Locations at which Excel is the authority of something."""
    return list(Location.objects.filter(balances__authority=Authority.EXCEL).distinct().order_by("code"))


def morning_sync(slot_at: datetime) -> str:
    """What the morning found, location by location; asks for the workbooks that are missing."""
    said = [_judge(location, business_day_of(slot_at)) for location in kept_by_workbooks()]
    return " ".join(said) or "No location lives by a workbook."


MORNING_SYNC = Schedule(
    key="morning_sync",
    title="Morning Excel sync",
    when=every_business_day(9),
    on_slot=morning_sync,
    by_hand="upload the workbook by hand",
)


def _judge(location: Location, today: date) -> str:
    sync = last_workbook(location)
    if sync and business_day_of(sync.as_of) >= today:
        told_today(sync)
        return f"{location.code}: sync {sync.pk}."
    waiting = Upload.objects.filter(kind=Upload.Kind.STOCK, location=location, status=Upload.Status.PREVIEWED).first()
    cure = "One waits for somebody to commit it." if waiting else "Upload it, or drop it into the watched folder."
    last = f"The last one is {age(sync.as_of)} old." if sync else "There was none so far."
    raise_alert(
        key=_alert(location),
        severity="warning",
        message=f"No workbook of {today:%b %d} for {location.code}. {last} {cure}",
        link=f"/admin/inventory/upload/{waiting.pk}/preview/" if waiting else "/admin/inventory/excelsync/",
    )
    return f"{location.code}: no workbook of today; asked for it."


def told_today(sync: ExcelSync) -> None:
    """A workbook came: when it is of today, nobody needs to be asked for one any more."""
    if business_day_of(sync.as_of) >= business_day_of(now()):
        resolve_alert(key=_alert(sync.location))


def _alert(location: Location) -> str:
    return f"no-workbook-{location.pk}"
