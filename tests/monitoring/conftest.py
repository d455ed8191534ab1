"""/metrics as a scraper reads it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from approvals import metrics

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


class Scrape:
    """Every sample by its name and labels."""

    def __init__(self, text: str) -> None:
        self.families = list(text_string_to_metric_families(text))
        self.samples: Samples = {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in self.families
            for sample in family.samples
        }

    def __call__(self, name: str, **labels: str) -> float | None:
        return self.samples.get((name, tuple(sorted(labels.items()))))

    def names(self) -> set[str]:
        return {name for name, _ in self.samples}

    def labels(self) -> set[str]:
        return {label for _, labels in self.samples for label, _ in labels}


@pytest.fixture(autouse=True)
def scraper(settings: LazySettings) -> None:
    settings.METRICS_TOKEN = "scraper"
    settings.METRICS_CACHE_SECONDS = settings.METRICS_SLOW_CACHE_SECONDS = 0
    for source in metrics._SOURCES.values():
        source.kept_until = 0


@pytest.fixture
def scrape(db: Any) -> Callable[[], Scrape]:
    def scrape() -> Scrape:
        answer = Client().get("/metrics", headers={"Authorization": "Bearer scraper"})
        assert answer.status_code == 200, answer.content
        return Scrape(answer.content.decode())

    return scrape
