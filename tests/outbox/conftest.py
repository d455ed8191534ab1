"""Subscribers on loopback, and events for them."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.test import Client

from approvals.models import Event, Subscription
from approvals.outbox.delivering import Report, deliver
from approvals.outbox.subscriptions import create_subscription
from tests import factories as make
from tests.receivers import Receiver


@pytest.fixture
def receivers() -> Iterator[Callable[..., Receiver]]:
    """A function that starts one more receiver."""
    started: list[Receiver] = []

    def start() -> Receiver:
        started.append(Receiver().start())
        return started[-1]

    yield start
    for receiver in started:
        receiver.stop()


@pytest.fixture
def manager(transactional_db):
    return make.user("eva", superuser=True)


@pytest.fixture
def office(manager):
    """A browser in which the manager is signed in."""
    manager.is_staff = True
    manager.save()
    client = Client()
    client.force_login(manager)
    return client


@pytest.fixture
def subscribe(manager):
    def subscribe(
        receiver: Receiver, name: str = "reader", *event_names: str, events_per_call: int = 1
    ) -> tuple[Subscription, str]:
        names = event_names or ["stock.moved"]
        return create_subscription(
            name=name, url=receiver.url, event_names=names, by=manager, events_per_call=events_per_call
        )

    return subscribe


@pytest.fixture
def happened():
    def happened(*subjects: str, name: str = "stock.moved", **payload: object) -> list[Event]:
        return [
            Event.objects.create(name=name, subject=subject, payload={"n": n, "unit": "€", **payload})
            for n, subject in enumerate(subjects)
        ]

    return happened


@pytest.fixture
def pass_time(settings) -> Callable[..., Report]:
    """Move the clock and do what is due then."""

    def pass_time(**span: float) -> Report:
        settings.CLOCK_OFFSET_SECONDS += timedelta(**span).total_seconds()
        return deliver()

    return pass_time
