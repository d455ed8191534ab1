"""Faults that change the world and then let the request go on."""

import time
from typing import Any

from netsuite.simulator.clock import SimulatedClock
from netsuite.simulator.exchange import Exchange
from netsuite.simulator.faults import HANDS, SHIFTS, Rule
from netsuite.simulator.foreign import ForeignHand, Script, record_in
from netsuite.simulator.records import Records
from netsuite.simulator.storage import Store


class World:
    def __init__(self, store: Store, clock: SimulatedClock, records: Records, foreign: ForeignHand) -> None:
        self._store = store
        self._foreign = foreign
        self._clock = clock
        self._records = records

    def change(self, rule: Rule, exchange: Exchange, script: Script) -> None:
        """``script`` is what the request would be answered by."""
        if rule.effect in ("dup_external_id", "foreign_write"):
            self._let_others_write(rule, exchange, script)
        elif rule.effect in ("item_inactivate", "lot_required"):
            self._change_item(rule, exchange)
        elif rule.effect == "negative_refuse":
            self._records.refuse_negative_stock()
        elif rule.effect == "period_close":
            self._close_period(rule, exchange)
        elif rule.effect == "slow":
            time.sleep(rule.duration)
        else:
            _mark(rule, exchange)

    def _let_others_write(self, rule: Rule, exchange: Exchange, script: Script) -> None:
        if rule.effect == "dup_external_id":
            self._foreign.take_external_id(exchange, script, equal=rule.value != "different")
            return
        hands = {
            "stock": self._foreign.change_stock,
            "record": self._foreign.change_record,
            "external_id": self._foreign.rob_external_id,
        }
        hands[rule.value or HANDS[0]](exchange)

    def _close_period(self, rule: Rule, exchange: Exchange) -> None:
        day = rule.value or record_in(exchange).get("tranDate") or self._clock.today().isoformat()
        with self._store.transaction() as db:
            db.execute("UPDATE periods SET closed = 1 WHERE ? BETWEEN startdate AND enddate", (str(day),))

    def _change_item(self, rule: Rule, exchange: Exchange) -> None:
        """The named item, or the first one of the request, becomes inactive or gets lots; an unknown one is made."""
        change: dict[str, Any] = {"inactive": True} if rule.effect == "item_inactivate" else {"lot": True}
        with self._store.transaction() as db:
            if rule.value:
                self._records.add_item(db, itemid=rule.value, **change)
                return
            record = record_in(exchange)
            lines = record.get("lines") or (record.get("inventory") or {}).get("items")
            first = lines[0].get("item") if isinstance(lines, list) and lines and isinstance(lines[0], dict) else None
            if isinstance(first, dict) and (first.get("id") or first.get("itemid")):
                self._records.add_item(db, internal_id=first.get("id"), itemid=first.get("itemid"), **change)


def _mark(rule: Rule, exchange: Exchange) -> None:
    """Effects that only this request feels."""
    if rule.effect == "read_lag":
        exchange.horizon_lag = exchange.visible_after = rule.duration
    elif rule.effect == "permission_drop":
        exchange.share_visible, exchange.denied = float(rule.value or 0), True
    elif rule.effect == "drop_field":
        exchange.dropped_field = rule.value or ""
    elif rule.effect == "feature_off":
        exchange.missing_column = rule.value or ""
    elif rule.effect == "snapshot_shift":
        exchange.shift = rule.value or SHIFTS[0]
