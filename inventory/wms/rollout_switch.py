"""The switch: a wave's balances go to the WMS, and back to whoever had the say before. Each is one transaction.

Nothing is lost on the way back: on hand, promises and the sales that Excel was not told of stay; the WMS's updates go
on arriving and are compared, so that the next switch puts its newest words on the ledger.
"""

from collections import defaultdict
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

from django.db import transaction

from approvals.clock import now
from approvals.models import ProposedAction
from approvals.refusals import Refused
from approvals.set_based import update_rows
from inventory.models import Authority, Balance, WmsClient, WmsRollout, WmsRolloutBalance, WmsUpdate
from inventory.stock import second_person
from inventory.stock.authority import set_authority
from inventory.stock.ledger import lock_balances
from inventory.wms.agreement import NOTHING, Compared, compare_balances
from inventory.wms.applying_standings import apply_standings
from inventory.wms.discrepancy_limit import stale_after
from inventory.wms.intake import hold_intake
from inventory.wms.rollout import SWITCH, check_may, check_reason, gates_of, locked, move
from inventory.wms.rollout_gates import Gate

OVERRIDE = "inventory.override_wmsrollout"
SIGN_OFF = "wms_rollout_switch"
Stage = WmsRollout.Stage


@dataclass
class Plan:
    """What a switch would change now: `up` and `down` in units, values in US dollars where the cost is known.

    `spent`: the newest word was applied before, so on hand stays. `below_zero`: more has left since than it says; it
    waits for a newer one. `oversells`: more is promised than would be there, and was not before.
    """

    balances: int = 0
    changing: int = 0
    up: Decimal = NOTHING
    down: Decimal = NOTHING
    value_up: Decimal = NOTHING
    value_down: Decimal = NOTHING
    without_cost: int = 0
    oversells: int = 0
    never_told: int = 0
    stale: int = 0
    spent: int = 0
    below_zero: int = 0
    rows: list[Compared] = field(default_factory=list)

    @property
    def gross_value(self) -> Decimal:
        return self.value_up + self.value_down

    def largest(self, shown: int) -> list[Compared]:
        """By value; those without a cost first, as nobody knows how large they are."""

        def size(row: Compared) -> tuple[bool, Decimal, Decimal]:
            return row.value is None, abs(row.value or NOTHING), abs(row.difference or NOTHING)

        return sorted(self.rows, key=size, reverse=True)[:shown]

    def figures(self) -> dict[str, str]:
        """For the record, as text."""
        return {name: str(value) for name, value in asdict(self).items() if name != "rows"}


@dataclass(frozen=True)
class Switched:
    """`moved` balances changed their quantity. `asked`: nothing has changed, a second person must sign first."""

    rollout: WmsRollout
    moved: int = 0
    asked: ProposedAction | None = None


def plan_switch(wave: WmsRollout) -> Plan:
    """Look without touching; in a number of statements that does not depend on the number of balances."""
    rows = compare_balances(wave.client, Balance.objects.filter(wms_rollouts__rollout=wave))
    spent = _spent(wave.client, rows)
    stale_before = now() - stale_after()
    plan = Plan(balances=wave.members.count())
    told = 0
    for row in rows:
        told += row.target is not None
        plan.stale += row.as_of is not None and row.as_of < stale_before
        if row.target is None or not row.difference:
            continue
        if row.sequence in spent:
            plan.spent += 1
        elif row.target < 0:
            plan.below_zero += 1
        else:
            _add(plan, row, row.difference)
    plan.never_told = plan.balances - told
    return plan


def _add(plan: Plan, row: Compared, difference: Decimal) -> None:
    value = row.value
    plan.changing += 1
    plan.without_cost += value is None
    if difference > 0:
        plan.up, plan.value_up = plan.up + difference, plan.value_up + (value or NOTHING)
    else:
        plan.down, plan.value_down = plan.down - difference, plan.value_down - (value or NOTHING)
    on_hand, target = row.on_hand or NOTHING, row.target or NOTHING
    plan.oversells += target < row.reserved <= on_hand
    plan.rows.append(row)


def _spent(client: WmsClient, rows: list[Compared]) -> set[int]:
    """Sequences that moved stock already: an update posts once."""
    said = [row.sequence for row in rows if row.difference and row.sequence is not None]
    applied = WmsUpdate.objects.filter(client=client, sequence__any_of=said, state=WmsUpdate.State.APPLIED)
    return {sequence for sequence in applied.order_by().values_list("sequence", flat=True) if sequence is not None}


