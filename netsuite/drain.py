"""The only writer to NetSuite. Takes the lease, then sends what is due, one push at a time, in order.

Each push: claim (committed) -> HTTP with no transaction open -> outcome recorded, if the lease is still ours.
"""

import logging
import random
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db.models import Q

from approvals.alerts import raise_alert, resolve_alert
from approvals.clock import now
from approvals.failpoints import Failpoint, reach
from approvals.holders import own_name
from netsuite import claims, configuration, halts, lease, permits
from netsuite.client import Client, client_for
from netsuite.configuration import Timing
from netsuite.models import DrainLease, Push
from netsuite.outcomes import (
    AuthStop,
    CallFailure,
    ConfigStop,
    LookupOutcome,
    Pong,
    PushOutcome,
    Refused,
    Rejected,
    Throttled,
)
from netsuite.records import Json, StockKey, stock_keys
from netsuite.verdicts import Situation, Verdict, after_lookup, after_send

logger = logging.getLogger(__name__)

BATCH = 50
Status = Push.Status


@dataclass
class DrainReport:
    """What one drain did. From `confirmed` to `conflict`: pushes it took up, by the state it left them in."""

    busy: bool = False
    halted: str = ""
    lost_lease: bool = False
    taken_over: int = 0
    sent: int = 0
    looked_up: int = 0
    confirmed: int = 0
    retried: int = 0
    unknown: int = 0
    needs_human: int = 0
    conflict: int = 0
    held_back: int = 0
    waiting: int = 0
    outcomes: dict[str, str] = field(default_factory=dict)
    """External id -> the sentence it ended with."""
    states: dict[str, str] = field(default_factory=dict)

    def note(self, push: Push) -> None:
        self.outcomes[push.external_id] = push.last_outcome
        self.states[push.external_id] = push.status

    def sum_up(self, *, held_back: int, waiting: int) -> None:
        counts = Counter(self.states.values())
        self.confirmed = counts[Status.CONFIRMED]
        self.retried = counts[Status.RETRY] + counts[Status.PENDING]
        self.unknown = counts[Status.UNKNOWN]
        self.needs_human = counts[Status.NEEDS_HUMAN]
        self.conflict = counts[Status.CONFLICT]
        self.held_back, self.waiting = held_back, waiting

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def drain(*, holder: str | None = None, max_pushes: int | None = None) -> DrainReport:
    """Send what is due; returns at once when another drain is at work or pushing is halted.

    Raises the database's error when the connection is lost; the next drain looks up what was being sent.
    `max_pushes` limits how many pushes are taken up. Starts no new ones after NETSUITE_DRAIN_SECONDS,
    well within a worker's time limit.
    """
    timing = configuration.timing()
    connection = configuration.connection()
    if connection.problems:
        report = DrainReport(halted="NetSuite is not set up: " + " ".join(connection.problems))
        raise_alert(key=halts.INCOMPLETE_ALERT, severity="critical", message=report.halted)
        return report
    resolve_alert(key=halts.INCOMPLETE_ALERT)
    client = client_for(connection, timing)
    if standing := halts.standing(halts.current(), client.signer.fingerprint()):
        return DrainReport(halted=standing, waiting=_waiting())
    name = holder or own_name()
    try:
        token = lease.acquire(name, timing.lease)
        if token is None:
            return DrainReport(busy=True, waiting=_waiting())
        return _Pass(client, timing, token, max_pushes).run()
    except lease.DATABASE_AWAY:
        lease.give_back(name)
        raise


def _waiting() -> int:
    return Push.objects.filter(status__in=Push.WAITING).count()


