"""What the program says while it runs: one line an event, to stderr."""

from typing import Any

LINE = {
    "format": "%(asctime)s level=%(levelname)s logger=%(name)s %(message)s",
    "datefmt": "%Y-%m-%dT%H:%M:%S%z",
}
# They tell of every wake-up, which the runs and pushes in the database tell better.
CHATTERERS = ("celery.worker.strategy", "celery.app.trace", "celery.beat", "weasyprint.progress", "fontTools")
# At DEBUG they write tokens and signed headers.
INDISCREET = ("oauthlib", "requests_oauthlib")


def lines_to_stderr(level: str) -> dict[str, Any]:
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": LINE},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {"django": {"handlers": [], "level": level, "propagate": True}}
        | {name: {"level": "WARNING"} for name in (*CHATTERERS, *INDISCREET)},
    }
