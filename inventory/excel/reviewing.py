"""The later look at what auto-fix posted: somebody says that they have seen it, once."""

from typing import Any

from django.db import transaction

from approvals import audit
from approvals.clock import now
from approvals.models import Guardrail
from approvals.operations import SEPARATION_OF_DUTIES
from approvals.refusals import Refused
from inventory.models import SyncLine

PERMISSION = "approvals.decide_proposedaction"


class ReviewRefused(Refused):
    pass


def review_line(*, line: SyncLine, by: Any) -> SyncLine:
    """Mark a flagged row as reviewed. Raises ReviewRefused, changing nothing."""
    _check_may_review(line, by)
    with transaction.atomic():
        open_one = SyncLine.objects.filter(pk=line.pk, is_flagged=True, reviewed_at=None)
        if not open_one.update(reviewed_by=by, reviewed_at=now()):
            line.refresh_from_db()
            raise ReviewRefused(_why_not(line))
        audit.append(
            actor=by,
            verb="sync_line.reviewed",
            entity_ref=f"sync_line:{line.pk}",
            details={"sync": line.sync_id, "item_code": line.item_code, "variance": line.variance},
        )
    line.refresh_from_db()
    return line


def _check_may_review(line: SyncLine, by: Any) -> None:
    if not (by.is_active and by.has_perm(PERMISSION)):
        raise ReviewRefused(f"{by} may not review what was posted. Ask an administrator for the approver role.")
    switched_off = Guardrail.objects.filter(name=SEPARATION_OF_DUTIES, is_enabled=False).exists()
    if not switched_off and line.sync.submitted_by_id == by.pk:
        raise ReviewRefused(f"{by} brought this workbook, so somebody else must review what it posted.")


def _why_not(line: SyncLine) -> str:
    if line.reviewed_by:
        return f"{line.item_code} was reviewed already, by {line.reviewed_by}."
    return f"{line.item_code} is not flagged: nothing of it was posted without a look."
