"""Stock and workbooks for the tests of the sync, made in one line each."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from approvals.clock import now
from approvals.models import ProposedAction
from inventory.excel.committing import commit_workbook
from inventory.excel.gate import ENVELOPE
from inventory.excel.receiving import receive_workbook
from inventory.models import Authority, Balance, ExcelSync, Item, SyncLine, Upload, Zone
from inventory.stock.authority import set_authority
from tests import factories
from tests.inventory.spreadsheets import workbook

HEADING = ("Product code", "Description", "Qty")
Stated = tuple[Item | str, Any]


def kept(on_hand: Any, *, home: Zone, authority: str = Authority.EXCEL, **fields: Any) -> Item:
    """An item with this much on hand, whose truth is in the workbook."""
    made = factories.stock(on_hand, home=home, **fields)
    mine = Balance.objects.filter(item=made, location=home.location)
    set_authority(balances=mine, authority=authority, by=None, reason="Test")
    return made


def stated(*rows: Stated) -> bytes:
    """A workbook that says so; the code of an item, or any text."""
    return workbook(HEADING, *[(what.item_code if isinstance(what, Item) else what, "", says) for what, says in rows])


def bring(
    content: bytes, *, home: Zone, by: Any = None, as_of: datetime | None = None, name: str = "stock.xlsx"
) -> Upload:
    return receive_workbook(
        content=content, file_name=name, location=home.location, by=by or factories.user(), as_of=as_of or now()
    )


def sync(
    rows: Sequence[Stated],
    *,
    home: Zone,
    by: Any = None,
    as_of: datetime | None = None,
    auto_fix: bool = False,
) -> ExcelSync:
    """A workbook that says so, brought and committed."""
    upload = bring(stated(*rows), home=home, by=by, as_of=as_of)
    assert upload.status == Upload.Status.PREVIEWED, upload.reason
    return commit_workbook(upload=upload, by=upload.uploaded_by, auto_fix=auto_fix)


def outcome_of(found: ExcelSync, what: Item | str) -> str:
    return line_of(found, what).classification


def line_of(found: ExcelSync, what: Item | str) -> Any:
    code = what.item_code if isinstance(what, Item) else what
    return SyncLine.objects.get(sync=found, item_code=code)


def envelope_of(found: ExcelSync) -> ProposedAction:
    envelope = ProposedAction.objects.filter(workflow_run=found.run_id, action_type=ENVELOPE).first()
    assert envelope is not None, "no human was asked"
    return envelope


def ago(**how_long: float) -> datetime:
    return now() - timedelta(**how_long)


def on_hand(what: Item, home: Zone) -> Decimal:
    return factories.on_hand(what, home)
