"""Spans of one SKU's way, sent to a collector when one is named; nothing at all otherwise."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.core.checks import run_checks
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from approvals import checks, tracing
from approvals.models import Event
from approvals.outbox.delivering import deliver
from approvals.outbox.subscriptions import create_subscription
from tests import factories as make
from tests.forking import PROJECT
from tests.receivers import Answer, Receiver
from tests.wms.sending import Wms, fed_stock

pytestmark = pytest.mark.django_db(transaction=True)
TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


class Collector:
    """Takes OTLP over HTTP on loopback."""

    def __init__(self) -> None:
        self.paths: set[str] = set()
        self.spans: list[Any] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                request = ExportTraceServiceRequest()
                request.ParseFromString(self.rfile.read(int(self.headers["Content-Length"])))
                collector.paths.add(self.path)
                for resource in request.resource_spans:
                    for scope in resource.scope_spans:
                        collector.spans += scope.spans
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def named(self, name: str) -> Any:
        (found,) = [span for span in self.spans if span.name == name]
        return found


@pytest.fixture
def collector(settings: Any) -> Iterator[Collector]:
    made = Collector()
    settings.OTEL_EXPORTER_OTLP_ENDPOINT = f"http://127.0.0.1:{made.server.server_address[1]}/"
    tracing.provider.cache_clear()
    yield made
    tracing.provider().shutdown()
    tracing.provider.cache_clear()
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    started = Receiver().start()
    yield started
    started.stop()


def adjust(receiver: Receiver, **headers: str) -> None:
    create_subscription(
        name="reader", url=receiver.url, event_names=["inventory.adjusted"], by=make.user("", superuser=True)
    )
    home = make.zone()
    wms, what = Wms(home, "main"), fed_stock(5, home=home)
    assert wms.send(wms.update(1, what, 7), headers=headers).status_code == 200


def test_one_trace_from_the_caller_to_the_receiver(collector, receiver, settings):
    adjust(receiver, traceparent=f"00-{TRACE}-{CALLER}-01")
    receiver.answer = lambda event: Answer(503)
    deliver()
    receiver.answer = lambda event: Answer()
    settings.CLOCK_OFFSET_SECONDS += 3600
    deliver()
    tracing.provider().force_flush()
    assert collector.paths == {"/v1/traces"}
    request, applied = collector.named("POST /api/inventory/sync"), collector.named("wms: judge and apply")
    stored = collector.named("wms: store")
    deliveries = [span for span in collector.spans if span.name == "event: deliver"]
    assert len(deliveries) == 2
    assert {span.trace_id.hex() for span in [request, applied, stored, *deliveries]} == {TRACE}
    assert request.parent_span_id.hex() == CALLER
    assert applied.parent_span_id == request.span_id
    assert stored.parent_span_id == applied.span_id
    assert {span.parent_span_id for span in deliveries} == {stored.span_id}
    bodies = {message.body for message in receiver.received}
    assert len(bodies) == 1
    event = receiver.received[0].event
    assert event["traceparent"] == f"00-{TRACE}-{stored.span_id.hex()}-01"
    assert event["correlationid"] == TRACE


def test_without_a_collector_nothing_is_told(receiver):
    adjust(receiver, traceparent=f"00-{TRACE}-{CALLER}-01")
    deliver()
    (message,) = receiver.received
    assert "traceparent" not in message.event
    assert message.event["correlationid"] == TRACE
    assert set(Event.objects.values_list("traceparent", flat=True)) == {None}


def test_without_a_collector_nothing_is_imported(process_environment):
    code = (
        "import django, sys; django.setup(); import config.urls, config.celery; print('opentelemetry' in sys.modules)"
    )
    environment = process_environment | {"DJANGO_SETTINGS_MODULE": "config.settings"}
    ran = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, env=environment, capture_output=True, text=True)
    assert ran.stdout.strip() == "False", ran.stderr


def test_missing_packages_are_told_at_start(settings, monkeypatch):
    monkeypatch.setattr(checks.importlib.util, "find_spec", lambda name: None)
    assert "approvals.E005" not in {problem.id for problem in run_checks()}
    settings.OTEL_EXPORTER_OTLP_ENDPOINT = "http://127.0.0.1:4318"
    assert "approvals.E005" in {problem.id for problem in run_checks()}
