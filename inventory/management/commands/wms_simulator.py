"""A warehouse's day, sent as its WMS would: signed, at a chosen rate, with the faults of real ones.

After `make run`, in another terminal: `manage.py wms_simulator --demo --check`. For a client of your own: --client and
its secret in WMS_SECRET. Exit code 0: all as the WMS expected. 1: something differs. 2: refused.
"""

import json
import os
import threading
import time
from argparse import ArgumentTypeError
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from approvals.refusals import Refused
from inventory.demo.warehouse_system import demo_key
from inventory.management.commands.ingest_wms import find_client
from inventory.management.file_arguments import REFUSED
from inventory.management.wms_house import in_this_house, next_sequence, stock_here
from inventory.models import WmsClient
from inventory.wms.simulator.backfills import Memory, serving
from inventory.wms.simulator.checking import Look, check, over_http
from inventory.wms.simulator.day import DAY, live_day, newest_words, stock_drawn
from inventory.wms.simulator.faults import FAULTS, plan_messages
from inventory.wms.simulator.items import NoItems, read_items
from inventory.wms.simulator.running import Run
from inventory.wms.simulator.sending import NotTaken, Sender
from inventory.wms.simulator.signing import BadSecret, key_of
from inventory.wms.simulator.telling import figures, story
from inventory.wms.simulator.warehouse import Update
from inventory.wms.simulator.wording import WallClock, Wording

DIFFERS = 1
MOST_IN_A_MESSAGE = 1_000
BETWEEN_LINES = 0.5  # seconds, of the progress


@dataclass(frozen=True)
class House:
    """Who speaks, and what is known of it here; `client` is None when the house is elsewhere."""

    wms_id: str
    secret: str
    client: WmsClient | None


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        add_places(parser)
        add_day(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            house = find_house(options)
            run, words = prepare(house, options)
            run.sender.find_the_house()
            told = self._send(run, words, house, options)
        except (Refused, NotTaken, NoItems, BadSecret) as refusal:
            problems = refusal.problems if isinstance(refusal, Refused) else [str(refusal)]
            if options["json"]:
                self.stdout.write(json.dumps({"errors": problems}))
            else:
                self.stderr.write("\n".join(problems))
            raise SystemExit(REFUSED) from refusal
        if told["wrong"] or (told["check"] and told["check"]["different"]):
            raise SystemExit(DIFFERS)

    def _send(self, run: Run, words: dict[str, Update], house: House, options: dict[str, Any]) -> dict[str, Any]:
        with ExitStack() as stack:
            if options["serve_backfill"] is not None:
                memory = Memory(run.wording, run.plan)
                address = serve(memory, run.sender.key, options["serve_backfill"], stack)
                self.stderr.write(f"What was lost can be asked for at {address}?from=1&to=1000, signed with this key.")
            try:
                run.send_all(self._progress())
            except KeyboardInterrupt:
                self.stderr.write("\nStopped. So far:")
            checked = check(words, look_from(house, run, options)) if options["check"] else None
            told = figures(run, words, checked)
            self.stdout.write(json.dumps({"errors": [], **told}) if options["json"] else "\n".join(story(told)))
            if options["serve_backfill"] is not None:
                self._until_stopped()
        return told

    def _progress(self) -> Any:
        last = 0.0

        def line(done: int, total: int) -> None:
            nonlocal last
            if self.stderr.isatty() and (done == total or time.monotonic() - last > BETWEEN_LINES):
                last = time.monotonic()
                self.stderr.write(f"\r{done:,} of {total:,} messages", ending="\n" if done == total else "")
                self.stderr.flush()

        return line

    def _until_stopped(self) -> None:
        self.stderr.write("Still answering. Ctrl-C ends it.")
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            pass


def add_places(parser: CommandParser) -> None:
    add = parser.add_argument
    add("--url", default="http://127.0.0.1:8000", help="where the house answers (%(default)s)")
    add("--client", metavar="ID", help="the WMS id that speaks")
    add("--secret-env", default="WMS_SECRET", metavar="NAME", help="the variable that holds its secret (%(default)s)")
    add("--key", metavar="SECRET", help="the secret itself, whsec_…; others on this machine can read it there")
    add("--demo", action="store_true", help="in a demo house: speak for MAIN, with a key issued for this run")
    add("--check", action="store_true", help="compare every item with what the house believes in the end")
    add("--token-env", metavar="NAME", help="--check over the API with the token in this variable, not in the database")
    add("--location", default="", metavar="CODE", help="with --token-env: where the items lie")
    add("--serve-backfill", type=int, metavar="PORT", help="answer who asks for lost updates, on 127.0.0.1")
    add("--json", action="store_true", help="print the figures as JSON")


def add_day(parser: CommandParser) -> None:
    add = parser.add_argument
    add("--items", metavar="N|FILE", help="the first N items of the client's location (all), or a file of item codes")
    add("--updates", type=positive, default=5_000, metavar="N", help="how much the WMS says in the day (%(default)s)")
    add("--rate", type=not_negative, default=100.0, metavar="N", help="updates a second (%(default)s); 0: no limit")
    add("--minutes", type=not_negative, metavar="M", help="as many updates as take M minutes at this rate")
    add("--speed", type=not_negative, metavar="FACTOR", help="instead of a rate: so many times as fast as life")
    add("--batch", type=batch_size, default=500, metavar="N", help="updates of a message, 1 to 1,000 (%(default)s)")
    add("--seed", type=int, default=1, help="the same seed, the same day (%(default)s)")
    add("--first-sequence", type=positive, metavar="N", help="by default one after the highest here, or 1")
    told = "; ".join(f"{name}: {what}" for name, what in FAULTS.items())
    told = f"with commas between, all (the default), or none. {told}"
    add("--faults", type=fault_names, default=set(FAULTS), metavar="NAMES", help=told)
    add("--backfill", action="store_true", help="send in the evening what was lost in the day")
    add("--patience", type=not_negative, default=120.0, metavar="S", help="seconds of trying while nobody answers")


def positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"“{text}” is no whole number from 1.")
    return int(text)


