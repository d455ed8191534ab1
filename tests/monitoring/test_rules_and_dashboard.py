"""The rules and the dashboard that are handed out: each names only what /metrics exports, and says what to do."""

import json
import re
from pathlib import Path
from typing import Any

import promql_parser as promql
import pytest
import yaml
from django.test import Client
from django.urls import resolve

from approvals.clock import now
from approvals.models import Event, TickMark
from approvals.outbox.positions import assign_positions
from approvals.outbox.subscriptions import create_subscription
from inventory.models import MirrorMark
from netsuite.models import DrainLease
from tests import factories as make
from tests.excel.workbooks_made import kept, sync
from tests.netsuite.stage import enqueue
from tests.wms.sending import Wms, by_wms

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "monitoring"
GROUPS = yaml.safe_load((FOLDER / "rules.yml").read_text(encoding="utf-8"))["groups"]
RULES = [rule for group in GROUPS for rule in group["rules"]]
DASHBOARD = json.loads((FOLDER / "dashboard.json").read_text(encoding="utf-8"))
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
SUFFIXES = re.compile(r"_(bucket|sum|count)$")


class Names(set[tuple[str | None, str]]):
    """(metric, label) of every label an expression selects or groups by; (metric, "") for the metric itself."""

    def visit(self, node: Any) -> bool:
        if isinstance(node, promql.VectorSelector):
            self.add((node.name, ""))
            self |= {(node.name, matcher.name) for matcher in node.matchers.matchers}
        return True


def names_in(expression: str) -> Names:
    found = Names()
    promql.walk(promql.parse(expression.replace("$__rate_interval", "5m")), found.visit)
    return found


def expressions() -> list[str]:
    return [rule["expr"] for rule in RULES] + [target["expr"] for panel in PANELS for target in panel["targets"]]


@pytest.fixture
def full_house(db: Any) -> None:
    """A house in which everything that can be told of has happened once."""
    home, west = make.zone("A"), make.zone("B", "WEST")
    make.ballast(west)
    what, fed = kept(3, home=west, cost=1), make.stock(5, home=home)
    sync([(what, 3)], home=west)
    wms = Wms(home, "main")
    by_wms(home, fed)
    wms.send(wms.update(1, fed, 6))
    create_subscription(name="reader", url="https://example.com/x", event_names=["a"], by=make.user("", superuser=True))
    Event.objects.create(name="a", subject="s")
    assign_positions()
    TickMark.ticked()
    enqueue("CS-IA-1")
    DrainLease.objects.update_or_create(name="netsuite", defaults={"last_drained_at": now()})
    MirrorMark.objects.update_or_create(pk=1, defaults={"succeeded_at": now()})
    make.count(home, [(make.stock(1000, home=home), 1)])


def test_every_metric_named_is_exported_and_every_label_is_its_own(full_house, scrape):
    seen = scrape()
    exported = {(name, "") for name in seen.names()}
    exported |= {(name, label) for name, labels in seen.samples for label, _ in labels}
    for expression in expressions():
        assert names_in(expression) <= exported, expression


def test_every_metric_is_worth_a_panel(full_house, scrape):
    shown = {SUFFIXES.sub("", name) for expression in expressions() for name, _ in names_in(expression)}
    assert {SUFFIXES.sub("", name) for name in scrape().names()} <= shown


@pytest.mark.parametrize("rule", RULES, ids=[rule["alert"] for rule in RULES])
def test_a_rule_says_how_bad_it_is_and_what_to_do(rule):
    assert rule["labels"]["severity"] in {"page", "warning"}
    told = rule["annotations"]
    assert told["summary"].endswith(".")
    assert told["description"].endswith(".")
    assert len(told["description"]) > 40
    page = told["link"].removeprefix("{{ $externalLabels.countersign_url }}")
    assert page.startswith("/admin/")
    assert resolve(page.split("?")[0])


@pytest.mark.django_db
@pytest.mark.parametrize("rule", RULES, ids=[rule["alert"] for rule in RULES])
def test_the_page_a_rule_leads_to_opens(rule):
    browser = Client()
    person = make.user("", superuser=True)
    person.is_staff = True
    person.save()
    browser.force_login(person)
    page = rule["annotations"]["link"].removeprefix("{{ $externalLabels.countersign_url }}")
    assert browser.get(page).status_code == 200


def test_the_rules_that_were_asked_for_are_there():
    said = {rule["alert"]: (" ".join(rule["expr"].split()), rule.get("for", ""), rule["labels"]) for rule in RULES}
    assert said["WmsFeedStale"][0].endswith("> 300")
    assert said["WmsFeedStale"][1] == "10m"
    assert said["WmsUpdatesFail"][0].endswith("> 0.01")
    assert said["WmsUpdatesFail"][1] == "10m"
    assert said["StockDiscrepancies"][0] == "inventory_discrepancy_ratio > 0.005"
    assert said["StockOversold"][2]["severity"] == "page"
    assert "1800" in said["ExcelSyncMissing"][0]


@pytest.mark.parametrize("panel", PANELS, ids=[panel["title"] for panel in PANELS])
def test_a_panel_has_a_unit_words_and_the_chosen_data_source(panel):
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert panel["description"].endswith(".")
    assert panel["datasource"]["uid"] == "${datasource}"
    assert panel["targets"]
    assert all(target["legendFormat"] for target in panel["targets"])


def test_the_dashboard_lets_one_choose_the_data_source_and_panels_do_not_overlap():
    assert [(v["name"], v["type"], v["query"]) for v in DASHBOARD["templating"]["list"]] == [
        ("datasource", "datasource", "prometheus")
    ]
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24
        taken |= cells
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
