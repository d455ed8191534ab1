"""What every test gets: its own files, its own database file, no broker, repeatable hypotheses."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import TransactionTestCase
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from pytest_django import DjangoDbBlocker

from config.celery import app as celery_app
from tests import ports
from tests.emptying import Given, empty
from tests.forking import PROJECT, ForkServer

QUIET = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]

# A green run must be repeatable, so the default draws the same examples every time;
# HYPOTHESIS_PROFILE=search looks for new ones.
hypothesis_settings.register_profile(
    "repeatable", max_examples=60, deadline=None, derandomize=True, database=None, suppress_health_check=QUIET
)
hypothesis_settings.register_profile("search", max_examples=1000, deadline=None, suppress_health_check=QUIET)
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))

USING_THE_DATABASE = {"db", "transactional_db", "django_db_setup"}
LEFT_OUT = pytest.StashKey[int]()


def pytest_addoption(parser: pytest.Parser) -> None:
    told = "only the tests that use a database"
    parser.addoption("--database-tests", action="store_true", help=told)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    items.sort(key=turn)
    if config.getoption("--database-tests"):
        chosen = [item for item in items if uses_the_database(item)]
        config.stash[LEFT_OUT] = len(items) - len(chosen)
        items[:] = chosen


def turn(item: pytest.Item) -> int:
    """Longest first, so that no worker is left alone with them at the end."""
    if item.get_closest_marker("xdist_group"):
        return 0
    return 1 if item.get_closest_marker("slow") else 2


def uses_the_database(item: pytest.Item) -> bool:
    marked = item.get_closest_marker("django_db") or item.get_closest_marker("postgres")
    return bool(marked or USING_THE_DATABASE.intersection(getattr(item, "fixturenames", ())))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """In a worker: what it left out, for the report of its controller."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = session.config.stash.get(LEFT_OUT, 0)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    node.config.stash[LEFT_OUT] = getattr(node, "workeroutput", {}).get("left_out", 0)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if left_out := config.stash.get(LEFT_OUT, 0):
        terminalreporter.write_line(f"{left_out} tests use no database: they ran once, in the pass on SQLite.")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """SQLite as a file: in memory its locks differ, and no other process could open it."""
    if connection.vendor == "sqlite":
        name = tmp_path_factory.mktemp("database") / "test.sqlite3"
        connection.settings_dict["TEST"]["NAME"] = str(name)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Tests that commit are followed by a quicker emptying than Django's."""
    with django_db_blocker.unblock():
        given = Given.now()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda case: empty(given))
        yield


@pytest.fixture(autouse=True)
def own_files_and_no_broker(settings: LazySettings, tmp_path: Path) -> Iterator[None]:
    """Uploads, mail and cache of one test only; messages go nowhere unless a test starts a broker."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    broker = celery_app.conf.broker_url
    celery_app.conf.update(broker_url="memory://")
    yield
    celery_app.conf.update(broker_url=broker)


@pytest.fixture
def free_port() -> Callable[[], int]:
    """A function giving a loopback port that nothing listens on."""
    return ports.free_port


@pytest.fixture
def process_environment(tmp_path: Path) -> dict[str, str]:
    """For `manage.py` started as a process of its own: an empty VAR_DIR, no inherited database."""
    inherited = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    return inherited | {"VAR_DIR": str(tmp_path / "var"), "PYTHONUNBUFFERED": "1"}


@pytest.fixture
def new_installation(request: pytest.FixtureRequest, process_environment: dict[str, str]) -> dict[str, str]:
    """As process_environment, its database brought up to date."""
    var = Path(process_environment["VAR_DIR"])
    var.mkdir()
    if connection.vendor == "sqlite":
        request.getfixturevalue("django_db_setup")
        places = connection.settings_dict["NAME"], var / "db.sqlite3"
        with closing(sqlite3.connect(places[0])) as ours, closing(sqlite3.connect(places[1])) as copy:
            ours.backup(copy)
    else:
        command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
        subprocess.run(command, cwd=PROJECT, env=process_environment, check=True)
    return process_environment


@pytest.fixture
def test_database_environment(transactional_db: None, process_environment: dict[str, str]) -> dict[str, str]:
    """As process_environment, on this test's own database: both sides see each other's commits."""
    return process_environment | {"DATABASE_URL": database_url(), "PRODUCTION": "false"}


@pytest.fixture(scope="session")
def fork_server(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForkServer]:
    folder = tmp_path_factory.mktemp("forks")
    (folder / "var").mkdir()
    environment = os.environ | {
        "DATABASE_URL": database_url(),
        "PRODUCTION": "false",
        "VAR_DIR": str(folder / "var"),
        "PYTHONUNBUFFERED": "1",
    }
    with ForkServer(environment, folder) as server:
        yield server


def database_url() -> str:
    """Where this test's database is, for another process."""
    config = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{config['NAME']}"
    where = f"{config['HOST']}:{config['PORT']}/{config['NAME']}"
    return f"postgres://{config['USER']}:{config['PASSWORD']}@{where}"
