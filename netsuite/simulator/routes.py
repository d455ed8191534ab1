"""The surfaces on the NetSuite port. A further surface is one more :class:`Route`."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from netsuite.simulator import suiteql
from netsuite.simulator.clock import SimulatedClock
from netsuite.simulator.exchange import Answer, Dialect, Exchange, Refusal, json_answer
from netsuite.simulator.options import Options
from netsuite.simulator.restlet import Restlet
from netsuite.simulator.storage import Database


@dataclass(frozen=True)
class Route:
    """``check`` runs before a concurrency slot is taken, ``run`` inside the transaction that also holds the log row."""

    name: str
    path: re.Pattern[str]
    dialect: Dialect
    check: Callable[[Exchange], None]
    run: Callable[[Exchange, Database], Answer]
    authenticated: bool = True
    limited: bool = True

    def writes(self, exchange: Exchange) -> bool:
        return self.name == "restlet" and exchange.method != "GET"


def build_routes(clock: SimulatedClock, restlet: Restlet, options: Options) -> tuple[Route, ...]:
    def server_time(exchange: Exchange, db: Database) -> Answer:
        return json_answer({"serverTime": clock.now().strftime("%Y-%m-%dT%H:%M:%S.000Z")}, outcome="serverTime")

    def token_info(exchange: Exchange, db: Database) -> Answer:
        return json_answer(
            {
                "companyId": options.account,
                "companyName": "Simulator",
                "roleId": "1001",
                "roleName": exchange.role,
                "userId": exchange.user,
                "scope": ["restlets", "rest_webservices"],
            },
            outcome="tokeninfo",
        )

    def data_center_urls(exchange: Exchange, db: Database) -> Answer:
        if exchange.query.get("account", "").upper() != options.account:
            raise Refusal(400, "INVALID_REQUEST", "Unknown account.")
        urls = dict.fromkeys(("restDomain", "webservicesDomain", "systemDomain"), exchange.base_url)
        return json_answer(urls, outcome="datacenterurls")

    return (
        Route("restlet", re.compile(r"/app/site/hosting/restlet\.nl"), Dialect.RESTLET, restlet.check_entry, restlet.run),
        Route("suiteql", re.compile(re.escape(suiteql.PATH)), Dialect.REST, suiteql.check_entry, suiteql.run),
        Route("servertime", re.compile(r"/services/rest/system/v1/serverTime"), Dialect.REST, _get_only, server_time),
        Route("tokeninfo", re.compile(r"/rest/tokeninfo"), Dialect.RESTLET, _get_only, token_info, limited=False),
        Route(
            "datacenterurls", re.compile(r"/rest/datacenterurls"), Dialect.RESTLET, _get_only, data_center_urls,
            authenticated=False, limited=False,
        ),
    )


def _get_only(exchange: Exchange) -> None:
    if exchange.method != "GET":
        raise Refusal(405, "METHOD_NOT_ALLOWED", f"{exchange.method} is not allowed here.")
