"""Fault rules: which requests they match, when they fire, and how often. Rules and their counters are
stored."""

import json
import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from enum import Enum
from fnmatch import fnmatchcase
from typing import Any

from netsuite.simulator.clock import SimulatedClock
from netsuite.simulator.exchange import Exchange
from netsuite.simulator.storage import Database, Store


class Stage(Enum):
    """When an effect acts. At most one ``ARRIVAL``, ``LOGIN`` and ``DELIVERY`` fault fires per
    request; all ``WORLD`` ones do."""

    ARRIVAL = "arrival"
    LOGIN = "login"
    WORLD = "world"
    DELIVERY = "delivery"


EFFECTS: Mapping[str, Stage] = {
    "refuse": Stage.ARRIVAL,
    "reset_before_read": Stage.ARRIVAL,
    "auth_revoke": Stage.LOGIN,
    "auth_lock": Stage.LOGIN,
    "token_expire": Stage.LOGIN,
    "clock_skew": Stage.LOGIN,
    "overload_as_invalid_login": Stage.LOGIN,
    "period_close": Stage.WORLD,
    "item_inactivate": Stage.WORLD,
    "lot_required": Stage.WORLD,
    "negative_refuse": Stage.WORLD,
    "dup_external_id": Stage.WORLD,
    "foreign_write": Stage.WORLD,
    "drop_field": Stage.WORLD,
    "read_lag": Stage.WORLD,
    "slow": Stage.WORLD,
    "permission_drop": Stage.WORLD,
    "feature_off": Stage.WORLD,
    "snapshot_shift": Stage.WORLD,
    "reset_before_commit": Stage.DELIVERY,
    "reset_after_commit": Stage.DELIVERY,
    "hang_before_commit": Stage.DELIVERY,
    "hang_after_commit": Stage.DELIVERY,
    "late_commit": Stage.DELIVERY,
    "truncated_body": Stage.DELIVERY,
    "garbage_html_200": Stage.DELIVERY,
    "html_502": Stage.DELIVERY,
    "html_504_after_commit": Stage.DELIVERY,
    "throttle": Stage.DELIVERY,
    "http_500_before": Stage.DELIVERY,
    "http_500_after_commit": Stage.DELIVERY,
    "http_503": Stage.DELIVERY,
    "governance_exhaust": Stage.DELIVERY,
    "governance_exhaust_after_commit": Stage.DELIVERY,
    "time_limit": Stage.DELIVERY,
    "time_limit_after_commit": Stage.DELIVERY,
}

DEFAULT_SECONDS: Mapping[str, float] = {
    "refuse": 5.0,
    "clock_skew": 360.0,
    "overload_as_invalid_login": 0.0,
    "read_lag": 5.0,
    "hang_before_commit": 330.0,
    "hang_after_commit": 330.0,
    "late_commit": 20.0,
}

LONGEST_HOLD_SECONDS = 330.0
SHIFTS = ("vanish", "repeat")
HANDS = ("stock", "record", "external_id")
DUPLICATES = ("equal", "different")


class BadRule(Exception):
    """A fault rule that makes no sense; the message says why."""


@dataclass(frozen=True)
class Rule:
    """``count=None`` fires without end. ``nth`` is the first matching call that fires, counted from 1.

    ``seconds`` is the length of a hang, a delay, a lag, a closed listener, or the skew (which may be
    negative);
    left out, the effect's own default counts.
    ``hold`` is how long a ``late_commit`` keeps a patient client waiting before it closes the connection.
    ``since`` and ``until`` are ISO times of the simulated clock between which the rule matches.
    ``value`` is the date of ``period_close``, the item of ``item_inactivate`` and ``lot_required``, the share of rows
    that ``permission_drop`` leaves, how ``snapshot_shift`` moves them, the column ``feature_off`` takes away, the
    field ``drop_field`` loses, what ``foreign_write`` changes, or whether ``dup_external_id`` is equal.
    """

    effect: str
    route: str | None = None
    method: str | None = None
    op: str | None = None
    record_type: str | None = None
    external_id: str | None = None
    nth: int = 1
    probability: float = 1.0
    count: int | None = 1
    seconds: float | None = None
    hold: float = LONGEST_HOLD_SECONDS
    value: str | None = None
    since: str | None = None
    until: str | None = None
    seed: int = 1

    @property
    def stage(self) -> Stage:
        return EFFECTS[self.effect]

    @property
    def duration(self) -> float:
        return DEFAULT_SECONDS.get(self.effect, 1.0) if self.seconds is None else self.seconds

    @property
    def unconditional(self) -> bool:
        wanted = (self.route, self.method, self.op, self.record_type, self.external_id)
        timed = self.since or self.until
        return all(part is None for part in wanted) and not timed and self.nth == 1 and self.probability >= 1.0

    def is_open(self, moment: float) -> bool:
        """Whether the simulated clock stands inside the rule's window."""
        return (self.since is None or moment >= _moment(self.since)) and (
            self.until is None or moment < _moment(self.until)
        )

    def matches(self, exchange: Exchange, route: str | None) -> bool:
        pairs = (
            (self.route, route),
            (self.method, exchange.method),
            (self.op, _operation(exchange)),
            (self.record_type, exchange.record_type),
            (self.external_id, exchange.external_id),
        )
        return all(wanted is None or fnmatchcase((actual or "").lower(), wanted.lower()) for wanted, actual in pairs)

    def wins_draw(self, rule_id: int, call: int) -> bool:
        """The same seed, rule and call give the same draw, also after a restart."""
        return self.probability >= 1.0 or random.Random(f"{self.seed}:{rule_id}:{call}").random() < self.probability


