"""The desk of people who bring workbooks: when the last one came, and what of them still waits."""

from datetime import datetime
from typing import Any

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.timezone import localtime

from approvals.admin.desks import Desk, Pile, Task, add_desk
from approvals.admin.links import list_of, page_of
from approvals.clock import now
from approvals.models import ProposedAction, WorkflowRun
from inventory.admin.excel.access import may_sync
from inventory.admin.sight import EXPECTED
from inventory.admin.upload_links import upload_url
from inventory.excel.gate import named
from inventory.models import ExcelSync, Upload

SHOWN = 6
HINT = "A workbook that you bring appears here until it is synced and decided."
SOURCES = (ExcelSync.Source.UPLOAD, ExcelSync.Source.FOLDER, ExcelSync.Source.COMMAND)


def syncing(user: Any) -> Desk | None:
    if not may_sync(user):
        return None
    piles = [_brought(user)]
    if user.has_perm("inventory.view_excelsync") and user.has_perm(EXPECTED):
        piles.append(_waiting(user))
    return Desk(piles, HINT, ("Upload a workbook", reverse("admin:inventory_excelsync_upload")))


def _brought(user: Any) -> Pile:
    mine = Upload.objects.filter(
        uploaded_by=user.pk, kind=Upload.Kind.STOCK, status=Upload.Status.PREVIEWED
    )  # fmt: skip
    tasks = [
        Task(
            title=upload.file_name,
            detail="Read, and not synced yet: look at the preview, then sync or discard it",
            url=upload_url(upload),
            since=upload.uploaded_at,
        )
        for upload in mine.defer("reading").order_by("pk")[:SHOWN]
    ]
    more = list_of(Upload, kind__exact="stock", status__exact="previewed")
    return Pile("Workbooks to sync", "table_view", mine.count(), tasks, more, _last_workbook())


def _last_workbook() -> str:
    """`Last workbook: yesterday 17:10 – upload today's`; empty when today's is there."""
    last = ExcelSync.objects.filter(source__in=SOURCES).order_by("-submitted_at").values_list("submitted_at").first()
    if last is None:
        return "No workbook was synced yet – upload the first"
    return "" if _days_ago(last[0]) == 0 else f"Last workbook: {_day(last[0])} – upload today’s"


def _days_ago(at: datetime) -> int:
    return (localtime(now()).date() - localtime(at).date()).days


def _day(at: datetime) -> str:
    ago, local = _days_ago(at), localtime(at)
    day = "yesterday" if ago == 1 else f"{local:%A}" if ago < 7 else f"{local.day} {local:%b %Y}"
    return f"{day} {local:%H:%M}"


def _waiting(user: Any) -> Pile:
    """What others are to decide; what this user may decide stands among the decisions already."""
    rows = ExcelSync.objects.filter(run__status=WorkflowRun.Status.WAITING).select_related("location", "upload")
    if user.has_perm("approvals.decide_proposedaction"):
        rows = rows.filter(submitted_by=user.pk)
    open_lines = Count("lines", filter=Q(lines__proposed_action__status=ProposedAction.Status.PENDING))
    shown = rows.defer("upload__reading").annotate(open_lines=open_lines).order_by("pk")[:SHOWN]
    tasks = [
        Task(f"{named(sync)} at {sync.location.code}", _to_decide(sync.open_lines), page_of(sync), sync.submitted_at)
        for sync in shown
    ]
    more = list_of(ExcelSync, run__status__exact="waiting")
    return Pile("Syncs waiting for decisions", "table_view", rows.count(), tasks, more)


def _to_decide(rows: int) -> str:
    return f"{rows} row{'s' * (rows != 1)} to decide" if rows else "A second person signs it off"


add_desk(syncing)
