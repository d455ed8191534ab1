"""What is published of the API, and that it keeps to it: requests drawn by machine find no error and no surprise."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from django.contrib.staticfiles import finders
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from schemathesis import GenerationMode, checks

from approvals.models import EditToken, ProposedAction
from tests import factories as make
from tests.orders.selling import place

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting() -> tuple[Any, Any, Any, ProposedAction]:
    """A count of 184 where 142 were expected: the sheet, the item, the zone, the proposal for the line."""
    sheet, what, home = make.disputed_count()
    return sheet, what, home, ProposedAction.objects.get(count_line__sheet=sheet)


@pytest.fixture
def published(client: Client) -> dict[str, Any]:
    return dict(client.get("/api/openapi.json").json())


def test_every_operation_declares_its_refusals(published):
    operations = {
        f"{method} {path}": set(operation["responses"])
        for path, methods in published["paths"].items()
        for method, operation in methods.items()
    }
    looking, bodied = {"200", "401", "403", "422"}, {"400", "401", "403", "413", "422"}
    assert operations == {
        "get /api/workflow-runs/{run_id}": looking | {"404"},
        "get /api/proposed-actions": looking,
        "get /api/inventory/variances": looking,
        "get /api/inventory/{sku}/check": looking | {"404"},
        "get /api/inventory/{sku}": looking | {"404"},
        "post /api/inventory/{sku}/reconcile": bodied | {"200", "404"},
        "post /api/inventory/sync": {"200", "400", "401", "403", "409", "413", "429"},
        "get /api/quotes/{number}": looking | {"404"},
        "get /api/orders/{order_id}": looking | {"404"},
        "post /api/orders": bodied | {"200", "201", "409"},
        "post /api/orders/{order_id}/fulfil": bodied | {"200", "404", "409"},
        "post /api/orders/{order_id}/cancel": bodied | {"200", "404", "409"},
        "post /api/counts": bodied | {"201"},
        "post /api/quotes": bodied | {"201"},
        "post /api/proposed-actions/{action_id}/approve": bodied | {"200", "404", "409"},
        "post /api/proposed-actions/{action_id}/reject": bodied | {"200", "404", "409"},
    }


@pytest.mark.parametrize("address", ["/api/nothing", "/api/inventory/a%0Ab/check"])
def test_an_address_nobody_serves_is_answered_as_all_refusals_are(client, address):
    answer = client.get(address)
    assert answer.status_code == 404
    assert "nothing at this address" in answer.json()["problems"][0]
    assert "text/html" in client.get("/nothing")["Content-Type"]


def test_deciding_is_published_as_needing_the_token_alone(published):
    security = {
        path: published["paths"][path]["post"]["security"]
        for path in ("/api/proposed-actions/{action_id}/approve", "/api/proposed-actions/{action_id}/reject")
    }
    assert all(schemes == [{"EditTokenHeader": []}] for schemes in security.values())
    assert published["components"]["securitySchemes"]["EditTokenHeader"]["name"] == "X-Edit-Token"


def test_the_readable_description_runs_no_script_of_the_page_itself(client):
    """The content security policy lets in scripts from our own files only."""
    page = client.get("/api/docs")
    assert page.status_code == 200
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", page.content.decode(), re.DOTALL)
    assert scripts
    for attributes, body in scripts:
        assert 'type="application/json"' in attributes or not body.strip()
        for source in re.findall(r'src="/static/([^"]+)"', attributes):
            found = finders.find(source)
            assert found
            assert Path(str(found)).is_file()


MACHINE_CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]
EXAMPLES = 25
OPERATIONS = 16


@pytest.fixture
def one_connection() -> Iterator[None]:
    """As Django's own test client does: the end of a request leaves the test's transaction open."""
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    yield
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)


def operations() -> list[Any]:
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", WSGIHandler())
    return [result.ok() for result in schema.get_all_operations()]


@pytest.mark.slow
def test_requests_are_drawn_for_every_operation(db):
    assert len(operations()) == OPERATIONS


@pytest.mark.slow
@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("number", range(OPERATIONS))
def test_no_request_ends_in_an_error_or_in_an_answer_nobody_declared(waiting, one_connection, number, mode):
    """Requests drawn from the published schema, sound ones and broken ones."""
    _, what, home, action = waiting
    token = EditToken.issue(user=make.user("root", superuser=True), label="machine")[1]
    operation = operations()[number]
    order = place(home, (what, 2)).order
    there = {"run_id": action.workflow_run_id, "action_id": action.pk, "sku": what.item_code, "order_id": str(order)}
    seen: list[int] = []

    def attempt(case: schemathesis.Case) -> None:
        names = set(case.path_parameters or {}) & set(there)
        if mode is GenerationMode.POSITIVE and len(seen) % 2:
            case.path_parameters = {**(case.path_parameters or {}), **{name: there[name] for name in names}}
            if isinstance(case.body, dict) and "zone_id" in case.body:
                case.body["zone_id"] = home.pk
            if isinstance(case.body, dict) and "location" in case.body:
                case.body["location"] = home.location.code
        answer = case.call_and_validate(headers={"X-Edit-Token": token}, checks=MACHINE_CHECKS)
        seen.append(answer.status_code)

    drawn = given(case=operation.as_strategy(mode))(attempt)
    hypothesis_settings(max_examples=EXAMPLES)(drawn)()
    assert len(seen) > 1
