"""The second person of a large switch: asked through the gate, carried out by the approval."""

from decimal import Decimal
from typing import Any

from django.contrib.auth import get_user_model

from approvals.contract import ActionType
from approvals.models import ProposedAction
from approvals.money import dollars
from approvals.operations import Decision
from approvals.refusals import Refused
from inventory.models import WmsRollout
from inventory.wms.rollout import SWITCH, gates_of, locked
from inventory.wms.rollout_page import switch_page
from inventory.wms.rollout_switch import SIGN_OFF, carry_out, plan_switch

APPROVED = ProposedAction.Status.APPROVED
MOST_GROWTH = Decimal("1.25")
"""Updates arrive while somebody thinks: up to this many times the value asked for is still what was asked for."""


def live(actions: list[ProposedAction]) -> dict[int, dict[str, Any]]:
    """Bound to what was asked; `objection` looks whether it still comes to about that."""
    return {action.pk: dict(action.payload) for action in actions}


def objection(decision: Decision) -> str:
    if APPROVED not in decision.verdicts:
        return ""
    action = decision.action
    if decision.by.get_username() == action.payload["asked_by"]:
        return f"{decision.by} asked for this switch, so a second person must confirm it."
    if not decision.by.has_perm(SWITCH):
        return "You may not switch a wave. Ask an administrator for the approver role."
    wave = _wave(action)
    if wave.stage != WmsRollout.Stage.SHADOW or wave.sign_off_id != action.pk:
        return f"The wave {wave} has moved on since this was asked. Reject it and look at the wave."
    if not wave.client.is_enabled:
        return f"{wave.client} is disabled: nothing it says would arrive. Enable it first."
    asked, value = Decimal(action.payload["gross_value"]), plan_switch(wave).gross_value
    if value > asked * MOST_GROWTH:
        return f"It would change {dollars(value)} now; {dollars(asked)} was asked for. Reject it and ask anew."
    return ""


def decided(decision: Decision) -> None:
    """In the gate's transaction."""
    if APPROVED not in decision.verdicts:
        return
    action = decision.action
    said = action.payload
    wave = locked(_wave(action), WmsRollout.Stage.LIVE)
    asker = get_user_model()._default_manager.filter(username=said["asked_by"], is_active=True).first()
    if asker is None:
        raise Refused(f"{said['asked_by']}, who asked for this switch, is not an active user any more. Ask anew.")
    carry_out(
        wave, by=asker, reason=said["reason"], gates=gates_of(wave), is_override=said["despite_gates"],
        confirmed_by=decision.by,
    )  # fmt: skip


def _wave(action: ProposedAction) -> WmsRollout:
    return WmsRollout.objects.select_related("client__location").get(pk=action.entity_ref.partition(":")[2])


SWITCH_SIGN_OFF = ActionType(
    key=SIGN_OFF,
    title="Second approval of a switch to the WMS",
    live=live,
    decided=decided,
    objection=objection,
    page=switch_page,
    template="wms/decision_switch.html",
)
