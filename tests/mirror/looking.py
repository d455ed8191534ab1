"""The mirror as its tests speak of it: looks, and what they proposed."""

from typing import Any

from approvals.models import ProposedAction
from inventory.mirror.mirroring import mirror_netsuite
from inventory.models import Parity


def look(times: int = 1) -> None:
    for _ in range(times):
        assert mirror_netsuite().refused == ""


def envelope() -> Any:
    return ProposedAction.objects.filter(action_type="netsuite_corrections").latest("pk")


def line(code: str) -> Any:
    return ProposedAction.objects.filter(action_type="netsuite_correction", payload__item_code=code).latest("pk")


def row(code: str) -> Any:
    return Parity.objects.get(item__item_code=code)
