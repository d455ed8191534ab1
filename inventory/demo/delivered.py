"""The last stretch of the story, for any pushes: drained, there exactly once, line for line."""

from collections.abc import Iterable
from decimal import Decimal

from inventory.demo.delivery import DemoNetSuite
from inventory.demo.telling import Telling
from inventory.models import Movement
from netsuite.models import Push


def tell_delivery(telling: Telling, netsuite: DemoNetSuite, pushes: Iterable[Push]) -> None:
    first, second = netsuite.drain(), netsuite.drain()
    number = first["confirmed"]
    telling.say(f"The drain confirmed {number} push{'es' * (number != 1)}, one after the other.")
    telling.check("nothing is left in the queue", holds=first["waiting"] == 0 == second["waiting"])
    telling.check("a second drain sends nothing", holds=second["sent"] == 0)
    for push in pushes:
        held = netsuite.held(push)
        for record in held:
            telling.say(
                f"{push.label}: NetSuite's own log has {record.tran_id} "
                f"with {record.lines} line{'s' * (record.lines != 1)}, {record.quantity:+f} units."
            )
        moved = Movement.objects.filter(adjustment__push=push)
        total = sum((movement.delta for movement in moved), Decimal(0))
        exactly = [(record.lines, record.quantity) for record in held] == [(moved.count(), total)]
        telling.check(f"{push.external_id} is there exactly once, line for line", holds=exactly)
    telling.check("NetSuite wrote nothing twice", holds=netsuite.written_twice() == [])
    peak = netsuite.peak_writers()
    telling.check(f"never more than one writer at a time (peak {peak})", holds=peak <= 1)
