"""What a message is answered: every update in its place, with what became of it. Quantities are text, exact."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from inventory.models import WmsClient
from inventory.wms.judging import Verdict


def answer_text(
    client: WmsClient, message_id: str, at: datetime, verdicts: Sequence[Verdict], tally: Mapping[str, int]
) -> str:
    return json.dumps(
        {
            "message": message_id,
            "wms_id": client.wms_id,
            "received_at": at.isoformat(),
            "counts": dict(tally),
            "results": [_result(verdict) for verdict in verdicts],
        }
    )


def _result(verdict: Verdict) -> dict[str, Any]:
    return {
        "position": verdict.read.position,
        "sequence": verdict.read.sequence,
        "sku": verdict.read.sku,
        "result": verdict.state,
        "first_result": verdict.first or None,
        "code": verdict.reason or None,
        "reason": verdict.why,
        "delta": _plain(verdict.delta),
        "on_hand": _plain(verdict.on_hand),
    }


def _plain(number: Decimal | None) -> str | None:
    """12.500 -> 12.5"""
    if number is None:
        return None
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
