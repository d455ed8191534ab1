"""What `/metrics` tells Prometheus, read from rows: whichever process is asked, and however many there are.

Each room registers what it can tell. Labels name few things (sources, states, places), never an item.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.db.models import Count, Min
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector, CollectorRegistry

from approvals.health import ticked_at
from approvals.models import Alert, ProposedAction

log = logging.getLogger(__name__)
Collect = Callable[[], Iterable[Metric]]


@dataclass
class _Source:
    """`is_slow`: counts whole tables, so its figures are kept for longer."""

    collect: Collect
    is_slow: bool
    kept: list[Metric] = field(default_factory=list)
    kept_until: float = 0.0  # of the monotonic clock
    lock: threading.Lock = field(default_factory=threading.Lock)

    def figures(self) -> list[Metric]:
        """One reader at a time: scrapes that coincide cost one."""
        with self.lock:
            if time.monotonic() >= self.kept_until:
                self.kept = list(self.collect())
                kept_for = settings.METRICS_SLOW_CACHE_SECONDS if self.is_slow else settings.METRICS_CACHE_SECONDS
                self.kept_until = time.monotonic() + kept_for
            return self.kept


_SOURCES: dict[str, _Source] = {}


def register(name: str, collect: Collect, *, is_slow: bool = False) -> None:
    """`collect` returns metric families, in a number of statements that does not depend on the number of rows."""
    _SOURCES[name] = _Source(collect, is_slow)


class _House(Collector):
    def collect(self) -> Iterator[Metric]:
        told = []
        for name, source in _SOURCES.items():
            try:
                yield from source.figures()
                told.append(((name,), 1.0))
            except Exception:  # the other rooms are told of all the same; an alert rule watches this one's mark
                log.exception("metrics of %s cannot be read", name)
                told.append(((name,), 0.0))
        yield gauge("countersign_collector_success", "1 when this part could be read.", told, "collector")


_registry = CollectorRegistry(auto_describe=False)
_registry.register(_House())


def exposition(accept: str = "") -> tuple[bytes, str]:
    """Everything as text, and its content type: OpenMetrics for whoever asks for that."""
    encode, content_type = choose_encoder(accept)
    return encode(_registry), content_type


def gauge(
    name: str, says: str, rows: float | datetime | None | Iterable[tuple[Sequence[str], float | datetime | None]],
    *labels: str,
) -> GaugeMetricFamily:  # fmt: skip
    """One figure, or one for each row of label values. A moment becomes seconds since 1970; None is left out."""
    family = GaugeMetricFamily(name, says, labels=labels)
    listed = [((), rows)] if rows is None or isinstance(rows, int | float | datetime) else rows
    for values, figure in listed:
        if figure is not None:
            family.add_metric(values, figure.timestamp() if isinstance(figure, datetime) else float(figure))
    return family


def by_label(figures: Mapping[str, float]) -> list[tuple[tuple[str], float]]:
    return [((label,), figure) for label, figure in figures.items()]


def house() -> Iterator[Metric]:
    yield gauge("countersign_tick_timestamp_seconds", "When the worker last ended a tick.", ticked_at())
    counted = dict(
        Alert.objects.filter(resolved_at=None).order_by().values_list("severity").annotate(number=Count("pk"))
    )
    told = {severity: counted.get(severity, 0) for severity in Alert.Severity.values}
    yield gauge("countersign_alerts_open", "Alerts nobody has dealt with.", by_label(told), "severity")
    waiting = ProposedAction.objects.filter(status=ProposedAction.Status.PENDING).order_by()
    types = list(waiting.values_list("action_type").annotate(number=Count("pk"), oldest=Min("proposed_at")))
    yield gauge(
        "countersign_approvals_waiting",
        "Proposed actions that wait for a decision.",
        [((kind,), number) for kind, number, _ in types],
        "action_type",
    )
    yield gauge(
        "countersign_approvals_oldest_timestamp_seconds",
        "When the action that has waited longest was proposed.",
        min((oldest for _, _, oldest in types), default=None),
    )


register("house", house)
