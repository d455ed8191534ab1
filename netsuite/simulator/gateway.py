"""The way of one request: arrival, login, entry checks, concurrency slot, script, log row, delivery."""

import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass

from netsuite.simulator.authentication import Doorkeeper
from netsuite.simulator.clock import SimulatedClock
from netsuite.simulator.delivery import (
    PLAIN,
    PLANS,
    Delivery,
    Manner,
    throttled,
    unexpected_error,
)
from netsuite.simulator.exchange import Answer, Dialect, Exchange, Refusal, error_answer
from netsuite.simulator.faults import FaultBook, Rule, Stage
from netsuite.simulator.journal import Journal
from netsuite.simulator.late import LateWrites
from netsuite.simulator.routes import Route
from netsuite.simulator.storage import Store
from netsuite.simulator.traffic import Traffic
from netsuite.simulator.world import World


@dataclass(frozen=True)
class Gateway:
    store: Store
    clock: SimulatedClock
    doorkeeper: Doorkeeper
    faults: FaultBook
    journal: Journal
    traffic: Traffic
    world: World
    late: LateWrites
    routes: tuple[Route, ...]

    def find(self, exchange: Exchange) -> Route | None:
        return next((route for route in self.routes if route.path.fullmatch(exchange.path)), None)

    def arrive(self, exchange: Exchange) -> Delivery | None:
        """Faults that strike before the body is read."""
        route = self.find(exchange)
        name = route.name if route else None
        for rule in self.faults.draw(Stage.ARRIVAL, exchange, name):
            self.journal.append(exchange, route=name, auth="unread", outcome="reset", fault=rule.effect)
            return Delivery(Manner.RESET, close_listener=rule.duration if rule.effect == "refuse" else None)
        return None

    def handle(self, exchange: Exchange) -> Delivery:
        route = self.find(exchange)
        if route is None:
            refusal = Refusal(404, "RCRD_DSNT_EXIST", "There is nothing at this address.")
            return self._refuse(exchange, None, refusal, auth="unchecked")
        auth = "refused"
        fault: str | None = None
        try:
            fault = self._login_faults(exchange, route)
            if route.authenticated:
                self.doorkeeper.admit(exchange, route.dialect, route.scope)
            auth = "passed" if route.authenticated else "not needed"
            route.check(exchange)
        except Refusal as refusal:
            return self._refuse(exchange, route, refusal, auth=auth, fault=fault)
        return self._admitted(exchange, route, fault)

    def _refuse(
        self,
        exchange: Exchange,
        route: Route | None,
        refusal: Refusal,
        *,
        auth: str,
        fault: str | None = None,
    ) -> Delivery:
        answer = error_answer(refusal, route.dialect if route else Dialect.RESTLET)
        name = route.name if route else None
        self.journal.append(
            exchange,
            route=name,
            auth=auth,
            outcome=refusal.outcome,
            fault=fault,
            status=answer.status,
            writers=self.traffic.writers,
        )
        return Delivery(Manner.SEND, answer)

    def _login_faults(self, exchange: Exchange, route: Route) -> str | None:
        for rule in self.faults.draw(Stage.LOGIN, exchange, route.name):
            if rule.effect in ("auth_revoke", "auth_lock", "token_expire"):
                self.doorkeeper.spoil(rule.effect, exchange)
            elif rule.effect == "clock_skew":
                self.clock.advance(rule.duration)
            else:
                time.sleep(rule.duration)
                self.doorkeeper.note("overload", "too many concurrent requests", exchange)
                raise self.doorkeeper.refusal(route.dialect)
            return rule.effect
        return None

    def _admitted(self, exchange: Exchange, route: Route, fault: str | None) -> Delivery:
        if route.limited and not self.traffic.take_slot():
            return self._refuse(exchange, route, throttled(route.dialect), auth="passed", fault=fault)
        writer = route.writes(exchange)
        if writer:
            self.traffic.start_writing()
        release = _once(lambda: self.traffic.leave(slot=route.limited, writer=writer))
        try:
            return self._executed(exchange, route, fault, release)
        except BaseException:
            release()
            raise

    def _executed(self, exchange: Exchange, route: Route, fault: str | None, release: Callable[[], None]) -> Delivery:
        names = [fault] if fault else []
        for rule in self.faults.draw(Stage.WORLD, exchange, route.name):
            self.world.change(rule, exchange, route.run)
            names.append(rule.effect)
        drawn = self.faults.draw(Stage.DELIVERY, exchange, route.name)
        delivered = drawn[0] if drawn else None
        if delivered:
            names.append(delivered.effect)
        if delivered and delivered.effect == "late_commit" and route.writes(exchange):
            return self._late(exchange, route, delivered, names, release)
        return self._run(exchange, route, delivered, names, release)

    def _late(
        self, exchange: Exchange, route: Route, rule: Rule, names: list[str], release: Callable[[], None]
    ) -> Delivery:
        with self.store.transaction():
            late_write = self.late.accept(exchange, rule.duration)
            self._log(exchange, route, "accepted, not answered", names, None, None)
        return Delivery(Manner.HANG, seconds=rule.hold, late_write=late_write, release=release)

    def _run(
        self,
        exchange: Exchange,
        route: Route,
        rule: Rule | None,
        names: list[str],
        release: Callable[[], None],
    ) -> Delivery:
        plan = PLANS[rule.effect] if rule else PLAIN
        try:
            with self.store.transaction() as db:
                own = route.run(exchange, db) if plan.executes else None
                sent = plan.replaced_by(route.dialect) if plan.replaced_by else own
                heard = sent.status if sent and plan.manner in (Manner.SEND, Manner.TRUNCATE) else None
                outcome = own.outcome if own else "not executed"
                self._log(exchange, route, outcome, names, heard, own.committed if own else None)
        except Exception as error:
            sent = self._failed(exchange, route, error, names, heard=plan.manner in (Manner.SEND, Manner.TRUNCATE))
        return Delivery(plan.manner, sent, seconds=rule.duration if rule else 0.0, release=release)

    def _failed(self, exchange: Exchange, route: Route, error: Exception, names: list[str], *, heard: bool) -> Answer:
        """An error of the script: nothing was committed; HTTP 400 for one it means, 500 for one it
        does not."""
        if not isinstance(error, Refusal):
            traceback.print_exception(error, file=sys.stderr)
        refusal = error if isinstance(error, Refusal) else unexpected_error()
        answer = error_answer(refusal, route.dialect)
        self._log(exchange, route, refusal.outcome, names, answer.status if heard else None, None)
        return answer

    def _log(
        self,
        exchange: Exchange,
        route: Route,
        outcome: str,
        names: list[str],
        status: int | None,
        committed: str | None,
    ) -> None:
        self.journal.append(
            exchange,
            route=route.name,
            auth="passed" if route.authenticated else "not needed",
            outcome=outcome,
            fault=", ".join(names) or None,
            status=status,
            committed=committed,
            writers=self.traffic.writers,
        )


def _once(action: Callable[[], None]) -> Callable[[], None]:
    """Slot and writer are given back exactly once, whoever gets there first."""
    lock = threading.Lock()

    def run() -> None:
        if lock.acquire(blocking=False):
            action()

    return run
