"""What the program says while it runs: one line an event, to stderr; as text, or as JSON for a collector.

A record's `told` (`extra={"told": {...}}`) becomes further fields of its line.
"""

import json
import logging
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ImproperlyConfigured

LINE = "%(asctime)s level=%(levelname)s logger=%(name)s %(message)s"
MOMENT = "%Y-%m-%dT%H:%M:%S%z"
# They tell of every wake-up, which the runs and pushes in the database tell better.
CHATTERERS = ("celery.worker.strategy", "celery.app.trace", "celery.beat", "weasyprint.progress", "fontTools")
# At DEBUG they write tokens and signed headers.
INDISCREET = ("oauthlib", "requests_oauthlib")
# One line for each update that is taken and each event that is delivered: thousands a second when it is busy.
EACH = ("countersign.updates", "countersign.deliveries")


class TextLines(logging.Formatter):
    """`correlation_id=` and what else is told follow the message."""

    def __init__(self) -> None:
        super().__init__(LINE, MOMENT)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  (its name there)
        told = (f"{name}={_on_one_line(said)}" for name, said in _told(record).items())
        return " ".join([super().formatMessage(record), *told])


class JsonLines(logging.Formatter):
    """An object a line: time (UTC), level, logger, message, and what is told; `error` holds a traceback."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **_told(record),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)


FORMATS: dict[str, type[logging.Formatter]] = {"text": TextLines, "json": JsonLines}


def _on_one_line(said: Any) -> str:
    """In quotes where it would not be one word."""
    text = str(said)
    return text if text.isprintable() and not set(text) & set(' "=') else json.dumps(text)


def _told(record: logging.LogRecord) -> dict[str, Any]:
    correlation_id = getattr(record, "correlation_id", "")
    return ({"correlation_id": correlation_id} if correlation_id else {}) | getattr(record, "told", {})


def lines_to_stderr(level: str, form: str = "text", *, each: bool = False) -> dict[str, Any]:
    """`each`: also of every update taken and every event delivered."""
    if form not in FORMATS:
        raise ImproperlyConfigured(f"LOG_FORMAT is {form!r}: set it to {' or '.join(FORMATS)}.")
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": FORMATS[form]}},
        "filters": {"correlation": {"()": "approvals.correlation.CorrelationFilter"}},
        "handlers": {
            "stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["correlation"]},
        },
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {"django": {"handlers": [], "level": level, "propagate": True}}
        | {name: {"level": "WARNING"} for name in (*CHATTERERS, *INDISCREET)}
        | {name: {"level": "INFO" if each else "WARNING"} for name in EACH},
    }
