"""Proofs that the books hold together. Each check answers how many rows it looked at and the first that is wrong."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import F, Q, Sum

from approvals import audit
from approvals.models import AuditEntry, ProposedAction
from inventory.models import Adjustment, Balance, CountLine, Movement, WmsUpdate
from inventory.stock.ledger import first_wrong_balance
from inventory.stock.reservations import first_wrong_reservation
from netsuite.lookups import looker_up
from netsuite.models import Push
from netsuite.outcomes import Confirmed
from netsuite.records import quantity_sum


@dataclass(frozen=True)
class Finding:
    """`problem` names the first bad row in a sentence; None when there is none."""

    name: str
    title: str
    rows: int
    problem: str | None


def balances() -> Finding:
    return Finding(
        "balances",
        "every balance is the sum of its movements",
        Balance.objects.count(),
        first_wrong_balance(),
    )


def reservations() -> Finding:
    return Finding(
        "reservations",
        "what is reserved is what open order lines wait for",
        Balance.objects.filter(quantity_reserved__gt=0).count(),
        first_wrong_reservation(),
    )


def audit_chain() -> Finding:
    return Finding("audit_chain", "the audit chain is unbroken", AuditEntry.objects.count(), audit.first_bad_entry())


def posted_lines() -> Finding:
    """Every decided line of a posted adjustment moved stock, by exactly its variance, and nothing else did."""
    lines = CountLine.objects.filter(adjustment__posted_at__isnull=False).exclude(variance=0)
    wrong = lines.filter(Q(movement=None) | ~Q(movement__delta=F("variance"))).select_related("item", "sheet").first()
    problem = None
    if wrong:
        problem = f"Line {wrong.item.item_code} of sheet {wrong.sheet.code} posted {wrong.variance}, but its movement"
        problem += " is missing or differs."
    stray = Movement.objects.filter(kind=Movement.Kind.COUNT).exclude(count_line__adjustment=F("adjustment")).first()
    if stray and not problem:
        problem = f"Movement {stray.pk} is a count adjustment that no decided line stands behind."
    return Finding("posted_lines", "every posted line has its movement", lines.count(), problem)


def pushes() -> Finding:
    """Every adjustment that moved stock has a push that says the same; a confirmed one has NetSuite's id."""
    adjustments = Adjustment.objects.filter(posted_at__isnull=False, line_count__gt=0).select_related("push")
    moved = dict(
        Movement.objects.filter(adjustment__isnull=False).order_by().values("adjustment").annotate(sum=Sum("delta"))
        .values_list("adjustment", "sum")
    )  # fmt: skip
    problem = next(_push_problems(adjustments.order_by("pk").iterator(), moved), None)
    return Finding("pushes", "every adjustment has its push, line for line", adjustments.count(), problem)


def _push_problems(adjustments: Iterator[Adjustment], moved: dict[int, Decimal]) -> Iterator[str]:
    for adjustment in adjustments:
        push, posted = adjustment.push, round(moved.get(adjustment.pk, Decimal(0)), 3)
        if push is None:
            yield f"{adjustment} moved stock, but no push to NetSuite belongs to it."
            continue
        if push.line_count != adjustment.line_count or quantity_sum(push.payload) != posted:
            yield (
                f"Push {push.external_id} carries {push.line_count} lines adding up to {quantity_sum(push.payload)}, "
                f"but {adjustment} moved {adjustment.line_count} lines adding up to {posted}."
            )
        if push.status == Push.Status.CONFIRMED and not push.internal_id:
            yield f"Push {push.external_id} is confirmed without an id of NetSuite."


def corrections() -> Finding:
    """Every correction to NetSuite's number was approved by a person."""
    rows = Movement.objects.filter(kind=Movement.Kind.CORRECTION)
    stray = rows.exclude(decision__status=ProposedAction.Status.APPROVED).first()
    problem = f"Movement {stray.pk} is a correction to NetSuite that nobody approved." if stray else None
    return Finding("corrections", "every correction to NetSuite was approved", rows.count(), problem)


def wms_updates() -> Finding:
    """Every movement of the feed is what its update came to, and every applied update has one."""
    moved, applied = Movement.objects.filter(kind=Movement.Kind.FEED), WmsUpdate.State.APPLIED
    agreeing = moved.filter(delta=F("wms_update__delta"), item=F("wms_update__item"), wms_update__state=applied)
    stray = moved.exclude(pk__in=agreeing.order_by().values("pk")).first()
    lost = WmsUpdate.objects.filter(state=applied, movements=None).order_by().first()
    problem = f"Movement {stray.pk} is not what update {stray.wms_update} of its WMS came to." if stray else None
    if lost and not problem:
        problem = f"Update {lost.sequence} of {lost.client} was applied, but no movement stands behind it."
    return Finding("wms_updates", "every applied update of a WMS has its movement", moved.count(), problem)


def netsuite_records() -> Finding:
    """Look every confirmed push up in NetSuite. Raises netsuite.configuration.NotConnected."""
    look_up = looker_up()
    rows = Push.objects.filter(status=Push.Status.CONFIRMED).order_by("pk")
    problem = None
    for push in rows.iterator():
        outcome = look_up(push)
        if not isinstance(outcome, Confirmed):
            said = getattr(outcome, "message", "") or "NetSuite has no such record."
            problem = f"Push {push.external_id} is confirmed here, but a look-up says: {said}"
        elif outcome.record.internal_id != push.internal_id:
            problem = (
                f"Push {push.external_id} is record {push.internal_id} here, "
                f"but {outcome.record.internal_id} in NetSuite."
            )
        if problem:
            break
    return Finding("netsuite", "NetSuite holds every confirmed push", rows.count(), problem)


CHECKS: tuple[Callable[[], Finding], ...] = (
    balances,
    reservations,
    audit_chain,
    posted_lines,
    pushes,
    corrections,
    wms_updates,
)
