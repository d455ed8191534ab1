"""Ask NetSuite who we are there: contract, signer, account, role, features, clock. Exit 1 when it does not answer."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from netsuite import configuration
from netsuite.client import client_for
from netsuite.outcomes import Pong


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the figures as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        connection = configuration.connection()
        if connection.problems:
            raise CommandError("NetSuite is not set up: " + " ".join(connection.problems))
        client = client_for(connection, configuration.timing())
        outcome = client.ping(in_detail=True)
        if not isinstance(outcome, Pong):
            raise CommandError(f"NetSuite did not answer the ping: {outcome.message} ({outcome.code})")
        figures = {"signer": client.signer.name, **facts(outcome)}
        if options["json"]:
            self.stdout.write(json.dumps(figures))
            return
        for name, value in figures.items():
            self.stdout.write(f"{name.replace('_', ' '):>18}: {_shown(value)}")


def facts(pong: Pong) -> dict[str, Any]:
    skew = pong.clock_skew
    return {
        "contract": pong.contract if pong.contract is not None else "none: REST record API",
        "script_version": pong.version,
        "account": pong.account,
        "environment": pong.environment,
        "role": pong.role,
        "user": pong.user,
        "features": pong.features,
        "server_time": pong.server_time.isoformat() if pong.server_time else None,
        "clock_skew_seconds": round(skew.total_seconds(), 1) if skew is not None else None,
        "answered_in_ms": pong.exchange.duration_ms,
    }


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        words = {"True": "yes", "False": "no"}
        return ", ".join(f"{name} {words.get(str(found), found)}" for name, found in value.items()) or "not told"
    return "not told" if value in {None, ""} else str(value)
