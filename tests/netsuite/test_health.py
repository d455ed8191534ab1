"""What operators and monitoring are told: banners that say what to check, and the lines of health."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.test import Client
from django.urls import reverse

from approvals import health
from approvals.clock import now
from approvals.models import EditToken, TickMark
from netsuite.drain import drain
from netsuite.models import DrainLease, Push
from tests import factories as make
from tests.netsuite.stage import enqueue
from tests.netsuite.test_push_admin import client_for, text_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def worker_ticks(db: None) -> None:
    TickMark.ticked()


def monitoring(*roles: str) -> dict[str, str]:
    _, token = EditToken.issue(user=make.user("", *(roles or ("integrator",))), label="monitoring")
    return {"X-Edit-Token": token}


def asked(headers: dict[str, str] | None = None) -> tuple[int, Any]:
    answer = Client().get(reverse("health"), headers=headers if headers is not None else monitoring())
    return answer.status_code, answer.json()


def banners() -> tuple[str, str]:
    """The pushes page and the dashboard as an approver reads them."""
    client = client_for("approver")
    pages = [client.get(reverse(name)) for name in ("admin:netsuite_push_changelist", "admin:index")]
    return tuple(text_of(answer) for answer in pages)  # type: ignore[return-value]


def red_and_yellow() -> tuple[int, int]:
    body = client_for("approver").get(reverse("admin:netsuite_push_changelist")).content.decode()
    return body.count("cs-banner cs-danger"), body.count("cs-banner cs-warning")


def revoked(simulator: Any, settings: Any, free_port: Any) -> None:
    simulator.control.revoke_token()


def wrong_script(simulator: Any, settings: Any, free_port: Any) -> None:
    settings.NETSUITE_SCRIPT = "customscript_elsewhere"


def gone(simulator: Any, settings: Any, free_port: Any) -> None:
    settings.NETSUITE_RESTLET_BASE_URL = f"http://127.0.0.1:{free_port()}"


def incomplete(simulator: Any, settings: Any, free_port: Any) -> None:
    settings.NETSUITE_TOKEN_SECRET = ""


def busy(simulator: Any, settings: Any, free_port: Any) -> None:
    simulator.control.add_fault("throttle", op="push")


STOPS = [
    (revoked, "NetSuite refused our login", ("Check the token", "integration record", "role", "clock")),
    (wrong_script, "The NetSuite set-up is wrong", ("Check the address", "script and its deployment", "permissions")),
    (gone, "NetSuite cannot be reached", ("network", "name service", "NETSUITE_RESTLET_BASE_URL", "status page")),
    (incomplete, "Settings for NetSuite are missing", ("NETSUITE_TOKEN_SECRET is empty", "set it in the environment")),
]


@pytest.mark.parametrize(("cause", "title", "checks"), STOPS, ids=[stop[0].__name__ for stop in STOPS])
def test_every_stop_is_a_red_banner_that_says_what_to_check(simulator, settings, free_port, cause, title, checks):
    enqueue("CS-IA-1")
    cause(simulator, settings, free_port)
    assert drain().halted
    for shown in banners():
        for said in (title, *checks):
            assert said in shown
    assert red_and_yellow() == (1, 0)
    status, said = asked()
    assert status == 503
    assert any(title in problem and checks[0] in problem for problem in said["problems"])
    assert said["lines"]["netsuite_queue"]["halt"] == title


def test_a_pause_netsuite_asked_for_is_yellow_and_no_problem_at_first(simulator, later):
    enqueue("CS-IA-1")
    simulator.control.add_fault("throttle", op="push", count=None)
    drain()
    drain_end = DrainLease.objects.get()
    assert drain_end.halt == "throttled"
    assert red_and_yellow() == (0, 1)
    for shown in banners():
        assert "asked us to slow down" in shown
        assert "No attempt is used up" in shown
    DrainLease.objects.update(last_drained_at=now())
    assert asked()[0] == 200
    later(600)
    TickMark.ticked()
    assert asked()[0] == 503


def test_health_tells_depth_age_and_the_last_drain_that_nothing_stopped(simulator, settings, later, free_port):
    assert drain().halted == ""
    address = settings.NETSUITE_RESTLET_BASE_URL
    gone(simulator, settings, free_port)
    enqueue("CS-IA-1")
    enqueue("CS-IA-2", "B")
    later(200)
    assert drain().halted
    _, said = asked()
    line = said["lines"]["netsuite_queue"]
    assert (line["waiting"], line["need_a_person"]) == (2, 0)
    assert 200 <= line["oldest_waiting_seconds"] < 230
    assert 200 <= line["last_drain_age_seconds"] < 230, "a drain that was stopped is no successful one"
    settings.NETSUITE_RESTLET_BASE_URL = address
    later(3)
    assert drain().confirmed == 2
    TickMark.ticked()
    status, said = asked()
    line = said["lines"]["netsuite_queue"]
    assert (status, said["ok"], said["problems"]) == (200, True, [])
    assert (line["waiting"], line["oldest_waiting_seconds"], line["halt"]) == (0, None, "")
    assert line["last_drain_age_seconds"] < 30


def test_a_drain_that_stays_away_is_a_problem_even_with_nothing_waiting(simulator):
    drain()
    assert asked()[0] == 200
    DrainLease.objects.update(last_drained_at=F("last_drained_at") - timedelta(minutes=6))
    status, said = asked()
    assert status == 503
    assert "Check that the worker and beat processes are up" in said["problems"][0]


def test_a_silent_worker_is_a_problem():
    TickMark.objects.update(finished_at=now() - timedelta(minutes=4))
    status, said = asked()
    assert status == 503
    assert "The worker last ticked 4 min ago. Check that worker and beat are up" in said["problems"][0]
    assert said["lines"]["worker"]["last_tick_age_seconds"] == 240


def test_health_is_for_those_who_may_know():
    assert asked({})[0] == 401
    assert asked({"X-Edit-Token": "wrong"})[0] == 401
    assert asked(monitoring("counter"))[0] == 403
    assert asked(monitoring("integrator"))[0] == 200
    assert client_for("auditor").get(reverse("health")).status_code == 200
    assert Client().post(reverse("health"), headers=monitoring()).status_code == 405
    assert Client().get(reverse("healthz")).content == b"ok\n", "liveness tells nothing and asks for nothing"


def test_one_more_line_is_one_function(monkeypatch):
    monkeypatch.setattr(health, "_PROBES", dict(health._PROBES))
    health.register("mirror", lambda: health.Line("Mirror", "Last read 3 min ago.", figures={"drift": 2}))
    assert asked()[1]["lines"]["mirror"] == {"says": "Last read 3 min ago.", "problem": "", "drift": 2}
    shown = text_of(client_for("approver").get(reverse("admin:index")))
    assert "Mirror Last read 3 min ago." in shown


def test_the_dashboard_tells_the_last_drain_and_how_long_the_oldest_has_waited(simulator):
    drain()
    enqueue("CS-IA-1")
    Push.objects.update(created_at=now() - timedelta(minutes=20))
    shown = banners()[1]
    assert "The oldest has waited for 20 min." in shown
    assert "1 waiting, the oldest for 20 min" in shown
