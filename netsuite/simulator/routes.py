"""The surfaces on the NetSuite port. A further surface is one more :class:`Route`."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from netsuite.simulator import suiteql, token_endpoint
from netsuite.simulator.clock import SimulatedClock
from netsuite.simulator.exchange import RECORD_PATH, Answer, Dialect, Exchange, Refusal, json_answer
from netsuite.simulator.options import Options
from netsuite.simulator.record_api import RecordApi
from netsuite.simulator.restlet import Restlet
from netsuite.simulator.storage import Database
from netsuite.simulator.token_endpoint import TokenEndpoint


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
        return self.name in ("restlet", "record") and exchange.method != "GET"


class SystemSurfaces:
    """The small ones: the clock, who am I, where am I."""

    def __init__(self, clock: SimulatedClock, options: Options) -> None:
        self._clock = clock
        self._account = options.account

    def server_time(self, exchange: Exchange, db: Database) -> Answer:
        moment = self._clock.now().strftime("%Y-%m-%dT%H:%M:%S.000Z")
        return json_answer({"serverTime": moment}, outcome="serverTime")

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
    clock: SimulatedClock, restlet: Restlet, records: RecordApi, tokens: TokenEndpoint, options: Options
) -> tuple[Route, ...]:
    system = SystemSurfaces(clock, options)
    script, queries = re.compile(r"/app/site/hosting/restlet\.nl"), re.compile(re.escape(suiteql.PATH))
    moment = re.compile(r"/services/rest/system/v1/serverTime")
    who, where = re.compile(r"/rest/tokeninfo"), re.compile(r"/rest/datacenterurls")
    grants = re.compile(re.escape(token_endpoint.PATH))
    old, new = Dialect.RESTLET, Dialect.REST
    return (
        Route("restlet", script, old, restlet.check_entry, restlet.run, scope="restlets"),
        Route("record", RECORD_PATH, new, records.check_entry, records.run, scope="rest_webservices"),
        Route("suiteql", queries, new, suiteql.check_entry, suiteql.run, scope="rest_webservices"),
        Route("servertime", moment, new, _get_only, system.server_time, scope="rest_webservices"),
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
