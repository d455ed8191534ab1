"""A lasting difference from NetSuite becomes one proposed correction, and a person decides.

Approved: a movement on our ledger takes the difference away; NetSuite is not written to. Where the WMS decides how
many there are, it is the other way round: the difference is carried to NetSuite (`carrying`). Rejected: the difference
is accepted with the reason and not proposed again while it stays the same. What is booked is the difference the
last look found, so goods that moved since are neither lost nor booked twice. A difference that goes away by itself
takes its proposal with it, and above the value of `inventory_second_approval` nothing is booked before a second
person has signed (`second_signature`).
"""

from collections.abc import Collection, Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import F

from approvals.clock import now
from approvals.models import Event, JournalEntry, ProposedAction
from approvals.operations import Decision
from approvals.set_based import insert_rows, update_rows
from approvals.withdrawals import withdraw
from inventory.mirror.carrying import carry, wms_decides
from inventory.mirror.telling import settled
from inventory.mirror.unconfirmed import by_balance, open_pushes, our_names
from inventory.models import Balance, Location, MirrorMark, Movement, Parity
from inventory.stock.ledger import NewMovement, record_movements

ENVELOPE = "netsuite_corrections"
CORRECTION = "netsuite_correction"
SIGN_OFF = "netsuite_correction_approval"
HERE, IN_NETSUITE = "our ledger", "NetSuite"
RISK = 3
STALE_AFTER = timedelta(minutes=15)
Status = ProposedAction.Status
COLUMNS = (
    *("action_type", "title", "status", "risk", "envelope", "entity_type", "entity_ref", "payload", "proposed_at"),
    *("decided_via", "decided_hash", "reason_note"),
)


def propose_corrections() -> int:
    """One correction for each settled difference of an item we know, unless one is waiting already."""
    wanted = settled().filter(item__isnull=False, state__in=[Parity.State.DRIFT, Parity.State.MISSING_HERE])
    wanted = wanted.exclude(correction__status=Status.PENDING).exclude(correction__in=unsigned())
    rows = list(wanted.select_related("item", "location").order_by("pk"))
    envelopes, carried = _open_envelopes(list({row.location for row in rows})), wms_decides(rows)
    lines = [_line(row, envelopes[row.location_id], is_carried=row.pk in carried) for row in rows]
    insert_rows(ProposedAction, COLUMNS, lines)
    unlinked = ProposedAction.objects.filter(
        action_type=CORRECTION, status=Status.PENDING, envelope__any_of=list(envelopes.values()), parity=None
    )
    links = [(int(ref.split(":")[1]), pk) for pk, ref in unlinked.order_by().values_list("pk", "entity_ref")]
    update_rows(Parity, ["correction"], links)
    return len(lines)


def unsigned() -> set[int]:
    """Corrections that were approved and wait for the second person."""
    open_ones = ProposedAction.objects.filter(action_type=SIGN_OFF, status=Status.PENDING)
    return {pk for payload in open_ones.values_list("payload", flat=True) for pk in payload["corrections"]}


def withdraw_corrections() -> int:
    """Take back what has nothing left to correct: both sides agree again, or the rest is pushes on their way."""
    agreeing = Parity.objects.filter(difference=0).select_related("location")
    pending = agreeing.filter(correction__status=Status.PENDING)
    reasons = {row.correction_id: _gone(row) for row in pending if row.correction_id}
    settled_now = set(agreeing.filter(correction__in=unsigned()).values_list("correction", flat=True))
    for pk, payload in ProposedAction.objects.filter(action_type=SIGN_OFF, status=Status.PENDING).values_list(
        "pk", "payload"
    ):
        if settled_now.issuperset(payload["corrections"]):
            reasons[pk] = "All these differences have gone away, so nothing is left to book."
    return withdraw(reasons)


def _gone(row: Parity) -> str:
    here, there = _short(row.our_quantity), _short(row.netsuite_quantity)
    rest = f"; pushes on their way explain {_short(row.explained)}" if row.explained else ""
    return (
        f"The difference has gone away: {row.code} at {row.location.code} is {here} here and {there} in NetSuite{rest}."
    )


def lock_envelopes() -> dict[str, int]:
    """Location -> its open envelope, locked, so that no decision is taken on numbers that are being replaced."""
    kinds = [ENVELOPE, SIGN_OFF]
    open_ones = ProposedAction.objects.select_for_update().filter(action_type__in=kinds, status=Status.PENDING)
    return {action.entity_ref: action.pk for action in open_ones.order_by("pk") if action.action_type == ENVELOPE}


def _open_envelopes(locations: list[Location]) -> dict[int, int]:
    """Location id -> its envelope that is still open; made where there is none. A handful of locations."""
    known = lock_envelopes()
    refs = {location.pk: f"location:{location.pk}" for location in locations}
    for location in locations:
        if refs[location.pk] not in known:
            known[refs[location.pk]] = ProposedAction.objects.create(
                action_type=ENVELOPE,
                title=f"Differences from NetSuite at {location.code}",
                risk=RISK,
                entity_type="inventory_location",
                entity_ref=refs[location.pk],
                payload={"location": location.code},
            ).pk
    return {pk: known[ref] for pk, ref in refs.items()}


def _line(row: Parity, envelope_id: int, *, is_carried: bool) -> tuple[Any, ...]:
    here, there = (_short(row.our_quantity), _short(row.netsuite_quantity))
    title = f"{row.code}: {here} here, {there} in NetSuite"
    payload = {"item_code": row.code, "location": row.location.code, **_numbers(row, row.our_quantity, is_carried)}
    return (
        *(CORRECTION, title[:200], Status.PENDING, RISK, envelope_id, "inventory_balance", f"parity:{row.pk}"),
        *(payload, now(), "", "", ""),
    )