@dataclass
class _Pass:
    """One drain while it holds the lease."""

    client: Client
    timing: Timing
    token: int
    max_pushes: int | None
    report: DrainReport = field(default_factory=DrainReport)
    held: dict[int, frozenset[StockKey]] = field(default_factory=dict)
    taken: int = 0
    last_refusal: str = ""
    started: float = field(default_factory=time.monotonic)
    renewed: float = field(default_factory=time.monotonic)
    row: DrainLease = field(default_factory=halts.current)

    def run(self) -> DrainReport:
        completed = False
        try:
            if self.row.token != self.token:
                raise lease.LeaseLost(f"lease token {self.token} is no longer current")
            reach(Failpoint.AFTER_LEASE)
            self.report.taken_over = claims.sweep(self.token)
            reach(Failpoint.AFTER_SWEEP)
            if self._may_go_on():
                while self._batch():
                    pass
        except lease.LeaseLost as loss:
            logger.warning("drain stopped: %s", loss)
            self.report.lost_lease = True
        else:
            reach(Failpoint.BEFORE_RELEASE)
            completed = not self.report.halted
        finally:
            lease.release(self.token, completed=completed)
        self.report.sum_up(held_back=len(self.held), waiting=_waiting())
        return self.report

    def _may_go_on(self) -> bool:
        """After a login or set-up failure one ping goes first; it decides."""
        return not halts.needs_probe(self.row) or self._ping()

    def _batch(self) -> bool:
        """Take up the next due pushes in order; False when nothing is left or the pass must end."""
        due = list(
            Push.objects.filter(status__in=Push.WAITING, next_attempt_at__lte=now())
            .exclude(pk__in=self.held)
            .order_by("pk")[:BATCH]
        )
        claims.look_up_numbers(due)
        blockers = self._blockers()
        for push in due:
            if self._is_spent():
                return False
            keys = push.stock_keys() if blockers or self.held else frozenset()
            if self._is_held(push, keys, blockers):
                self.held[push.pk] = keys
                continue
            if self.taken:
                reach(Failpoint.BETWEEN_PUSHES)
            try:
                if not self._take_up(push):
                    return False
            except claims.PushChanged as change:
                logger.info("push %s was changed meanwhile; left for the next round", change)
                push.refresh_from_db()
            if not push.is_final:
                blockers[push.pk] = push.stock_keys()
        return bool(due)

    def _blockers(self) -> dict[int, frozenset[StockKey]]:
        """Earlier pushes that are stuck or wait: later ones for the same items must not overtake them."""
        rows = Push.objects.filter(
            Q(status__in=Push.STUCK) | Q(status__in=Push.WAITING, next_attempt_at__gt=now())
        ).values_list("pk", "payload")
        return {pk: stock_keys(payload) for pk, payload in rows}

    def _is_held(self, push: Push, keys: frozenset[StockKey], blockers: dict[int, frozenset[StockKey]]) -> bool:
        return any(pk < push.pk and keys & theirs for pk, theirs in {**blockers, **self.held}.items())

    def _is_spent(self) -> bool:
        if self.max_pushes is not None and self.taken >= self.max_pushes:
            return True
        return time.monotonic() - self.started > self.timing.drain_seconds

    def _take_up(self, push: Push) -> bool:
        """Look up and send one push as its state asks; False when the pass must end."""
        if push.attempts == 0 and push.status == Status.PENDING and not self._is_reachable():
            return False
        self.taken += 1
        going_on = True
        if push.status == Status.UNKNOWN:
            going_on = self._look_up(push)
        if going_on and push.status in {Status.PENDING, Status.RETRY} and push.next_attempt_at <= now():
            going_on = self._send(push)
        self.report.note(push)
        return going_on

    def _send(self, push: Push) -> bool:
        self._keep_lease()
        if objection := permits.objection(push):
            claims.hold_back(push, self.token, objection)
            return True
        attempt = claims.claim(push, self.token)
        reach(Failpoint.BEFORE_SEND)
        outcome = self.client.push(**_content(push))
        reach(Failpoint.AFTER_SEND_BEFORE_RECORD)
        self.report.sent += 1
        verdict = after_send(outcome, self._situation(push), self.timing)
        claims.record(push, attempt, self.token, outcome, verdict)
        reach(Failpoint.AFTER_RECORD)
        return self._goes_on_after(outcome, push, verdict)

    def _look_up(self, push: Push) -> bool:
        self._keep_lease()
        attempt = claims.begin_lookup(push, self.token)
        outcome = self.client.lookup(**_content(push))
        reach(Failpoint.AFTER_LOOKUP_BEFORE_RECORD)
        self.report.looked_up += 1
        verdict = after_lookup(outcome, self._situation(push, claims.last_send_code(push)), self.timing)
        claims.record(push, attempt, self.token, outcome, verdict)
        return self._goes_on_after(outcome, push, verdict)

    def _keep_lease(self) -> None:
        """Renewed while nine tenths of it are left; every write checks the token anyway."""
        lifetime = self.timing.lease
        if time.monotonic() - self.renewed > lifetime.total_seconds() / 10:
            lease.renew(self.token, lifetime)
            self.renewed = time.monotonic()

    def _situation(self, push: Push, last_code: str = "") -> Situation:
        return Situation(
            attempts=push.attempts,
            sent_at=push.sent_at,
            now=now(),
            jitter=random.uniform(-1, 1),
            throttles=self.row.throttles,
            failed_lookups=push.failed_lookups,
            last_code=last_code,
        )

    def _goes_on_after(self, outcome: PushOutcome | LookupOutcome, push: Push, verdict: Verdict) -> bool:
        """Log the outcome; stop the pass where the trouble is not this push's own."""
        logger.info("push %s -> %s: %s", push.external_id, push.status, verdict.sentence)
        repeated = self._is_repeated_refusal(outcome)
        match outcome:
            case AuthStop() | ConfigStop():
                self._halt(outcome)
            case Throttled():
                self.report.halted = halts.throttled(self.row, verdict.next_attempt_at)
            case Refused(unreachable=True):
                self.report.halted = halts.unreachable(self.row, outcome.message)
            case Rejected() if repeated:
                self.report.halted = halts.setup_wrong(self.row, outcome.message, self.timing)
            case _:
                if outcome.exchange.http_status is not None:
                    halts.answered(self.row)
                return True
        return False

    def _is_repeated_refusal(self, outcome: PushOutcome | LookupOutcome) -> bool:
        """Two pushes in a row without permission: it is the role, not the record."""
        code = outcome.code if isinstance(outcome, Rejected) and outcome.stops_when_repeated else ""
        repeated = bool(code) and code == self.last_refusal
        self.last_refusal = code
        return repeated

    def _is_reachable(self) -> bool:
        """In an outage a ping decides whether a fresh push is tried at all."""
        return self.row.halt != DrainLease.Halt.UNREACHABLE or self._ping()

    def _ping(self) -> bool:
        self._keep_lease()
        outcome = self.client.ping()
        if isinstance(outcome, Pong):
            halts.answered(self.row)
            return True
        self._halt(outcome)
        return False

    def _halt(self, outcome: CallFailure) -> None:
        if isinstance(outcome, AuthStop):
            self.report.halted = halts.login_refused(self.row, outcome, self.client.signer, self.timing)
        elif isinstance(outcome, ConfigStop | Rejected):
            self.report.halted = halts.setup_wrong(self.row, outcome.message, self.timing)
        else:
            self.report.halted = outcome.message


def _content(push: Push) -> Json:
    return {
        "record_type": push.record_type,
        "external_id": push.external_id,
        "payload_hash": push.payload_hash,
        "record": push.payload,
    }
