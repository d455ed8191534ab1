"""The settings of metrics and tracing."""

from collections.abc import Callable

import environ


def metrics(env: environ.Env, secret: Callable[[str], str]) -> tuple[str, float, float]:
    """METRICS_TOKEN: what a scraper sends as `Authorization: Bearer`; without one, /metrics is for API tokens that may
    edit and for signed-in operators.

    METRICS_CACHE_SECONDS: figures are read again after so long. METRICS_SLOW_CACHE_SECONDS: those of whole tables.
    """
    return (
        secret("METRICS_TOKEN"),
        env.float("METRICS_CACHE_SECONDS", default=5),
        env.float("METRICS_SLOW_CACHE_SECONDS", default=60),
    )


def tracing(env: environ.Env) -> tuple[str, str]:
    """OTEL_EXPORTER_OTLP_ENDPOINT: the collector; tracing is off without one. OTEL_SERVICE_NAME: our name there."""
    return (
        env.str("OTEL_EXPORTER_OTLP_ENDPOINT", default=""),
        env.str("OTEL_SERVICE_NAME", default="countersign"),
    )
