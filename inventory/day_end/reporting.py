"""Make the report of one business day and location: once, whoever asks and however often."""

from datetime import date
from typing import Any

from django.conf import settings
from django.db import transaction

from approvals import audit
from approvals.business_days import business_day_of
from approvals.clock import now
from approvals.mail.drafting import propose_email
from approvals.refusals import Refused
from inventory.day_end.contents import frozen, orders_in, to_enter
from inventory.day_end.discrepancies import discrepancies
from inventory.day_end.document import summary_of, text_of
from inventory.day_end.span import span_of
from inventory.day_end.workbook import store_workbook
from inventory.models import DayEndReport, Location

TEMPLATE = "end_of_day_report"
PERMISSION = "inventory.add_dayendreport"


def make_report(*, business_date: date, location: Location, by: Any | None = None) -> DayEndReport:
    """The report of that day, made now unless it exists; what it says never changes. Raises Refused.

    `by` None is the schedule or a command. The draft of the mail is staged after the report is kept: where a crash came
    between, asking again stages it.
    """
    if by is not None and not by.has_perm(PERMISSION):
        raise Refused(f"{by} may not make end-of-day reports. Ask an administrator for the counter or approver role.")
    if business_date > business_day_of(now()):
        raise Refused(f"{business_date:%Y-%m-%d} is still to come. Make its report at the end of that day.")
    report = _kept(business_date, location, by)
    if report.email_id is None:
        _stage_email(report)
    return report


@transaction.atomic
def _kept(business_date: date, location: Location, by: Any | None) -> DayEndReport:
    # Two at once wait for each other here; orders, which only refer to the location, do not wait.
    Location.objects.select_for_update(no_key=True).get(pk=location.pk)
    known = DayEndReport.objects.filter(business_date=business_date, location=location)
    report = known.select_related("location").first()
    if report:
        return report
    made_at = now()
    span = span_of(business_date, location, made_at)
    report = DayEndReport.objects.create(
        business_date=business_date,
        location=location,
        orders_processed=orders_in(span, location).count(),
        updates=frozen(to_enter(location, business_date)),
        discrepancies=frozen(discrepancies(location)),
        made_at=made_at,
        made_by=by,
    )
    audit.append(
        actor=by,
        verb="day_end.reported",
        entity_ref=f"day_end_report:{report.pk}",
        details={"business_date": str(business_date), "location": location.code, "summary": summary_of(report)},
    )
    return report


def _stage_email(report: DayEndReport) -> None:
    attachment = store_workbook(report)
    with transaction.atomic():
        mine = DayEndReport.objects.select_for_update().get(pk=report.pk)
        if mine.email_id is None:
            mine.email = propose_email(
                mailbox=settings.INVENTORY_MANAGER_MAILBOX,
                template=TEMPLATE,
                subject=f"End of day {report.business_date:%Y-%m-%d}, {report.location.code}: {summary_of(report)}",
                body=text_of(report),
                entity_ref=f"day_end_report:{report.pk}",
                attachments=[attachment],
            )
            mine.save(update_fields=["email"])
    report.email = mine.email
