"""The control port: JSON for tests, one HTML page for people. Loopback only, no login, never part of a
deployment."""

import contextlib
import json
from collections.abc import Callable
from datetime import datetime
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from netsuite.simulator.assertions import BadKey
from netsuite.simulator.faults import BadRule, parse_rule
from netsuite.simulator.page import render_page
from netsuite.simulator.records import BadSeed
from netsuite.simulator.scenarios import SCENARIOS

if TYPE_CHECKING:
    from netsuite.simulator.simulator import Simulator

Action = Callable[[dict[str, str], dict[str, Any]], Any]
_PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


class BadCall(Exception):
    """A control call that cannot be carried out; the message names the cure."""


class ControlDesk:
    """What the control port can do, by method and path. A call gets the query and the JSON body."""

    def __init__(self, simulator: "Simulator") -> None:
        self._simulator = simulator
        self.actions: dict[tuple[str, str], Action] = {
            ("GET", "/status"): lambda query, body: simulator.status(),
            ("POST", "/reset"): self._reset,
            ("POST", "/seed"): lambda query, body: simulator.records.seed(body),
            ("GET", "/clock"): lambda query, body: simulator.clock.describe(),
            ("POST", "/clock"): self._set_clock,
            ("GET", "/faults"): lambda query, body: simulator.faults.listing(),
            ("POST", "/faults"): self._add_fault,
            ("DELETE", "/faults"): self._clear_faults,
            ("GET", "/faults/unused"): lambda query, body: simulator.faults.unused(),
            ("GET", "/scenarios"): lambda query, body: {name: list(rules) for name, rules in SCENARIOS.items()},
            ("POST", "/scenario"): self._load_scenario,
            ("GET", "/requests"): self._requests,
            ("GET", "/audit-trail"): lambda query, body: simulator.inspection.audit_trail(_limit(query)),
            ("GET", "/transactions"): self._transactions,
            ("GET", "/balances"): lambda query, body: simulator.inspection.balances(
                query.get("item"), query.get("location")
            ),
            ("GET", "/duplicates"): lambda query, body: simulator.inspection.duplicates(),
            ("GET", "/invariants"): lambda query, body: simulator.inspection.invariants(),
            ("GET", "/preferences"): lambda query, body: self._preferences(),
            ("POST", "/preferences"): self._set_preferences,
            ("GET", "/concurrency"): lambda query, body: self._concurrency(),
            ("POST", "/concurrency"): self._set_concurrency,
            ("GET", "/tokens"): lambda query, body: simulator.inspection.tokens(),
            ("POST", "/tokens"): self._change_token,
            ("GET", "/certificates"): lambda query, body: simulator.tokens.certificates(),
            ("POST", "/certificates"): self._register,
            ("GET", "/bearer-tokens"): lambda query, body: simulator.tokens.tokens(),
            ("POST", "/bearer-tokens"): self._end_bearers,
        }

    def page(self) -> str:
        simulator = self._simulator
        return render_page(
            simulator.status(),
            simulator.inspection.transactions(limit=20),
            simulator.journal.listing(limit=40)[::-1],
            simulator.faults.active(),
        )

    def _reset(self, query: dict[str, str], body: dict[str, Any]) -> Any:
        self._simulator.reset()
        return self._simulator.status()

    def _set_clock(self, query: dict[str, str], body: dict[str, Any]) -> Any:
        clock = self._simulator.clock
        unknown = set(body) - {"advance", "skew", "set", "freeze"}
        if not body or unknown:
            raise BadCall(
                "send one or more of advance (s), skew (s from real time), set (ISO time with zone),"
                " freeze (true or false)"
            )
        if "freeze" in body:
            clock.freeze(bool(body["freeze"]))
        if "set" in body:
            moment = datetime.fromisoformat(str(body["set"]))
            if moment.tzinfo is None:
                raise BadCall("set needs a time with its zone, for example 2026-11-21T12:00:00Z")
            clock.set_to(moment)
        if "skew" in body:
            clock.skew(float(body["skew"]))
        if "advance" in body:
            clock.advance(float(body["advance"]))
        return clock.describe()

    def _add_fault(self, query: dict[str, str], body: dict[str, Any]) -> Any:
        simulator = self._simulator
        return {"id": simulator.add_fault(parse_rule(body, seed=simulator.options.seed))}

    def _clear_faults(self, query: dict[str, str], body: dict[str, Any]) -> Any:
        if "id" in query:
            return {"cleared": self._simulator.faults.clear(int(query["id"]))}
        self._simulator.listener.open_again()
        return {"cleared": self._simulator.faults.clear(None)}

    def _load_scenario(self, query: dict[str, str], body: dict[str, Any]) -> Any:
        name = str(body.get("name"))
        if name not in SCENARIOS:
            raise BadCall(f"name must be one of {', '.join(SCENARIOS)}")
        return {"scenario": name, "rules": self._simulator.load_scenario(name)}

    def _requests(self, query: dict[str, str], body: dict[str, Any]) -> Any:
        journal = self._simulator.journal
        return journal.listing(
            limit=_limit(query), external_id=query.get("externalid"), after=int(query.get("after", 0))
        )

    def _transactions(self, query: dict[str, str], body: dict[str, Any]) -> Any:
        return self._simulator.inspection.transactions(query.get("externalid"), _limit(query))

    def _concurrency(self) -> Any:
        traffic = self._simulator.traffic
        return {
            "peak_writers": self._simulator.journal.peak_writers(),
            "writers": traffic.writers,
            "running": traffic.running,
            "slots": traffic.slots,
            "background_load": traffic.background_load,
        }

    def _set_concurrency(self, query: dict[str, str], body: dict[str, Any]) -> Any:
        if set(body) - {"slots", "background_load"}:
            raise BadCall("send slots and/or background_load")
        self._simulator.traffic.set_limits(**{name: int(value) for name, value in body.items()})
        return self._concurrency()

    def _preferences(self) -> Any:
        return {"refuse_negative_stock": self._simulator.records.refuses_negative_stock()}

    def _set_preferences(self, query: dict[str, str], body: dict[str, Any]) -> Any:
        """What an administrator of the account sets: a preference, or the role our user logs in with."""
        if not body or set(body) - {"refuse_negative_stock", "role"}:
            raise BadCall("send refuse_negative_stock (true or false) and/or role")
        if "refuse_negative_stock" in body:
            self._simulator.records.refuse_negative_stock(refused=bool(body["refuse_negative_stock"]))
        if "role" in body:
            self._simulator.book.give_role(str(body["role"]))
        return self._preferences()

    def _change_token(self, query: dict[str, str], body: dict[str, Any]) -> Any:
        doorkeeper = self._simulator.doorkeeper
        token = str(body.get("token", self._simulator.options.token))
        action = body.get("action")
        if action == "unlock":
            doorkeeper.unlock(token)
        elif action not in ("revoke", "restore"):
            raise BadCall("action must be revoke, restore or unlock")
        elif not doorkeeper.revoke(token, revoked=action == "revoke"):
            raise BadCall(f"there is no token {token}")
        return self._simulator.inspection.tokens()

    def _register(self, query: dict[str, str], body: dict[str, Any]) -> Any:
        unknown = sorted(set(body) - {"id", "client_id", "public_key", "revoked"})
        if unknown or not body:
            raise BadCall("send id, client_id, public_key (PEM) and/or revoked")
        self._simulator.tokens.register(body)
        return self._simulator.tokens.certificates()

    def _end_bearers(self, query: dict[str, str], body: dict[str, Any]) -> Any:
        action = body.get("action")
        if action not in ("revoke", "expire"):
            raise BadCall("action must be revoke or expire; it concerns every token given out so far")
        return {"ended": self._simulator.tokens.end(action)}


