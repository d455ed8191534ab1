"""A real browser on a real web server: processes of their own, on this test's database and ports."""

import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from shutil import which
from typing import Any

import pytest
from django.conf import LazySettings, global_settings
from django.conf import settings as django_settings
from django.contrib.auth.hashers import make_password
from django.test import Client
from playwright.sync_api import Browser, expect, sync_playwright

from netsuite.simulator.running import Running, running_simulator
from tests.factories import user
from tests.forking import Child, ForkServer
from tests.journeys.browsing import DESK, PASSWORD, PATIENCE, Visitor, new_visitor
from tests.ports import free_port

HOUSE = Path(__file__).resolve().parents[2]
START_SECONDS = 180
CHROMIUM_OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


@pytest.fixture(scope="session")
def static_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As deployed: collected once, with their hashes in their names."""
    var = tmp_path_factory.mktemp("collected")
    environment = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"} | {"VAR_DIR": str(var)}
    command = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
    subprocess.run(command, cwd=HOUSE, env=environment, check=True)
    return var / "static"


@pytest.fixture(scope="session")
def simulator_process() -> Iterator[Running]:
    with running_simulator() as running:
        yield running


@pytest.fixture
def simulator(simulator_process: Running) -> Running:
    """An empty NetSuite account."""
    simulator_process.control.reset()
    return simulator_process


@pytest.fixture(scope="session")
def house_environment(fork_server: ForkServer, simulator_process: Running, static_files: Path) -> dict[str, str]:
    """For every process of the house: the tests' database, the files of the forks, and the simulator as NetSuite."""
    var = Path(fork_server.environment["VAR_DIR"])
    (var / "static").symlink_to(static_files)
    return dict(fork_server.environment) | {
        "SECRET_KEY": django_settings.SECRET_KEY,
        "NETSUITE_RESTLET_BASE_URL": simulator_process.base_url,
        "NETSUITE_REST_BASE_URL": simulator_process.base_url,
        "CELERY_BROKER_URL": "memory://",
    }


@pytest.fixture(scope="session")
def web(house_environment: dict[str, str]) -> Iterator[str]:
    """Where the web server answers: gunicorn, as `make run` starts it. It serves one test after the other."""
    at, var = f"http://127.0.0.1:{(port := free_port())}", Path(house_environment["VAR_DIR"])
    command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}"]
    command += ["--worker-class", "gthread", "--threads", "4", "--log-level", "warning"]
    command += ["--control-socket", str(var / "gunicorn.ctl")]
    log = var / "web.log"
    with log.open("w") as file:
        process = subprocess.Popen(command, cwd=HOUSE, env=house_environment, stdout=file, stderr=subprocess.STDOUT)
    try:
        _wait_for(f"{at}/healthz", process, log)
        yield at
    finally:
        process.terminate()
        process.wait(timeout=60)


@pytest.fixture
def address(transactional_db: None, simulator: Running, web: str, house_environment: dict[str, str]) -> str:
    """A web server that remembers nothing of another test."""
    shutil.rmtree(Path(house_environment["VAR_DIR"]) / "cache", ignore_errors=True)
    return web


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        try:
            urllib.request.urlopen(url, timeout=30).close()
            return
        except OSError:
            time.sleep(0.05)


@pytest.fixture
def drain(address: str, simulator: Running, fork_server: ForkServer) -> Iterator[Callable[[], None]]:
    """Starts `drain_pushes` beside the browser; it must end well."""
    names = ("NETSUITE_RESTLET_BASE_URL", "NETSUITE_REST_BASE_URL")
    fork_server.settings = dict.fromkeys(names, simulator.base_url)
    started: list[Child] = []
    yield lambda: started.append(fork_server.start(["drain_pushes"]))
    for child in started:
        assert child.wait() == 0, child.printed


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The driver keeps an event loop in this thread, which Django takes for asynchronous code."""
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        expect.set_options(timeout=PATIENCE)
        browser = playwright.chromium.launch(executable_path=which("chromium"), args=CHROMIUM_OPTIONS)
        yield browser
        browser.close()


@cache
def hashed_password() -> str:
    """As slow as the web server wants it, so once."""
    return make_password(PASSWORD)


@pytest.fixture
def people(transactional_db: None, settings: LazySettings) -> dict[str, Any]:
    """Who works here, with passwords hashed so that the web server knows them."""
    settings.PASSWORD_HASHERS = global_settings.PASSWORD_HASHERS
    roles = {"carla": "counter", "mike": "approver", "dana": "approver"}
    found = {name: user(name, role) for name, role in roles.items()}
    for person in found.values():
        person.is_staff, person.password = True, hashed_password()
        person.save()
    return found


@pytest.fixture
def open_window(chromium: Browser, people: dict[str, Any], address: str) -> Iterator[Callable[..., Visitor]]:
    """After the test no browser may have complained about anything."""
    visitors: list[Visitor] = []

    def opened(viewport: dict[str, int]) -> Visitor:
        visitors.append(new_visitor(chromium, address, viewport))
        return visitors[-1]

    yield opened
    for visitor in visitors:
        visitor.page.context.close()
    complaints = [each for visitor in visitors for each in visitor.complaints]
    assert not complaints


@pytest.fixture
def sign_in(open_window: Callable[..., Visitor]) -> Callable[..., Visitor]:
    """A window of this person's own, signed in with name and password."""

    def enter(name: str, viewport: dict[str, int] = DESK) -> Visitor:
        visitor = open_window(viewport)
        visitor.sign_in(name)
        return visitor

    return enter


@pytest.fixture
def come_back(open_window: Callable[..., Visitor], people: dict[str, Any]) -> Callable[..., Visitor]:
    """A window of somebody who signed in earlier in the day."""

    def enter(name: str, viewport: dict[str, int] = DESK) -> Visitor:
        visitor, earlier, cookie = open_window(viewport), Client(), django_settings.SESSION_COOKIE_NAME
        earlier.force_login(people[name])
        value = earlier.cookies[cookie].value
        visitor.page.context.add_cookies([{"name": cookie, "value": value, "url": visitor.address}])
        return visitor

    return enter
