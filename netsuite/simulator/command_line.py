"""Options of the command line, shared with the management command, and the life of the process."""

import argparse
import json
import os
import signal
import sys
import threading
from dataclasses import fields
from pathlib import Path
from typing import Any

from netsuite.simulator.options import Options
from netsuite.simulator.scenarios import SCENARIOS
from netsuite.simulator.simulator import Simulator

STANDARD = Options()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    _add_places(parser)
    _add_behaviour(parser)
    for name in (
        "account",
        "consumer-key",
        "consumer-secret",
        "token",
        "token-secret",
        "client-id",
        "certificate-id",
        "hash-field",
        "script",
        "deployment",
    ):
        parser.add_argument(f"--{name}", default=getattr(STANDARD, name.replace("-", "_")))


def _add_places(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--port", type=int, default=STANDARD.port, help="NetSuite surfaces; 0 takes a free port")
    add(
        "--control-port",
        type=int,
        default=STANDARD.control_port,
        help="control plane and page; 0 takes a free port",
    )
    add("--host", default=STANDARD.host, help="address the NetSuite port listens on")
    add("--control-host", default=STANDARD.control_host, help="address of the control port (it has no login)")
    add("--state", type=Path, default=None, help="SQLite file that keeps everything; without it, memory")
    add("--records", type=Path, default=None, help="seed document (JSON) for an account that holds no items yet")
    add("--trust-forwarded-proto", action="store_true", help="behind a TLS proxy: honour X-Forwarded-Proto")
    add("--exit-with-parent", action="store_true", help="end when standard input is closed")


def _add_behaviour(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--strict", action="store_true", help="refuse unknown items and locations instead of creating them")
    add("--scenario", choices=sorted(SCENARIOS), default=STANDARD.scenario, help="a named set of faults")
    add("--seed", type=int, default=STANDARD.seed, help="seed for faults with a probability")
    add("--slots", type=int, default=STANDARD.slots, help="concurrency limit of the account")
    add("--background-load", type=int, default=STANDARD.background_load, help="slots others occupy")
    add(
        "--refuse-negative-stock",
        action="store_true",
        help="reject an adjustment that takes stock below zero",
    )
    add("--tax-rate", default=STANDARD.tax_rate, help="per cent of tax NetSuite adds to an estimate")
    add("--public-key", type=Path, default=None, help="PEM public key or certificate for OAuth 2.0 logins")
    add("--token-lifetime", type=int, default=STANDARD.token_lifetime, help="seconds an OAuth 2.0 token lives")
    add("--restlet-auth-status", type=int, choices=(401, 403), default=STANDARD.restlet_auth_status)


def options_from(parsed: dict[str, Any]) -> Options:
    return Options(**{field.name: parsed[field.name] for field in fields(Options)})


def run(options: Options) -> None:
    """Serve until SIGTERM or SIGINT; the first line on standard output is the announcement as JSON."""
    simulator = Simulator(options)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    if options.exit_with_parent:
        threading.Thread(target=_watch_parent, args=(ended,), daemon=True).start()
    print(json.dumps(simulator.announcement()), flush=True)
    ended.wait()
    simulator.stop()


def _watch_parent(ended: threading.Event) -> None:
    while os.read(sys.stdin.fileno(), 1024):
        continue
    ended.set()


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m netsuite.simulator", description="A NetSuite that fails like NetSuite."
    )
    add_arguments(parser)
    run(options_from(vars(parser.parse_args())))
