"""NetSuite's lines of health. One more line: a function that answers a Line, and a `register` below."""

from approvals.health import Line, register, seconds_since
from approvals.templatetags.figures import age
from netsuite.standing import DRAIN_SILENT_AFTER, Standing, standing


def queue() -> Line:
    state = standing()
    figures = {
        "last_drain_age_seconds": seconds_since(state.drained_at),
        "waiting": state.waiting,
        "oldest_waiting_seconds": seconds_since(state.oldest_waiting_since),
        "need_a_person": state.stuck,
        "confirmed_in_24_hours": state.confirmed_today,
        "halt": state.halt,
        "halted_reason": state.halted,
        "halted_until": state.halted_until.isoformat() if state.halted_until else None,
    }
    return Line("Queue to NetSuite", _said(state), _problem(state), figures)


def _said(state: Standing) -> str:
    drained = f"Last looked through {age(state.drained_at)} ago" if state.drained_at else "Not looked through yet"
    oldest = f", the oldest for {age(state.oldest_waiting_since)}" if state.oldest_waiting_since else ""
    return f"{drained}; {state.waiting} waiting{oldest}; {state.stuck} for a person."


def _problem(state: Standing) -> str:
    """A pause that NetSuite asked for is no problem until something has waited too long."""
    since = seconds_since(state.drained_at)
    is_late = since is not None and since > DRAIN_SILENT_AFTER.total_seconds()
    if state.halted and (is_late or not state.is_throttled):
        return f"{state.halt}: {state.halted}"
    if state.is_silent or (is_late and not state.is_throttled):
        return f"{_said(state)} Check that the worker and beat processes are up."
    return ""


register("netsuite_queue", queue)
