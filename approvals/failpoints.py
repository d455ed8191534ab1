"""Places where a drill can kill or freeze this process, to prove that nothing is lost or doubled there.

COUNTERSIGN_FAILPOINT=name kills at that place (as kill -9 does); name=stop freezes until SIGCONT; an ending
:n means the n-th time the place is reached. Refused in production, by a check and here again.
"""

import os
import signal
from collections import Counter
from enum import StrEnum

from django.conf import settings

VARIABLE = "COUNTERSIGN_FAILPOINT"


class Failpoint(StrEnum):
    """From the click to the confirmation, in the order a push passes them."""

    AFTER_DECISION = "after_decision"
    """The decision has committed, its run has not been taken further."""
    WHILE_POSTING = "while_posting"
    """Pushes queued and stock changed, nothing of it committed."""
    BEFORE_WAKE_UP = "before_wake_up"
    """Posted and queued, committed; nobody has been told."""
    AFTER_LEASE = "after_lease"
    AFTER_SWEEP = "after_sweep"
    BEFORE_SEND = "before_send"
    """The claim has committed, no byte has left."""
    AFTER_SEND_BEFORE_RECORD = "after_send_before_record"
    WHILE_RECORDING = "while_recording"
    AFTER_RECORD = "after_record"
    AFTER_LOOKUP_BEFORE_RECORD = "after_lookup_before_record"
    BETWEEN_PUSHES = "between_pushes"
    BEFORE_RELEASE = "before_release"


class MailFailpoint(StrEnum):
    """From the claim of an e-mail to its record."""

    BEFORE_HANDING_OVER = "before_handing_over_mail"
    """The claim has committed, no byte has left."""
    AFTER_HANDING_OVER = "after_handing_over_mail"
    """The mail server took it, nothing is recorded."""


def after_step(name: str) -> str:
    """The place where the step of that name has committed and nothing after it has begun."""
    return f"after_{name}"


_reached: Counter[str] = Counter()


def are_allowed() -> bool:
    return not settings.PRODUCTION


def reach(point: str) -> None:
    """Nothing at all, unless a drill armed this very place."""
    armed = os.environ.get(VARIABLE, "")
    if not armed or not are_allowed():
        return
    place, _, count = armed.partition(":")
    name, _, manner = place.partition("=")
    if name != point:
        return
    _reached[name] += 1
    if _reached[name] == int(count or 1):
        os.kill(os.getpid(), signal.SIGSTOP if manner == "stop" else signal.SIGKILL)
