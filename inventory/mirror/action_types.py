"""What the gate is told of corrections to NetSuite's number."""

from approvals.contract import ActionType
from inventory.mirror import corrections, decision_page, second_signature

ENVELOPE = ActionType(
    key=corrections.ENVELOPE,
    title="Differences from NetSuite",
    live=lambda actions: {action.pk: dict(action.payload) for action in actions},
    decided=lambda decision: None,
)
CORRECTION = ActionType(
    key=corrections.CORRECTION,
    title="Differences from NetSuite",
    live=corrections.live_numbers,
    decided=second_signature.decide_corrections,
    objection=corrections.objection,
    page=decision_page.corrections_page,
    template="inventory/decision_corrections.html",
)
SIGN_OFF = ActionType(
    key=corrections.SIGN_OFF,
    title="Second approval of corrections",
    live=second_signature.live_sign_off,
    decided=second_signature.decide_sign_off,
    objection=second_signature.objection,
)