def switch_live(*, rollout: WmsRollout, by: Any, reason: str, despite_gates: bool = False) -> Switched:
    """Give the WMS the say on the wave's balances and put its newest words on the ledger, in one transaction.

    Above the guardrail `inventory_second_approval` it only asks a second person, whose approval carries it out.
    Raises Refused, changing nothing: also where a gate is not passed, unless `despite_gates`, which takes a permission
    of its own and is kept with the reason.
    """
    reason = " ".join(reason.split())
    check_may(by, SWITCH, "switch a wave")
    check_reason(reason)
    with transaction.atomic():
        wave = locked(rollout, Stage.LIVE)
        _check_may_go_live(wave)
        gates = gates_of(wave)
        is_override = _check_gates(gates, by, despite_gates)
        hold_intake(wave.client)
        plan = plan_switch(wave)
        if second_person.is_needed(plan.gross_value):
            return Switched(wave, asked=_ask(wave, plan, by, reason, is_override))
        return carry_out(wave, by=by, reason=reason, gates=gates, is_override=is_override)


def _check_may_go_live(wave: WmsRollout) -> None:
    if not wave.client.is_enabled:
        raise Refused(f"{wave.client} is disabled: nothing it says would arrive. Enable it first.")
    if wave.sign_off and wave.sign_off.status == ProposedAction.Status.PENDING:
        raise Refused(f"The switch of {wave} waits for a second person already. See To decide.")


def _check_gates(gates: list[Gate], by: Any, despite_gates: bool) -> bool:
    """Is it an override?"""
    closed = [gate for gate in gates if not gate.lets_through]
    if not closed:
        return False
    if not despite_gates:
        raise Refused([f"{gate.name}: {gate.said}" for gate in closed])
    check_may(by, OVERRIDE, "switch a wave before it has passed its gates")
    return True


def _ask(wave: WmsRollout, plan: Plan, by: Any, reason: str, is_override: bool) -> ProposedAction:
    action = ProposedAction.objects.create(
        action_type=SIGN_OFF,
        title=f"Sign-off: switch {wave} at {wave.client.location.code} to the WMS"[:200],
        risk=3,
        entity_type="wms_rollout",
        entity_ref=f"wms_rollout:{wave.pk}",
        payload={
            "wave": wave.name,
            "wms": wave.client.wms_id,
            "location": wave.client.location.code,
            "reason": reason,
            "asked_by": by.get_username(),
            "gross_value": f"{plan.gross_value:.2f}",
            "despite_gates": is_override,
            "changes": plan.figures(),
        },
    )
    action.participants.add(by)
    wave.sign_off = action
    wave.save(update_fields=["sign_off"])
    return action


def carry_out(
    wave: WmsRollout, *, by: Any, reason: str, gates: list[Gate], is_override: bool, confirmed_by: Any = None
) -> Switched:
    """The caller holds the wave and has checked everything."""
    hold_intake(wave.client)
    members = dict(wave.members.order_by().values_list("balance_id", "pk"))
    balances = Balance.objects.filter(wms_rollouts__rollout=wave)
    items = list(balances.order_by().values_list("item_id", flat=True))
    lock_balances(wave.client.location, items)
    plan = plan_switch(wave)
    before = balances.exclude(authority=Authority.WMS).order_by().values_list("pk", "authority")
    update_rows(WmsRolloutBalance, ["before"], [(members[pk], authority) for pk, authority in before])
    set_authority(balances=balances, authority=Authority.WMS, by=by, reason=_why(wave, reason))
    moved = apply_standings(client=wave.client, item_ids=items, at=now())
    move(
        wave, Stage.LIVE, reason, by=by, confirmed_by=confirmed_by, is_override=is_override,
        gates=[f"{gate.name}, {gate.state.replace('_', ' ')}: {gate.said}" for gate in gates],
        figures=plan.figures() | {"moved": moved},
    )  # fmt: skip
    return Switched(wave, moved)


def switch_back(*, rollout: WmsRollout, by: Any, reason: str) -> int:
    """Each balance goes back to whoever had the say before the switch; how many did. The wave is in shadow again.

    What somebody has given to another authority meanwhile is left to it.
    """
    reason = " ".join(reason.split())
    check_may(by, SWITCH, "switch a wave")
    check_reason(reason)
    with transaction.atomic():
        wave = locked(rollout, Stage.SHADOW)
        hold_intake(wave.client)
        returning: dict[str, list[int]] = defaultdict(list)
        rows = wave.members.exclude(before="").filter(balance__authority=Authority.WMS).order_by()
        for before, balance in rows.values_list("before", "balance_id"):
            returning[before].append(balance)
        for authority, ids in sorted(returning.items()):
            back = Balance.objects.filter(pk__any_of=ids)
            set_authority(balances=back, authority=authority, by=by, reason=_why(wave, reason))
        wave.members.update(before="")
        figures = {authority: len(ids) for authority, ids in returning.items()}
        move(wave, Stage.SHADOW, reason, by=by, figures={"returned": figures})
        return sum(figures.values())


def _why(wave: WmsRollout, reason: str) -> str:
    return f"Wave {wave}: {reason}"[:300]
