"""What our side holds for a comparison with a workbook: items, balances, goods moved since, sales not entered yet.

A constant number of queries, however many rows the workbook has.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Q

from approvals.models import WorkflowRun
from inventory.models import Authority, Balance, ExcelSync, ExcelUpdate, Item, Location, Movement, SyncLine
from inventory.variance.expected import expected_now, moved_since

CORRECTING = (Movement.Kind.COUNT, Movement.Kind.SYNC, Movement.Kind.CORRECTION)


class KnownItem(NamedTuple):
    pk: int
    item_code: str
    description: str
    unit: str
    avg_cost: Decimal | None
    case_pack: int | None
    allows_fractions: bool
    is_active: bool


class KnownBalance(NamedTuple):
    item_id: int
    on_hand: Decimal
    reserved: Decimal
    authority: str


@dataclass(frozen=True)
class LedgerSide:
    """`items` by code, the rest by item id. `unentered` are sales up to the as-of time that the workbook may lack,
    oldest first, as (id of the update, quantity), `entered` ids of those that somebody says are in it; `corrected` are
    items whose record was put right after that time."""

    items: dict[str, KnownItem]
    balances: dict[int, KnownBalance]
    moved: dict[int, Decimal]
    unentered: dict[int, list[tuple[int, Decimal]]]
    entered: dict[int, list[int]]
    corrected: set[int]
    value: Decimal  # of everything at the location, US dollars

    def kept_by_excel(self) -> dict[int, KnownBalance]:
        return {pk: balance for pk, balance in self.balances.items() if balance.authority == Authority.EXCEL}


def ledger_side(location: Location, codes: Iterable[str], as_of: datetime, *, reads_excel: bool = True) -> LedgerSide:
    """Everything needed of the workbook's items, and of all items kept at the location."""
    balances = {row[0]: KnownBalance(*row) for row in _balances(location)}
    wanted = Item.objects.filter(Q(item_code__any_of=list(codes)) | Q(pk__any_of=list(balances))).order_by()
    items = {row[1]: KnownItem(*row) for row in wanted.values_list(*KnownItem._fields)}
    unentered, entered = _sales(location, as_of) if reads_excel else ({}, {})
    return LedgerSide(
        items=items,
        balances=balances,
        moved=dict(moved_since(location, dict.fromkeys(balances, as_of))),
        unentered=unentered,
        entered=entered,
        corrected=_corrected_after(location, as_of),
        value=sum(
            (
                max(balances[item.pk].on_hand, Decimal(0)) * (item.avg_cost or 0)
                for item in items.values()
                if item.pk in balances
            ),
            Decimal(0),
        ),
    )


def _balances(location: Location) -> Iterable[tuple[int, Decimal, Decimal, str]]:
    rows = Balance.objects.filter(location=location).order_by()
    return rows.values_list("item_id", "quantity_on_hand", "quantity_reserved", "authority").iterator(20_000)


def _sales(location: Location, as_of: datetime) -> tuple[dict[int, list[tuple[int, Decimal]]], dict[int, list[int]]]:
    """Sales up to the as-of time that no workbook has proved: those it may lack (not entered, or only after it), and
    those that somebody says are in it."""
    sold = ExcelUpdate.objects.filter(location=location, sold_at__lte=as_of).exclude(status=ExcelUpdate.Status.PROVED)
    unentered: dict[int, list[tuple[int, Decimal]]] = defaultdict(list)
    entered: dict[int, list[int]] = defaultdict(list)
    rows = sold.order_by("sold_at", "pk").values_list("item_id", "pk", "sold", "entered_at")
    for item_id, pk, quantity, entered_at in rows:
        if entered_at is None or entered_at > as_of:
            unentered[item_id].append((pk, quantity))
        else:
            entered[item_id].append(pk)
    return unentered, entered


def _corrected_after(location: Location, as_of: datetime) -> set[int]:
    rows = Movement.objects.filter(location=location, occurred_at__gt=as_of, kind__in=CORRECTING).order_by()
    return set(rows.values_list("item_id", flat=True))


def last_workbook(location: Location) -> ExcelSync | None:
    """The newest workbook synced, whole; looking at it again does not make it newer."""
    whole = ExcelSync.objects.filter(location=location, upload__isnull=False).select_related("upload", "location")
    sound = whole.exclude(source=ExcelSync.Source.AGAIN).exclude(run__status=WorkflowRun.Status.FAILED)
    return sound.order_by("-as_of", "-pk").first()


def expected_with_unentered(
    location: Location, stated: Sequence[tuple[int, int, datetime]]
) -> dict[int, tuple[Decimal, Decimal]]:
    """As `expected_now`, plus the sales that the workbook of each sync line was found not to know of."""
    rows = SyncLine.objects.filter(pk__any_of=[pk for pk, _, _ in stated]).exclude(unentered=0).order_by()
    lacking = dict(rows.values_list("pk", "unentered"))
    return {
        pk: (here, expected + lacking.get(pk, Decimal(0)))
        for pk, (here, expected) in expected_now(location, stated).items()
    }
