"""docs/monitoring.md names what there is."""

import re
from pathlib import Path

import pytest
from django.conf import settings

DOCS = Path(__file__).resolve().parents[2] / "docs"
GUIDE = (DOCS / "monitoring.md").read_text(encoding="utf-8")


@pytest.mark.django_db
def test_every_metric_it_names_is_exported(scrape):
    families = {family.name for family in scrape().families} | {"inventory_sync_updates_total"}
    named = set(re.findall(r"`((?:inventory|excel|countersign)_[a-z_]+)", GUIDE)) - {"countersign_url"}
    assert len(named) >= 18
    assert named <= families


@pytest.mark.parametrize(
    "name", ["METRICS_TOKEN", "METRICS_CACHE_SECONDS", "LOG_EACH_UPDATE", "OTEL_EXPORTER_OTLP_ENDPOINT"]
)
def test_its_settings_are_settings(name):
    assert hasattr(settings, name)
    assert name in (DOCS / "deployment.md").read_text(encoding="utf-8")
