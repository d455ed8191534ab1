"""Ask NetSuite whether it holds a push, without sending anything. For checks by people, not for the drain."""

from collections.abc import Callable

from netsuite import configuration
from netsuite.client import client_for
from netsuite.conflicts import was_accepted
from netsuite.models import Push
from netsuite.outcomes import Confirmed, Conflict, LookupOutcome


def looker_up() -> Callable[[Push], LookupOutcome]:
    """A function that looks one push up. Raises configuration.NotConnected.

    A record a person took as right counts as confirmed while NetSuite holds it as it was then.
    """
    client = client_for(configuration.complete_connection(), configuration.timing())

    def look_up(push: Push) -> LookupOutcome:
        outcome = client.lookup(
            record_type=push.record_type,
            external_id=push.external_id,
            payload_hash=push.payload_hash,
            record=push.payload,
        )
        if isinstance(outcome, Conflict) and outcome.record and was_accepted(push, outcome.record):
            return Confirmed(outcome.exchange, outcome.record, existing=True)
        return outcome

    return look_up
