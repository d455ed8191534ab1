"""The mirror's line of health."""

from approvals.health import Line, register, seconds_since
from approvals.templatetags.figures import age
from inventory.mirror.standing import MirrorStanding, mirror_standing


def mirror() -> Line:
    state = mirror_standing()
    figures = {"last_mirror_age_seconds": seconds_since(state.succeeded_at), "differing_balances": state.apart}
    return Line("Mirror of NetSuite", _said(state), _problem(state), figures)


def _said(state: MirrorStanding) -> str:
    if state.succeeded_at is None:
        return "Balances were not compared with NetSuite yet."
    return f"Balances compared with NetSuite {age(state.succeeded_at)} ago; {state.apart} differ."


def _problem(state: MirrorStanding) -> str:
    """A difference is for people to decide; the mirror itself is ill when it cannot look."""
    if not state.is_silent:
        return ""
    return f"{_said(state)} {state.refusal or 'Check that the worker and beat processes are up.'}"


register("netsuite_mirror", mirror)