def _limit(query: dict[str, str]) -> int:
    return int(query.get("limit", 500))


class ControlHandler(BaseHTTPRequestHandler):
    """One connection; bound to a simulator by :func:`control_handler`."""

    desk: ControlDesk

    protocol_version = "HTTP/1.1"
    server_version = "NetSuiteSimulatorControl"
    sys_version = ""
    timeout = 60
    wbufsize = 64 * 1024
    disable_nagle_algorithm = True

    def serve(self) -> None:
        target = urlsplit(self.path)
        if self.command == "GET" and target.path == "/":
            self._send(200, self.desk.page().encode(), "text/html; charset=utf-8")
            return
        status, document = self._answer(target.path, target.query)
        self._send(status, json.dumps(document, ensure_ascii=False).encode(), "application/json; charset=utf-8")

    do_GET = do_POST = do_DELETE = serve

    def _answer(self, path: str, query_string: str) -> tuple[int, Any]:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        action = self.desk.actions.get((self.command, path))
        if action is None:
            known = sorted({f"{method} {known_path}" for method, known_path in self.desk.actions})
            return 404, {"error": f"There is no {self.command} {path}.", "known": known}
        if self.command == "POST" and not self.headers.get("Content-Type", "").startswith("application/json"):
            return 415, {"error": "Send Content-Type: application/json."}
        query = {key: values[-1] for key, values in parse_qs(query_string).items()}
        try:
            body = json.loads(raw) if raw else {}
            if not isinstance(body, dict):
                raise BadCall("the body must be a JSON object")
            return 200, action(query, body)
        except (BadCall, BadKey, BadRule, BadSeed, ValueError, TypeError) as error:
            return 400, {"error": str(error)}

    def _send(self, status: int, body: bytes, content_type: str) -> None:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.send_header("X-Content-Type-Options", "nosniff")
            self.send_header("Content-Security-Policy", _PAGE_POLICY)
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Control calls are not part of the record."""


def control_handler(simulator: "Simulator") -> type[ControlHandler]:
    """A handler class bound to one simulator."""
    return type("BoundControlHandler", (ControlHandler,), {"desk": ControlDesk(simulator)})
