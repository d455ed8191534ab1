"""The surfaces on the NetSuite port. A further surface is one more :class:`Route`."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from netsuite.simulator import jobs, suiteql, token_endpoint
from netsuite.simulator.clock import SimulatedClock
from netsuite.simulator.exchange import RECORD_PATH, Answer, Dialect, Exchange, Refusal, json_answer
from netsuite.simulator.login_book import ADMINISTRATOR
from netsuite.simulator.options import Options
from netsuite.simulator.record_api import RecordApi
from netsuite.simulator.restlet import Restlet
from netsuite.simulator.storage import Database
from netsuite.simulator.token_endpoint import TokenEndpoint
from netsuite.simulator.traffic import Traffic


@dataclass(frozen=True)
class Route:
    """``check`` runs before a concurrency slot is taken, ``run`` inside the transaction that also
    holds the log row."""

    name: str
    path: re.Pattern[str]
    dialect: Dialect
    check: Callable[[Exchange], None]
    run: Callable[[Exchange, Database], Answer]
    scope: str = ""
    authenticated: bool = True
    limited: bool = True

    def writes(self, exchange: Exchange) -> bool:
        """Whether it may change a record now; what is accepted as a job changes one later."""
        asynchronous = "respond-async" in exchange.headers.get("Prefer", "").lower()
        return self.name in ("restlet", "record") and exchange.method != "GET" and not asynchronous


class SystemSurfaces:
    """The small ones: the clock, who am I, where am I."""

    def __init__(self, clock: SimulatedClock, traffic: Traffic, options: Options) -> None:
        self._clock = clock
        self._account = options.account
        self._traffic = traffic

    def server_time(self, exchange: Exchange, db: Database) -> Answer:
        moment = self._clock.now().strftime("%Y-%m-%dT%H:%M:%S.000Z")
        return json_answer({"serverTime": moment}, outcome="serverTime")

    def governance_limits(self, exchange: Exchange, db: Database) -> Answer:
        """For administrators only (help article_0625010817)."""
        if exchange.role != ADMINISTRATOR:
            text = "Permission Violation: You need the Administrator role to access this resource."
            raise Refusal(403, "INSUFFICIENT_PERMISSION", text)
        limit = self._traffic.slots
        document = {
            "accountConcurrencyLimit": limit,
            "accountUnallocatedConcurrencyLimit": limit,
            "integrationLimitType": "accountLimit",
        }
        return json_answer(document, outcome="governanceLimits")

    def token_info(self, exchange: Exchange, db: Database) -> Answer:
        document = {
            "companyId": self._account,
            "companyName": "Simulator",
            "roleId": "1001",
            "roleName": exchange.role,
            "userId": exchange.user,
            "scope": ["restlets", "rest_webservices"],
        }
        return json_answer(document, outcome="tokeninfo")

    def data_center_urls(self, exchange: Exchange, db: Database) -> Answer:
        if exchange.query.get("account", "").upper() != self._account:
            raise Refusal(400, "INVALID_REQUEST", "Unknown account.")
        urls = dict.fromkeys(("restDomain", "webservicesDomain", "systemDomain"), exchange.base_url)
        return json_answer(urls, outcome="datacenterurls")


def build_routes(
    clock: SimulatedClock,
    restlet: Restlet,
    records: RecordApi,
    tokens: TokenEndpoint,
    traffic: Traffic,
    options: Options,
) -> tuple[Route, ...]:
    system = SystemSurfaces(clock, traffic, options)
    script, queries = re.compile(r"/app/site/hosting/restlet\.nl"), re.compile(re.escape(suiteql.PATH))
    moment = re.compile(r"/services/rest/system/v1/serverTime")
    limits = re.compile(r"/services/rest/system/v1/governanceLimits")
    who, where = re.compile(r"/rest/tokeninfo"), re.compile(r"/rest/datacenterurls")
    grants = re.compile(re.escape(token_endpoint.PATH))
    old, new = Dialect.RESTLET, Dialect.REST
    return (
        Route("restlet", script, old, restlet.check_entry, restlet.run, scope="restlets"),
        Route("record", RECORD_PATH, new, records.check_entry, records.run, scope="rest_webservices"),
        Route("suiteql", queries, new, suiteql.check_entry, suiteql.run, scope="rest_webservices"),
        Route("servertime", moment, new, _get_only, system.server_time, scope="rest_webservices"),
        Route("governancelimits", limits, new, _get_only, system.governance_limits, scope="rest_webservices"),
        Route("job", jobs.PATH, new, _get_only, records.jobs.read, scope="rest_webservices"),
        Route("token", grants, Dialect.OAUTH, tokens.check, tokens.issue, authenticated=False, limited=False),
        Route("tokeninfo", who, old, _get_only, system.token_info, limited=False),
        Route(
            "datacenterurls",
            where,
            old,
            _get_only,
            system.data_center_urls,
            authenticated=False,
            limited=False,
        ),
    )


def _get_only(exchange: Exchange) -> None:
    if exchange.method != "GET":
        raise Refusal(405, "METHOD_NOT_ALLOWED", f"{exchange.method} is not allowed here.")