def not_negative(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < 1e9:
        raise ArgumentTypeError(f"“{text}” is no number from 0.")
    return number


def batch_size(text: str) -> int:
    if (number := positive(text)) > MOST_IN_A_MESSAGE:
        raise ArgumentTypeError(f"{text} is more than a message may hold: {MOST_IN_A_MESSAGE:,}.")
    return number


def fault_names(text: str) -> set[str]:
    if text in {"all", "none"}:
        return set(FAULTS) if text == "all" else set()
    names = {name.strip() for name in text.split(",")}
    if unknown := names - set(FAULTS):
        raise ArgumentTypeError(f"{', '.join(sorted(unknown))}: no such fault. There are {', '.join(FAULTS)}.")
    return names


def find_house(options: dict[str, Any]) -> House:
    if options["demo"]:
        client, secret = demo_key()
        return House(client.wms_id, secret, client)
    if not options["client"]:
        raise Refused("Say who speaks: --client ID with its secret in WMS_SECRET, or --demo in a demo house.")
    secret = options["key"] or os.environ.get(options["secret_env"], "")
    if not secret:
        raise Refused(
            f"The secret of {options['client']} is missing. Issue a key in the admin (WMS clients), and put its secret "
            f"into {options['secret_env']}."
        )
    is_elsewhere = options["items"] and not options["items"].isdecimal()
    return House(options["client"], secret, None if is_elsewhere else find_client(options["client"]))


def prepare(house: House, options: dict[str, Any]) -> tuple[Run, dict[str, Update]]:
    """The day as it will be sent, and the newest word on each item."""
    number, speed = pace(options)
    said = live_day(
        stock_of(house, options), updates=number, seed=options["seed"], blunders="bad" in options["faults"],
        first_sequence=options["first_sequence"] or (next_sequence(house.client) if house.client else 1),
    ).said  # fmt: skip
    plan = plan_messages(
        said, batch=options["batch"], faults=options["faults"], seed=options["seed"], backfill=options["backfill"]
    )
    begins, clock_speed = time.time(), speed or DAY
    clock = WallClock(begins, clock_speed)
    if "clock" in options["faults"]:
        clock = WallClock.unreliable(begins, clock_speed, options["seed"])
    sender = Sender(options["url"], house.wms_id, key_of(house.secret), options["patience"])
    return Run(sender, Wording(house.wms_id, clock), plan, speed), newest_words(said)


def pace(options: dict[str, Any]) -> tuple[int, float]:
    """(how many updates, how many times as fast as life); speed 0 is as fast as the house answers."""
    number, rate = options["updates"], options["rate"]
    if options["minutes"] is not None:
        number = max(1, round(options["minutes"] * 60 * rate))
    if options["speed"] is not None:
        return number, options["speed"]
    return number, DAY * rate / number


def stock_of(house: House, options: dict[str, Any]) -> dict[str, Decimal]:
    wanted = options["items"] or ""
    if house.client and not (wanted and not wanted.isdecimal()):
        found = stock_here(house.client, int(wanted) if wanted else None)
        if not found:
            raise Refused(
                f"Nothing is kept at {house.client.location}. Bring in opening stock, or name a file of items."
            )
        return found
    listed = read_items(Path(wanted))
    drawn = stock_drawn(list(listed), options["seed"])
    return {sku: drawn[sku] if quantity is None else quantity for sku, quantity in listed.items()}


def look_from(house: House, run: Run, options: dict[str, Any]) -> Look:
    if options["token_env"]:
        token = os.environ.get(options["token_env"], "")
        if not token:
            raise Refused(
                f"{options['token_env']} is empty. Put an API token of somebody who may see balances into it."
            )
        return over_http(run.sender.address, token, options["location"])
    return in_this_house(house.client or find_client(house.wms_id))


def serve(memory: Memory, key: bytes, port: int, stack: ExitStack) -> str:
    try:
        return stack.enter_context(serving(memory, key, port))
    except (OSError, OverflowError) as error:
        raise Refused(f"Port {port} cannot be taken: {error}. Choose another, or 0 for any.") from error
