"""Which zone a count belongs to, and which planned sheet it answers."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.timezone import localtime

from inventory.models import CountSheet, Zone


@dataclass(frozen=True)
class Place:
    """`problems` are sentences; without any, `zone` is known. `sheet` is the planned sheet answered."""

    zone: Zone | None
    sheet: CountSheet | None = None
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def done_before(self) -> str:
        """The sheet's code, when it was counted or cancelled already."""
        return self.sheet.code if self.sheet and self.sheet.status != CountSheet.Status.PLANNED else ""


def find_place(*, code: str, zone: Zone | None, sheet: CountSheet | None, counted_at: datetime) -> Place:
    """`code` is the sheet id printed on the file or ""; `sheet` the one the person started from."""
    printed = CountSheet.objects.select_related("zone__location").filter(code=code).first() if code else None
    if printed:
        return _place_of_printed(printed, zone, sheet)
    warnings: tuple[str, ...] = ()
    if code:
        warnings = (f"The file carries sheet id {code}, which is not one of ours. It was not used.",)
    if sheet:
        return _on_sheet(sheet, sheet.zone, warnings)
    if zone is None:
        cure = "Choose the zone that was counted, and upload the file again."
        return Place(None, None, (f"The file does not carry one of our sheet ids. {cure}",), warnings)
    return Place(zone, _open_sheet_of(zone, counted_at), (), warnings)


def _place_of_printed(printed: CountSheet, zone: Zone | None, sheet: CountSheet | None) -> Place:
    if sheet and sheet.pk != printed.pk:
        sentence = f"This is walk-sheet {printed.code} of zone {printed.zone}, not {sheet.code} of {sheet.zone}."
        return Place(printed.zone, printed, (f"{sentence} Upload it from the page of {printed.code}.",))
    if zone and zone.pk != printed.zone_id:
        sentence = f"Walk-sheet {printed.code} was printed for zone {printed.zone}, but {zone} was chosen."
        return Place(printed.zone, printed, (f"{sentence} Choose {printed.zone}, or leave the zone empty.",))
    return _on_sheet(printed, printed.zone, ())


def _on_sheet(sheet: CountSheet, zone: Zone, warnings: tuple[str, ...]) -> Place:
    if sheet.status != CountSheet.Status.PLANNED:
        state = sheet.get_status_display().lower()
        cure = "To count the zone again, print a new walk-sheet."
        return Place(zone, sheet, (f"Walk-sheet {sheet.code} of {zone} is {state} already. {cure}",), warnings)
    return Place(zone, sheet, (), warnings)


def _open_sheet_of(zone: Zone, counted_at: datetime) -> CountSheet | None:
    """What a file without an id answers: the oldest open sheet of its zone put out by the day of the count."""
    planned = CountSheet.objects.filter(zone=zone, status=CountSheet.Status.PLANNED).order_by("pk")
    day = localtime(counted_at).date()
    return next((each for each in planned if (each.planned_for or localtime(each.created_at).date()) <= day), None)
