"""A real simulator process, real HTTP, and a clock the tests move instead of sleeping."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import LazySettings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission

from netsuite.machine_login import forget_tokens
from netsuite.simulator.running import Running, running_simulator
from tests.forking import ForkServer
from tests.netsuite.keys import log_in_by_certificate

PATIENT, HURRIED = 30.0, 2.0  # seconds for an answer; hurried where a test makes NetSuite withhold it


@pytest.fixture(scope="session")
def simulator_process() -> Iterator[Running]:
    with running_simulator() as running:
        yield running


@pytest.fixture
def simulator(simulator_process: Running, settings: LazySettings) -> Running:
    """An empty NetSuite account that the settings point to."""
    simulator_process.control.reset()
    forget_tokens()
    settings.NETSUITE_RESTLET_BASE_URL = settings.NETSUITE_REST_BASE_URL = simulator_process.base_url
    settings.NETSUITE_QUERY_WAIT = 0.01
    settings.NETSUITE_CONNECT_TIMEOUT = settings.NETSUITE_READ_TIMEOUT = PATIENT
    return simulator_process


@pytest.fixture
def hurried(simulator: Running, settings: LazySettings) -> None:
    """For tests in which NetSuite does not answer in time."""
    settings.NETSUITE_READ_TIMEOUT = HURRIED


@pytest.fixture
def later(settings: LazySettings) -> Callable[[float], None]:
    """Move our clock forward by so many seconds."""

    def move(seconds: float) -> None:
        settings.CLOCK_OFFSET_SECONDS += seconds

    return move


@pytest.fixture
def operator(db: None) -> Any:
    """Somebody who may decide about pushes and resume."""
    user = get_user_model().objects.create_user("olga")
    wanted = Permission.objects.filter(
        codename__in=("retry_push", "cancel_push", "redate_push", "resolve_conflict", "resume_drain")
    )
    user.user_permissions.set(wanted)
    return user


@pytest.fixture(params=["tba", "m2m"])
def rest(request: pytest.FixtureRequest, simulator: Running, settings: LazySettings) -> LazySettings:
    """The record API with each of the two signers."""
    if request.param == "m2m":
        log_in_by_certificate(simulator, settings)
    settings.NETSUITE_TRANSPORT = "rest"
    settings.NETSUITE_ADJUSTMENT_ACCOUNT_ID = "54"
    return settings


@pytest.fixture
def forks(
    transactional_db: None, simulator: Running, fork_server: ForkServer, settings: LazySettings
) -> Iterator[ForkServer]:
    """Processes on this test's database, with its NetSuite and its time-outs; none outlives it."""
    names = ("RESTLET_BASE_URL", "CONNECT_TIMEOUT", "READ_TIMEOUT")
    fork_server.settings = {f"NETSUITE_{name}": getattr(settings, f"NETSUITE_{name}") for name in names}
    yield fork_server
    fork_server.finish()
