"""Where the WMS decides how many there are, a lasting difference is NetSuite's to correct.

The feed itself is not pushed: NetSuite learns of receipts and shipments from others too, and would book them twice.
What is carried there is the difference that remains, once a person has approved it, as one adjustment.
"""

from collections.abc import Sequence
from decimal import Decimal

from django.conf import settings
from django.utils import timezone

from approvals.clock import now
from approvals.operations import Decision
from approvals.set_based import update_rows
from inventory.models import Authority, Balance, Parity
from netsuite import queue, records
from netsuite.models import Push


def wms_decides(rows: Sequence[Parity]) -> set[int]:
    """Ids of the rows whose balance has the WMS as its authority."""
    balances = Balance.objects.filter(
        item__any_of=[row.item_id for row in rows if row.item_id],
        location__any_of=sorted({row.location_id for row in rows}),
        authority=Authority.WMS,
    )
    decided = set(balances.order_by().values_list("item_id", "location_id"))
    return {row.pk for row in rows if (row.item_id, row.location_id) in decided}


def carry(rows: Sequence[Parity], decision: Decision) -> None:
    """Queue one adjustment of NetSuite by these differences; until it is confirmed, it explains them."""
    push = _enqueue(rows, decision)
    update_rows(
        Parity,
        ["explained", "pushes", "state", "difference", "seen", "since", "accepted_difference"],
        [
            (
                *(row.pk, row.explained + row.difference, [*row.pushes, push.pk], Parity.State.PENDING),
                *(Decimal(0), 0, now(), None),
            )
            for row in rows
        ],
    )


def _enqueue(rows: Sequence[Parity], decision: Decision) -> Push:
    location = rows[0].location
    memo = f"What the WMS says at {location.code}, correction {min(row.correction_id or 0 for row in rows)}"
    lines = [
        records.AdjustmentLine(
            item=records.Reference(row.item.item_code, row.item.netsuite_id),
            quantity=row.difference,
            unit_cost=row.item.avg_cost,
        )
        for row in rows
        if row.item
    ]
    return queue.enqueue(
        record_type=records.INVENTORY_ADJUSTMENT,
        external_id=external_id(rows),
        record=records.inventory_adjustment(
            tran_date=timezone.localdate(now()),
            memo=memo,
            account_id=settings.NETSUITE_ADJUSTMENT_ACCOUNT_ID,
            subsidiary_id=settings.NETSUITE_SUBSIDIARY_ID,
            location=records.Reference(location.code, location.netsuite_id),
            lines=lines,
        ),
        label=f"{memo}: {len(lines)} lines, decided by {decision.by}",
        line_count=len(lines),
    )


def external_id(rows: Sequence[Parity]) -> str:
    """Fixed by the first of the corrections: each is decided once, so no other adjustment has it."""
    return f"CS-IA-MIRROR-{min(row.correction_id or 0 for row in rows)}"
