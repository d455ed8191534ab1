"""A real browser on a real web server: processes of their own, on this test's database and ports."""

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import which
from typing import Any

import pytest
from django.conf import LazySettings, global_settings
from django.contrib.auth.hashers import make_password
from playwright.sync_api import Browser, expect, sync_playwright

from netsuite.simulator.running import Running, running_simulator
from tests.factories import user
from tests.journeys.browsing import DESK, PASSWORD, PATIENCE, Visitor, new_visitor

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


@pytest.fixture
def house_environment(
    test_database_environment: dict[str, str], simulator: Running, static_files: Path, tmp_path: Path
) -> dict[str, str]:
    """For every process of the house: this test's database and files, and the simulator as NetSuite."""
    (tmp_path / "var").mkdir(exist_ok=True)
    (tmp_path / "var" / "static").symlink_to(static_files)
    return test_database_environment | {
        "NETSUITE_RESTLET_BASE_URL": simulator.base_url,
        "NETSUITE_REST_BASE_URL": simulator.base_url,
        "CELERY_BROKER_URL": "memory://",
    }


@pytest.fixture
def address(house_environment: dict[str, str], free_port: Callable[[], int], tmp_path: Path) -> Iterator[str]:
    """Where the web server answers: gunicorn, as `make run` starts it."""
    at = f"http://127.0.0.1:{(port := free_port())}"
    command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}"]
    command += ["--worker-class", "gthread", "--threads", "4", "--log-level", "warning"]
    command += ["--control-socket", str(tmp_path / "gunicorn.ctl")]
    log = tmp_path / "web.log"
    with log.open("w") as file:
        web = subprocess.Popen(command, cwd=HOUSE, env=house_environment, stdout=file, stderr=subprocess.STDOUT)
    try:
        _wait_for(f"{at}/healthz", web, log)
        yield at
    finally:
        web.terminate()
        web.wait(timeout=60)


def _wait_for(url: str, web: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        assert web.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        try:
            urllib.request.urlopen(url, timeout=30).close()
            return
        except OSError:
            time.sleep(0.05)


@pytest.fixture
def drain(house_environment: dict[str, str]) -> Iterator[Callable[[], None]]:
    """Starts `manage.py drain_pushes` beside the browser; it must end well."""
    started: list[subprocess.Popen[str]] = []

    def start() -> None:
        command = [sys.executable, "manage.py", "drain_pushes"]
        pipe = subprocess.PIPE
        started.append(subprocess.Popen(command, cwd=HOUSE, env=house_environment, stdout=pipe, stderr=pipe, text=True))

    yield start
    for process in started:
        _, errors = process.communicate(timeout=180)
        assert process.returncode == 0, errors


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The driver keeps an event loop in this thread, which Django takes for asynchronous code."""
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        expect.set_options(timeout=PATIENCE)
        browser = playwright.chromium.launch(executable_path=which("chromium"), args=CHROMIUM_OPTIONS)
        yield browser
        browser.close()


@pytest.fixture
def people(transactional_db: None, settings: LazySettings) -> dict[str, Any]:
    """Who works here, with passwords hashed so that the web server knows them."""
    settings.PASSWORD_HASHERS = global_settings.PASSWORD_HASHERS
    secret = make_password(PASSWORD)
    roles = {"carla": "counter", "mike": "approver", "dana": "approver"}
    found = {name: user(name, role) for name, role in roles.items()}
    for person in found.values():
        person.is_staff, person.password = True, secret
        person.save()
    return found


@pytest.fixture
def sign_in(chromium: Browser, people: dict[str, Any], address: str) -> Iterator[Callable[..., Visitor]]:
    """A window of this person's own. After the test no browser may have complained about anything."""
    visitors: list[Visitor] = []

    def enter(name: str, viewport: dict[str, int] = DESK) -> Visitor:
        visitor = new_visitor(chromium, address, viewport)
        visitors.append(visitor)
        visitor.sign_in(name)
        return visitor

    yield enter
    for visitor in visitors:
        visitor.page.context.close()
    complaints = [each for visitor in visitors for each in visitor.complaints]
    assert not complaints
