"""A web process of its own on this test's database: gunicorn, as in production."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings as django_settings

from tests.forking import ForkServer
from tests.wms.web_process import WebProcess


@pytest.fixture(scope="session")
def web_process(fork_server: ForkServer) -> Iterator[WebProcess]:
    environment = dict(fork_server.environment) | {"SECRET_KEY": django_settings.SECRET_KEY}
    log = Path(fork_server.environment["VAR_DIR"]) / "wms_web.log"
    with WebProcess(environment, log) as running:
        running.wait_until_it_answers()
        yield running


@pytest.fixture
def house(transactional_db: None, web_process: WebProcess) -> str:
    """Where it answers. One test after the other."""
    return web_process.address
