"""A log line for each update, when LOG_EACH_UPDATE asks for it: what the client's document wants logged."""

import logging
from collections.abc import Sequence

from django.db import transaction

from inventory.models import WmsMessage
from inventory.wms.judging import Verdict

log = logging.getLogger("countersign.updates")


def tell_of_updates(message: WmsMessage, verdicts: Sequence[Verdict]) -> None:
    """After the commit: what was rolled back did not happen."""
    if log.isEnabledFor(logging.INFO):
        transaction.on_commit(lambda: _tell(message, verdicts))


def _tell(message: WmsMessage, verdicts: Sequence[Verdict]) -> None:
    wms_id = message.client.wms_id
    for verdict in verdicts:
        told = {
            "wms_id": wms_id,
            "message_id": message.webhook_id,
            "sequence": verdict.read.sequence,
            "sku": verdict.read.sku,
            "result": verdict.state,
            "delta": verdict.delta,
            "on_hand": verdict.on_hand,
            "reason": verdict.reason,
        }
        log.info("wms update", extra={"told": {name: said for name, said in told.items() if said not in {None, ""}}})