def parse_rule(document: Any, *, seed: int = 1) -> Rule:
    if not isinstance(document, dict):
        raise BadRule("a fault rule is a JSON object")
    unknown = sorted(set(document) - {field.name for field in fields(Rule)})
    if unknown:
        raise BadRule(f"unknown field {', '.join(unknown)}")
    if document.get("effect") not in EFFECTS:
        raise BadRule(f"effect must be one of {', '.join(EFFECTS)}")
    given: dict[str, Any] = {"seed": seed} | document
    rule = Rule(**given)
    _check_numbers(rule)
    _check_value(rule)
    if rule.stage is Stage.ARRIVAL and rule.external_id and (rule.method or "").upper() != "GET":
        raise BadRule(f"{rule.effect} acts before the body is read; it can match an external id only with method GET")
    return rule


def _check_numbers(rule: Rule) -> None:
    numbers = {
        "nth": rule.nth,
        "probability": rule.probability,
        "seconds": rule.duration,
        "hold": rule.hold,
        "seed": rule.seed,
    }
    if rule.count is not None:
        numbers["count"] = rule.count
    for name, value in numbers.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise BadRule(f"{name} must be a number")
    if rule.nth < 1 or (rule.count is not None and rule.count < 1):
        raise BadRule("nth and count start at 1; leave count null for no end")
    if not 0 < rule.probability <= 1:
        raise BadRule("probability is above 0 and at most 1")
    if rule.hold < 0:
        raise BadRule("hold must not be negative")
    if rule.duration < 0 and rule.effect != "clock_skew":
        raise BadRule("seconds must not be negative")


def _check_value(rule: Rule) -> None:
    if rule.effect == "snapshot_shift" and (rule.value or SHIFTS[0]) not in SHIFTS:
        raise BadRule(f"value of snapshot_shift is one of {', '.join(SHIFTS)}")
    choices = {"foreign_write": HANDS, "dup_external_id": DUPLICATES}.get(rule.effect)
    if choices and (rule.value or choices[0]) not in choices:
        raise BadRule(f"value of {rule.effect} is one of {', '.join(choices)}")
    if rule.effect == "drop_field" and not rule.value:
        raise BadRule("value of drop_field is the field to lose, in the words of the request")
    for name in ("since", "until"):
        if getattr(rule, name) is not None and not _is_moment(getattr(rule, name)):
            raise BadRule(f"{name} is a time with its zone, for example 2026-11-21T12:00:00Z")
    if rule.effect == "permission_drop" and not 0 <= float(rule.value or 0) < 1:
        raise BadRule("value of permission_drop is the share of rows that stays, from 0 to below 1")


class FaultBook:
    """The active rules."""

    def __init__(self, store: Store, clock: SimulatedClock) -> None:
        self._store = store
        self._clock = clock

    def add(self, rule: Rule) -> int:
        with self._store.transaction() as db:
            made = db.execute("INSERT INTO fault_rules (rule) VALUES (?) RETURNING id", (json.dumps(asdict(rule)),))
            return int(made.fetchone()[0])

    def listing(self) -> list[dict[str, Any]]:
        rows = self._store.rows("SELECT * FROM fault_rules ORDER BY id")
        return [
            {"id": row["id"], **json.loads(row["rule"]), "matched": row["matched"], "fired": row["fired"]}
            for row in rows
        ]

    def unused(self) -> list[dict[str, Any]]:
        return [rule for rule in self.listing() if rule["fired"] == 0]

    def active(self) -> list[dict[str, Any]]:
        return [rule for rule in self.listing() if rule["count"] is None or rule["fired"] < rule["count"]]

    def clear(self, rule_id: int | None = None) -> int:
        with self._store.transaction() as db:
            if rule_id is None:
                return db.execute("DELETE FROM fault_rules").rowcount
            return db.execute("DELETE FROM fault_rules WHERE id = ?", (rule_id,)).rowcount

    def fire(self, rule_id: int) -> None:
        with self._store.transaction() as db:
            db.execute("UPDATE fault_rules SET matched = matched + 1, fired = fired + 1 WHERE id = ?", (rule_id,))

    def draw(self, stage: Stage, exchange: Exchange, route: str | None) -> list[Rule]:
        """The rules that fire for this request now; counts them."""
        if self._store.row("SELECT 1 FROM fault_rules LIMIT 1") is None:
            return []
        with self._store.transaction() as db:
            return self._draw(db, stage, exchange, route)

    def _draw(self, db: Database, stage: Stage, exchange: Exchange, route: str | None) -> list[Rule]:
        drawn: list[Rule] = []
        for row in db.execute("SELECT * FROM fault_rules ORDER BY id").fetchall():
            rule = Rule(**json.loads(row["rule"]))
            if rule.stage is not stage or not rule.is_open(self._clock.timestamp()):
                continue
            if not rule.matches(exchange, route):
                continue
            call = row["matched"] + 1
            spent = rule.count is not None and row["fired"] >= rule.count
            taken = bool(drawn) and stage is not Stage.WORLD
            fires = not spent and not taken and call >= rule.nth and rule.wins_draw(row["id"], call)
            db.execute(
                "UPDATE fault_rules SET matched = ?, fired = fired + ? WHERE id = ?",
                (call, int(fires), row["id"]),
            )
            if fires:
                drawn.append(rule)
        return drawn


def _operation(exchange: Exchange) -> str | None:
    """Before its body is read, a POST to the RESTlet can only be a push."""
    if exchange.op is None and exchange.method == "POST" and exchange.path.endswith("/restlet.nl"):
        return "push"
    return exchange.op


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _is_moment(text: object) -> bool:
    try:
        return isinstance(text, str) and datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
