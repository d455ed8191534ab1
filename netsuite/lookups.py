"""Ask NetSuite whether it holds a push, without sending anything. For checks by people, not for the drain."""

from collections.abc import Callable

from netsuite import configuration
from netsuite.client import client_for
from netsuite.models import Push
from netsuite.outcomes import LookupOutcome


class NotConnected(Exception):
    """NetSuite is not set up; the message says what is missing."""


def looker_up() -> Callable[[Push], LookupOutcome]:
    """A function that looks one push up. Raises NotConnected."""
    connection = configuration.connection()
    if connection.problems:
        raise NotConnected("NetSuite is not set up: " + " ".join(connection.problems))
    client = client_for(connection, configuration.timing())

    def look_up(push: Push) -> LookupOutcome:
        return client.lookup(
            record_type=push.record_type,
            external_id=push.external_id,
            payload_hash=push.payload_hash,
            record=push.payload,
        )

    return look_up
