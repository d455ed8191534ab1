"""Faults that change the world and then let the request go on."""

import time
from typing import Any

from netsuite.simulator.clock import SimulatedClock
from netsuite.simulator.exchange import RECORD_PATH, Exchange
from netsuite.simulator.faults import SHIFTS, Rule
from netsuite.simulator.records import Records
from netsuite.simulator.storage import Store


class World:
    def __init__(self, store: Store, clock: SimulatedClock, records: Records) -> None:
        self._store = store
        self._clock = clock
        self._records = records

    def change(self, rule: Rule, exchange: Exchange) -> None:
        if rule.effect == "slow":
            time.sleep(rule.duration)
        elif rule.effect == "read_lag":
            exchange.horizon_lag = exchange.visible_after = rule.duration
        elif rule.effect == "period_close":
            self._close_period(rule, exchange)
        elif rule.effect == "item_inactivate":
            self._inactivate_item(rule, exchange)
        elif rule.effect == "permission_drop":
            exchange.share_visible = float(rule.value or 0)
        elif rule.effect == "feature_off":
            exchange.missing_column = rule.value or ""
        elif rule.effect == "snapshot_shift":
            exchange.shift = rule.value or SHIFTS[0]

    def _close_period(self, rule: Rule, exchange: Exchange) -> None:
        day = rule.value or _record(exchange).get("tranDate") or self._clock.today().isoformat()
        with self._store.transaction() as db:
            db.execute("UPDATE periods SET closed = 1 WHERE ? BETWEEN startdate AND enddate", (str(day),))

    def _inactivate_item(self, rule: Rule, exchange: Exchange) -> None:
        """The named item, or the first one of the request; an unknown one is created inactive."""
        with self._store.transaction() as db:
            if rule.value:
                self._records.add_item(db, itemid=rule.value, inactive=True)
                return
            record = _record(exchange)
            lines = record.get("lines") or (record.get("inventory") or {}).get("items")
            first = lines[0].get("item") if isinstance(lines, list) and lines and isinstance(lines[0], dict) else None
            if isinstance(first, dict) and (first.get("id") or first.get("itemid")):
                self._records.add_item(db, internal_id=first.get("id"), itemid=first.get("itemid"), inactive=True)


def _record(exchange: Exchange) -> dict[str, Any]:
    document = exchange.document
    if RECORD_PATH.fullmatch(exchange.path):
        return document if isinstance(document, dict) else {}
    record = document.get("record") if isinstance(document, dict) else None
    return record if isinstance(record, dict) else {}
