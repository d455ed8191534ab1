"""One running simulator: state, NetSuite port, control port."""

import contextlib
import json
from decimal import Decimal
from typing import Any

from netsuite.simulator import suiteql
from netsuite.simulator.adjustments import Adjustments
from netsuite.simulator.authentication import Doorkeeper
from netsuite.simulator.clock import SimulatedClock
from netsuite.simulator.control import control_handler
from netsuite.simulator.estimates import Estimates
from netsuite.simulator.faults import FaultBook, Rule, parse_rule
from netsuite.simulator.foreign import ForeignHand
from netsuite.simulator.gateway import Gateway
from netsuite.simulator.inspection import Inspection
from netsuite.simulator.jobs import JobDesk
from netsuite.simulator.journal import Journal
from netsuite.simulator.late import LateWrites
from netsuite.simulator.login_book import LoginBook
from netsuite.simulator.options import VERSION, Options
from netsuite.simulator.record_api import RecordApi
from netsuite.simulator.records import Records
from netsuite.simulator.references import References
from netsuite.simulator.restlet import Restlet
from netsuite.simulator.routes import build_routes
from netsuite.simulator.scenarios import SCENARIOS
from netsuite.simulator.server import Listener, netsuite_handler
from netsuite.simulator.storage import Store
from netsuite.simulator.token_endpoint import TokenEndpoint
from netsuite.simulator.traffic import Traffic
from netsuite.simulator.transactions import Kind
from netsuite.simulator.world import World


class Simulator:
    """Ports are bound when it is made; port 0 takes a free one."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.store = Store(options.state)
        self.clock = SimulatedClock(self.store)
        suiteql.install(self.store)
        book = LoginBook(self.store, self.clock)
        self.tokens = TokenEndpoint(self.store, self.clock, book, options)
        self.doorkeeper = Doorkeeper(self.store, self.clock, book, self.tokens, options)
        self.book = book
        self.records = Records(self.store, self.clock, refuse_negative_stock=options.refuse_negative_stock)
        self.journal = Journal(self.store, self.clock)
        self.faults = FaultBook(self.store, self.clock)
        self.traffic = Traffic(options.slots, options.background_load)
        references = References(self.records, strict=options.strict)
        adjustments = Adjustments(self.records, references, self.clock)
        estimates = Estimates(references, self.clock, tax_rate=Decimal(options.tax_rate))
        kinds: dict[str, Kind] = {kind.record_type: kind for kind in (adjustments, estimates)}
        jobs = JobDesk(self.clock)
        restlet = Restlet(self.clock, kinds, options)
        record_api = RecordApi(self.clock, kinds, self.records, jobs, options)
        foreign = ForeignHand(self.store, self.clock, adjustments, self.journal)
        self.late = LateWrites(self.store, self.clock, restlet, record_api, jobs, self.journal)
        self.inspection = Inspection(self.store)
        self._install()
        self._take_records()
        if not self.faults.listing():
            self.load_scenario(options.scenario)
        gateway = Gateway(
            self.store,
            self.clock,
            self.doorkeeper,
            self.faults,
            self.journal,
            self.traffic,
            World(self.store, self.clock, self.records, foreign),
            self.late,
            build_routes(self.clock, restlet, record_api, self.tokens, self.traffic, options),
        )
        self.late.start()
        self.listener = Listener(options.host, options.port, netsuite_handler(gateway, options))
        self.control = Listener(options.control_host, options.control_port, control_handler(self))

    def _install(self) -> None:
        self.doorkeeper.install_credentials()
        self.records.install_defaults()

    def _take_records(self) -> None:
        """A missing file is no error: whoever starts us need not know whether there is one."""
        path = self.options.records
        if path and path.exists() and self.store.row("SELECT 1 FROM items LIMIT 1") is None:
            self.records.seed(json.loads(path.read_text(encoding="utf-8")))

    def reset(self) -> None:
        """Back to an empty account: records, log, faults, clock, locks. Ports and limits of this
        process stay."""
        self.store.empty()
        self.clock.skew(0.0)
        self.clock.freeze(False)
        self.traffic.set_limits(slots=self.options.slots, background_load=self.options.background_load)
        self._install()

    def load_scenario(self, name: str) -> int:
        """Replace the active faults by a named set; returns how many rules it has."""
        self.faults.clear()
        for document in SCENARIOS[name]:
            self.faults.add(parse_rule(document, seed=self.options.seed))
        return len(SCENARIOS[name])

    def add_fault(self, rule: Rule) -> int:
        """An unconditional ``refuse`` closes the port at once; everything else waits for its request."""
        number = self.faults.add(rule)
        if rule.effect == "refuse" and rule.unconditional:
            self.faults.fire(number)
            self.listener.close_for(rule.duration)
        return number

    def announcement(self) -> dict[str, Any]:
        """The line a starting process prints."""
        return {
            "simulator": VERSION,
            "base_url": f"http://{self.options.host}:{self.listener.port}",
            "control_url": f"http://{self.options.control_host}:{self.control.port}",
            "port": self.listener.port,
            "control_port": self.control.port,
        }

    def status(self) -> dict[str, Any]:
        return self.announcement() | {
            "account": self.options.account,
            "strict": self.options.strict,
            "state": str(self.options.state) if self.options.state else None,
            "clock": self.clock.describe(),
            "accepting": self.listener.accepting,
            "late_writes_waiting": self.late.waiting(),
            "outcomes": self.journal.outcomes(),
        }

    def stop(self) -> None:
        for listener in (self.listener, self.control):
            with contextlib.suppress(OSError):
                listener.stop()
        self.late.stop()
        self.store.close()
