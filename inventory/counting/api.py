"""Counts in, variances out. The answer to a count never tells what was expected: counting is blind."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, Query, Router, Schema, Status

from approvals.api import REFUSED, REFUSED_BODY, Id, Moment, Text, must, signed_in
from approvals.refusals import Refused
from inventory.counting.submission import CountedItem, submit_count
from inventory.models import CountLine, CountSheet, Variance, Zone

router = Router(tags=["inventory"])
MOST_LINES = 20_000


class CountIn(Schema):
    item_code: Text = Field(min_length=1, max_length=60)
    counted: Decimal | None = Field(
        default=None,
        ge=0,
        max_digits=13,
        decimal_places=3,
        description="Empty means not counted, 0 means none there.",
    )


class CountsIn(Schema):
    zone_id: Id
    counted_at: Moment = Field(description="With a time zone, for example 2026-11-23T06:30:00-05:00.")
    counts: list[CountIn] = Field(min_length=1, max_length=MOST_LINES)


class CountAccepted(Schema):
    sheet_id: int
    sheet_code: str
    run_id: int
    status: str
    lines_read: int
    counted: int
    not_counted: int
    warnings: list[str]


@router.post(
    "/counts",
    response={201: CountAccepted} | REFUSED_BODY,
    auth=signed_in,
    summary="Submit a count",
)
def counts(request: HttpRequest, given: CountsIn) -> Any:
    must(request, "inventory.submit_count")
    zone = Zone.objects.select_related("location").filter(pk=given.zone_id).first()
    problems = _problems(given, zone)
    lines = [CountedItem(line.item_code, line.counted, f"counts[{n}]") for n, line in enumerate(given.counts)]
    if zone is None or problems:
        return Status(422, {"problems": problems})
    try:
        sheet = submit_count(
            zone=zone,
            counted_at=given.counted_at,
            counts=lines,
            by=request.user,
            source=CountSheet.Source.API,
        )
    except Refused as refusal:
        return Status(422, {"problems": refusal.problems})
    counted = sum(1 for line in lines if line.counted is not None)
    accepted = {
        "sheet_id": sheet.pk,
        "sheet_code": sheet.code,
        "run_id": sheet.run_id,
        "status": sheet.run.status if sheet.run else "",
        "lines_read": len(lines),
        "counted": counted,
        "not_counted": len(lines) - counted,
        "warnings": sheet.run.warnings if sheet.run else [],
    }
    return Status(201, accepted)


def _problems(given: CountsIn, zone: Zone | None) -> list[str]:
    problems = []
    if zone is None:
        problems.append(f"zone_id: zone {given.zone_id} does not exist.")
    if timezone.is_naive(given.counted_at):
        problems.append("counted_at: say the time zone too, for example 2026-11-23T06:30:00-05:00.")
    return problems


class VarianceOut(Schema):
    line_id: int
    sheet_id: int
    sheet_code: str
    zone: str
    location: str
    item_code: str
    counted_at: datetime
    count_number: int
    counted: Decimal
    expected: Decimal
    variance: Decimal
    variance_pct: Decimal | None
    variance_value: Decimal | None
    classification: str
    decision: str
    suggested_reason: str


@router.get(
    "/inventory/variances",
    response={200: list[VarianceOut]} | REFUSED,
    auth=signed_in,
    summary="Variances, newest first",
)
def variances(
    request: HttpRequest,
    zone_id: Id | None = None,
    item_code: Text = "",
    since: Moment | None = None,
    before_line: Id | None = None,
    limit: int = Query(100, ge=1, le=500),
) -> Any:
    must(request, "inventory.view_variance")
    must(request, "inventory.view_expected")
    rows: QuerySet[CountLine] = Variance.objects.select_related("item", "sheet__zone__location").order_by("-pk")
    if zone_id is not None:
        rows = rows.filter(sheet__zone=zone_id)
    if item_code:
        rows = rows.filter(item__item_code=item_code)
    if since is not None:
        rows = rows.filter(counted_at__gte=timezone.make_aware(since) if timezone.is_naive(since) else since)
    if before_line is not None:
        rows = rows.filter(pk__lt=before_line)
    return [_variance_out(line) for line in rows[:limit]]


def _variance_out(line: CountLine) -> dict[str, Any]:
    same = {name: getattr(line, name) for name in VarianceOut.model_fields if hasattr(line, name)}
    sheet = line.sheet
    return {
        **same,
        "line_id": line.pk,
        "sheet_code": sheet.code,
        "zone": sheet.zone.code,
        "location": sheet.zone.location.code,
        "item_code": line.item.item_code,
    }
