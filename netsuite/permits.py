"""May this push still go? Whoever owns a kind of record may say why not, right before it is sent.

What was decided days ago may be wrong by now. A push that is refused here waits for a person, who sends it again once
the cause is gone, or cancels it.
"""

import logging
from collections.abc import Callable

from django.db import DatabaseError

from netsuite.models import Push

log = logging.getLogger(__name__)

Permit = Callable[[Push], str]  # "" or the sentence why it is held back
_permits: dict[str, Permit] = {}


def register_permit(record_type: str, permit: Permit) -> None:
    if record_type in _permits:
        raise ValueError(f"Pushes of {record_type} are permitted twice.")
    _permits[record_type] = permit


def objection(push: Push) -> str:
    """An owner who cannot answer holds back this push alone; a lost database is the drain's own trouble."""
    permit = _permits.get(push.record_type)
    try:
        return permit(push) if permit else ""
    except DatabaseError:
        raise
    except Exception as problem:
        log.exception("push %s", push.external_id)
        return f"Whether it may still go could not be found out ({type(problem).__name__}: {problem})."