def _numbers(row: Parity, on_hand: Decimal | None, is_carried: bool) -> dict[str, Any]:
    """`correction` is what the side that `booked_in` names is changed by."""
    return {
        "on_hand": _fixed(on_hand),
        "in_netsuite": _fixed(row.netsuite_quantity),
        "waiting_pushes": _fixed(row.explained),
        "difference": _fixed(row.difference),
        "correction": _fixed(correction(row, is_carried=is_carried)),
        "booked_in": IN_NETSUITE if is_carried else HERE,
    }


def correction(row: Parity, *, is_carried: bool) -> Decimal:
    return row.difference if is_carried else -row.difference


def _fixed(quantity: Decimal | None) -> str:
    return f"{quantity or Decimal(0):.3f}"


def _short(quantity: Decimal | None) -> str:
    return "none" if quantity is None else f"{quantity:.3f}".rstrip("0").rstrip(".")


# -- what a decision is bound to, and what it does ------------------------------------------------------------


def live_numbers(actions: list[ProposedAction]) -> dict[int, dict[str, Any]]:
    """Both sides as they stand: ours now, NetSuite's from the last look."""
    rows = list(Parity.objects.filter(correction__any_of=[action.pk for action in actions]).order_by())
    on_hand, carried = _on_hand(rows), wms_decides(rows)
    return {
        row.correction_id: _numbers(row, on_hand.get((row.item_id, row.location_id)), row.pk in carried)
        for row in rows
        if row.correction_id
    }


def _on_hand(rows: list[Parity]) -> dict[tuple[int | None, int], Decimal]:
    balances = Balance.objects.filter(item__any_of=[row.item_id for row in rows if row.item_id])
    found = balances.order_by().values_list("item_id", "location_id", "quantity_on_hand")
    return {(item, location): quantity for item, location, quantity in found}


def objection(decision: Decision) -> str:
    """Why nothing can be booked now: NetSuite's numbers are old, or a push for the item is under way."""
    approved = decision.verdicts.get(Status.APPROVED, [])
    return why_not_now([action.pk for action in approved]) if approved else ""


def why_not_now(corrections: list[int]) -> str:
    mark = MirrorMark.objects.get(pk=1)
    if mark.succeeded_at is None or mark.snapshot_at is None or now() - mark.succeeded_at > STALE_AFTER:
        return (
            "NetSuite's balances were not read lately, so its numbers may be out of date. Wait for the next mirror, "
            "or run manage.py mirror_netsuite."
        )
    unconfirmed = by_balance(open_pushes(mark.snapshot_at), our_names())
    rows = Parity.objects.filter(correction__any_of=corrections).select_related("item")
    busy = [
        row.code
        for row in rows
        if row.item_id and (moves := unconfirmed.get((row.item_id, row.location_id))) and moves.open
    ]
    if busy:
        return (
            f"A push for {', '.join(busy[:5])} is on its way to NetSuite, so nobody knows yet what NetSuite will hold. "
            "Decide after the next mirror."
        )
    return ""


def rows_of(corrections: Iterable[int]) -> list[Parity]:
    """What is still different of these corrections."""
    ids = list(corrections)
    rows = Parity.objects.select_related("item", "location").filter(correction__any_of=ids)
    return list(rows.exclude(difference=0).order_by("pk")) if ids else []


def book(rows: list[Parity], decision: Decision) -> None:
    """Each difference as the decision saw it, on the side that is wrong, and the record of it. All of one location."""
    carried = wms_decides(rows)
    if there := [row for row in rows if row.pk in carried]:
        carry(there, decision)
    if here := [row for row in rows if row.pk not in carried and row.item_id]:
        _move(here, decision)
    _record(rows[0].location, rows, carried, decision)


def _move(rows: list[Parity], decision: Decision) -> None:
    moment = now()
    movements = [
        NewMovement(
            row.item_id,
            -row.difference,
            Movement.Kind.CORRECTION,
            moment,
            f"NetSuite correction {row.correction_id}",
            row.correction_id,
        )
        for row in rows
        if row.item_id
    ]
    record_movements(movements, location=rows[0].location, source="netsuite", by=decision.by)
    on_hand, states = _on_hand(rows), Parity.State
    update_rows(
        Parity,
        ["our_quantity", "state", "difference", "seen", "since", "accepted_difference"],
        [
            (
                *(row.pk, on_hand[row.item_id, row.location_id], states.PENDING if row.pushes else states.EQUAL),
                *(Decimal(0), 0, moment, None),
            )
            for row in rows
        ],
    )


def accept(rows: list[Parity]) -> None:
    Parity.objects.filter(pk__any_of=[row.pk for row in rows]).update(
        accepted_difference=F("difference"), state=Parity.State.ACCEPTED, seen=0, since=now()
    )


def _record(location: Location, rows: list[Parity], carried: Collection[int], decision: Decision) -> None:
    here = [[row.code, _fixed(-row.difference)] for row in rows if row.pk not in carried]
    there = [[row.code, _fixed(row.difference)] for row in rows if row.pk in carried]
    facts = {
        "location": location.code,
        "approved_by": str(decision.by),
        "corrected": here,
        "corrected_in_netsuite": there,
    }
    Event.objects.create(name="inventory.corrected", subject=f"location:{location.pk}", payload=facts)
    said = [f"{len(here)} balances at {location} were corrected to what NetSuite holds."] if here else []
    if there:
        said.append(f"{len(there)} balances at {location} were corrected in NetSuite to what the WMS says.")
    JournalEntry.objects.create(
        entity_type="inventory_location",
        entity_id=str(location.pk),
        outcome="corrected",
        tags="netsuite,mirror",
        narrative=" ".join([*said, f"Decided by {decision.by}.", decision.note]).strip(),
    )
