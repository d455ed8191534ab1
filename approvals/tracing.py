"""OpenTelemetry by setting: with OTEL_EXPORTER_OTLP_ENDPOINT set, spans are sent there; without, nothing is imported.

The packages are an extra (requirements/tracing.txt). What the environment says besides (OTEL_EXPORTER_OTLP_HEADERS,
OTEL_TRACES_SAMPLER, OTEL_RESOURCE_ATTRIBUTES, ...) is read by OpenTelemetry itself.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, wraps
from typing import Any, ParamSpec, TypeVar

from django.conf import settings

P = ParamSpec("P")
R = TypeVar("R")
Attributes = Mapping[str, str | int]


def is_on() -> bool:
    return bool(settings.OTEL_EXPORTER_OTLP_ENDPOINT)


@contextmanager
def span(name: str, *, parent: str | None = None, kind: str = "INTERNAL", **attributes: str | int) -> Iterator[Any]:
    """A span around the block, or None when tracing is off. `parent` is a traceparent that came from elsewhere."""
    if not is_on():
        yield None
        return
    from opentelemetry.trace import SpanKind
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    before = TraceContextTextMapPropagator().extract({"traceparent": parent}) if parent else None
    with (
        provider()
        .get_tracer("countersign")
        .start_as_current_span(name, context=before, kind=SpanKind[kind], attributes=attributes) as begun
    ):
        yield begun


def traced(name: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A span around each call."""

    def around(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def called(*args: P.args, **kwargs: P.kwargs) -> R:
            if not is_on():
                return function(*args, **kwargs)
            with span(name):
                return function(*args, **kwargs)

        return called

    return around


def traceparent() -> str | None:
    """Of the span around the caller, for whoever goes on with it; None when there is none."""
    if not is_on():
        return None
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return carrier.get("traceparent")


@cache
def provider() -> Any:
    """Made at the first span, so after a web server or worker has forked."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    endpoint = f"{settings.OTEL_EXPORTER_OTLP_ENDPOINT.rstrip('/')}/v1/traces"
    made = TracerProvider(resource=Resource.create({"service.name": settings.OTEL_SERVICE_NAME}))
    made.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
    return made
