"""Ask NetSuite whether it holds a push, without sending anything. For checks by people, not for the drain."""

from collections.abc import Callable

from netsuite import configuration
from netsuite.client import client_for
from netsuite.models import Push
from netsuite.outcomes import LookupOutcome


def looker_up() -> Callable[[Push], LookupOutcome]:
    """A function that looks one push up. Raises configuration.NotConnected."""
    client = client_for(configuration.complete_connection(), configuration.timing())

    def look_up(push: Push) -> LookupOutcome:
        return client.lookup(
            record_type=push.record_type,
            external_id=push.external_id,
            payload_hash=push.payload_hash,
            record=push.payload,
        )

    return look_up
