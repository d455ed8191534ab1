"""How old what a client says is when it is taken: seconds from being true, by its clock, to being received here.

Of updates that said something new: applied, unchanged or compared. What is superseded, quarantined or known already
changes nobody's stock, however late it comes.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from inventory.models import WmsClient, WmsRollout


@dataclass(frozen=True)
class Freshness:
    """Seconds, by the nearest rank: an update that really was so old. None when none came."""

    median: float | None
    p95: float | None


def freshness(client: WmsClient, begin: datetime, end: datetime, rollout: WmsRollout | None = None) -> Freshness:
    """Of what was received after `begin`, until `end`; of a wave's items alone when one is given."""
    stamp = connection.ops.adapt_datetimefield_value
    parameters: list[Any] = [client.pk, stamp(begin), stamp(end)]
    if rollout is not None:
        parameters.append(rollout.pk)
    text = _RANKED.format(lag=_LAGS[connection.vendor], among=_AMONG if rollout else "")
    with connection.cursor() as cursor:
        cursor.execute(text, parameters)
        (median, p95) = cursor.fetchone()
    return Freshness(*(None if lag is None else round(max(float(lag), 0.0), 3) for lag in (median, p95)))


_LAGS = {
    "postgresql": "EXTRACT(EPOCH FROM said.received_at - said.as_of)",
    "sqlite": "(julianday(said.received_at) - julianday(said.as_of)) * 86400.0",
}
_AMONG = """
    AND said.item_id IN (
        SELECT kept.item_id FROM inventory_wmsrolloutbalance AS member
        JOIN inventory_balance AS kept ON kept.id = member.balance_id
        WHERE member.rollout_id = %s
    )
"""
# By the message, whose moment is indexed.
_RANKED = """
    SELECT MAX(CASE WHEN place = (total + 1) / 2 THEN lag END),
        MAX(CASE WHEN place = (total * 95 + 99) / 100 THEN lag END)
    FROM (
        SELECT {lag} AS lag, ROW_NUMBER() OVER (ORDER BY {lag}) AS place, COUNT(*) OVER () AS total
        FROM inventory_wmsmessage AS message
        JOIN inventory_wmsupdate AS said ON said.message_id = message.id
        WHERE message.client_id = %s AND message.received_at > %s AND message.received_at <= %s
            AND said.state IN ('applied', 'unchanged', 'compared'){among}
    ) AS ranked
"""
