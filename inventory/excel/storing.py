"""The first steps of a sync: what the comparison found becomes rows, and new items become items."""

from collections.abc import Iterable
from typing import Any

from approvals.alerts import raise_alert
from approvals.contract import Done, Skipped, StepResult
from approvals.models import WorkflowRun
from approvals.set_based import insert_rows
from inventory.catalogue.items import upsert_items
from inventory.excel.comparing import ComparedRow, Comparison, Outcome, compare
from inventory.excel.context import read_inputs
from inventory.models import Authority, Balance, ExcelSync, ExcelUpdate, Item, SyncLine
from inventory.stock.authority import set_authority
from inventory.stock.opening import OpeningStock, begun, open_stock

COLUMNS = (
    *("sync", "item", "item_code", "description", "sheet", "row", "rows", "stated", "counted", "counted_at"),
    *("on_hand", "expected", "unentered", "variance", "variance_pct", "variance_value", "unit_cost"),
    *("classification", "why", "is_flagged", "suggested_reason", "decision"),
)


def compare_rows_step(run: WorkflowRun) -> StepResult:
    """`compare_rows`: one line per row of the workbook and per item it leaves out, each with its outcome."""
    given = read_inputs(run.inputs)
    sync = ExcelSync.objects.select_related("location").get(pk=given.sync_id)
    if sync.lines.exists():
        return Done("Already compared.")
    found = compare(
        location=sync.location,
        as_of=given.as_of,
        lines=given.reading.lines,
        refused=given.reading.refused,
        auto_fix=given.auto_fix,
        scope=given.scope,
    )
    item_ids = _create_items(found, sync)
    insert_rows(SyncLine, COLUMNS, [_line(sync, row, item_ids) for row in found.rows])
    _remember(sync, found)
    _prove_updates(sync, found.rows)
    told = ", ".join(f"{number:,} {SyncLine.Classification(kind).label.lower()}" for kind, number in sync.tally.items())
    return Done(f"{told}. {found.note}.")


def _create_items(found: Comparison, sync: ExcelSync) -> dict[str, int]:
    """{code: id} of the items that the workbook brings."""
    new = {row.item_code: row for row in found.rows if row.outcome == Outcome.NEW_ITEM}
    if not new:
        return {}
    said: dict[str, dict[str, Any]] = {code: {"description": row.description[:200]} for code, row in new.items()}
    for code, row in new.items():
        if row.unit:
            said[code]["unit"] = row.unit[:20]
    upsert_items(said, reason=f"New in Excel sync {sync.pk}", by=sync.submitted_by)
    return dict(Item.objects.filter(item_code__any_of=list(new)).order_by().values_list("item_code", "pk"))


def _line(sync: ExcelSync, row: ComparedRow, item_ids: dict[str, int]) -> tuple[object, ...]:
    item_id = row.item.pk if row.item else item_ids.get(row.item_code)
    cost = row.item.avg_cost if row.item else None
    return (
        *(sync.pk, item_id, row.item_code[:60], row.description[:200], row.sheet[:80], row.row, row.rows, row.stated),
        *(row.counted, sync.as_of, row.on_hand, row.expected, row.unentered, row.variance, row.percent, row.value),
        *(cost, row.outcome, row.why[:300], row.is_flagged, row.suggested_reason, row.decision),
    )


def _remember(sync: ExcelSync, found: Comparison) -> None:
    sync.tally, sync.guardrail_note = found.tally(), found.note
    sync.gross_value, sync.net_value = found.gross_value, found.net_value
    sync.save(update_fields=["tally", "guardrail_note", "gross_value", "net_value"])


def _prove_updates(sync: ExcelSync, rows: Iterable[ComparedRow]) -> None:
    proved = [pk for row in rows for pk in row.proved]
    if proved:
        open_ones = ExcelUpdate.objects.filter(pk__any_of=proved).exclude(status=ExcelUpdate.Status.PROVED)
        open_ones.update(status=ExcelUpdate.Status.PROVED, proved_by=sync)


def open_new_items_step(run: WorkflowRun) -> StepResult:
    """`open_new_items`: opening stock of what only the workbook knew; Excel is its authority."""
    sync = ExcelSync.objects.select_related("location", "submitted_by").get(run=run)
    lines = sync.lines.filter(classification=Outcome.NEW_ITEM).order_by("pk")
    rows = lines.values_list("item_id", "counted")
    stated = {item_id: counted for item_id, counted in rows if item_id and counted is not None}
    new = sorted(set(stated) - set(begun(sync.location, stated)))
    if not new:
        return Skipped("The workbook brings no new item.")
    open_stock(
        [OpeningStock(item_id, stated[item_id]) for item_id in new],
        location=sync.location,
        zone=None,
        occurred_at=sync.as_of,
        reference=f"Excel sync {sync.pk}",
        source="excel",
        by=sync.submitted_by,
    )
    mine = Balance.objects.filter(location=sync.location, item__any_of=new)
    set_authority(balances=mine, authority=Authority.EXCEL, by=None, reason=f"New in Excel sync {sync.pk}")
    raise_alert(
        key=f"sync-{sync.pk}-new",
        severity="warning",
        message=f"New items that came with a workbook at {sync.location.code}: {len(new)}. Give each a "
        "cost and a zone.",
        link=f"/admin/inventory/excelsync/{sync.pk}/change/?outcome=new_item",
    )
    return Done(f"{len(new)} new items opened.")
