"""What every test gets: its own files, its own database file, no broker, repeatable hypotheses."""

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.db import connection
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from pytest_django import DjangoDbBlocker

from config.celery import app as celery_app

QUIET = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]

# A green run must be repeatable, so the default draws the same examples every time;
# HYPOTHESIS_PROFILE=search looks for new ones.
hypothesis_settings.register_profile(
    "repeatable", max_examples=60, deadline=None, derandomize=True, database=None, suppress_health_check=QUIET
)
hypothesis_settings.register_profile("search", max_examples=1000, deadline=None, suppress_health_check=QUIET)
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))


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

    def find() -> int:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return int(probe.getsockname()[1])

    return find


@pytest.fixture
def process_environment(tmp_path: Path) -> dict[str, str]:
    """For `manage.py` started as a process of its own: an empty VAR_DIR, no inherited database."""
    inherited = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    return inherited | {"VAR_DIR": str(tmp_path / "var"), "PYTHONUNBUFFERED": "1"}


@pytest.fixture
def test_database_environment(transactional_db: None, process_environment: dict[str, str]) -> dict[str, str]:
    """As process_environment, on this test's own database: both sides see each other's commits."""
    return process_environment | {"DATABASE_URL": database_url(), "PRODUCTION": "false"}


def database_url() -> str:
    """Where this test's database is, for another process."""
    config = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{config['NAME']}"
    where = f"{config['HOST']}:{config['PORT']}/{config['NAME']}"
    return f"postgres://{config['USER']}:{config['PASSWORD']}@{where}"
