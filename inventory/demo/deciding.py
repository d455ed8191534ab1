"""Decisions of the demo's people, taken as the page takes them: bound to the numbers that are there now."""

from typing import Any

from approvals.models import ProposedAction
from approvals.operations import NotAllowedToDecide, content_hash, decide, live_numbers


def give(action: ProposedAction, verdicts: dict[int, str], *, by: Any, note: str = "", via: str = "admin") -> None:
    """`verdicts` by the id of the action, or of the envelope's lines; nothing is decided without any."""
    if verdicts:
        decide(
            action_id=action.pk, by=by, verdicts=verdicts, seen_hash=content_hash(live_numbers(action)), via=via,
            note=note,
        )  # fmt: skip


def refusal_to(action: ProposedAction, by: Any) -> str:
    """What somebody who may not decide this is told; "" if nobody stops them."""
    try:
        decide(action_id=action.pk, by=by, verdict="approved", seen_hash=None, via="command")
    except NotAllowedToDecide as refusal:
        return str(refusal)
    return ""
