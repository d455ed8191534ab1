"""The contract of each schema version: these texts are what a WMS sends, and must go on meaning the same."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from inventory.models import WmsUpdate
from inventory.wms.bodies import map_updates, read_body
from inventory.wms.schemas import SCHEMAS, NewUpdate, Unmappable

VERSION_1 = """{"wms_id": "main", "sequence": 41, "sku": "00417", "quantity": 12.5, "status": "available",
    "received_at": "2026-11-02T07:30:00Z"}"""
VERSION_2 = """{"seq": 41, "item": {"code": "00417"}, "quantities": {"on_hand": 12.5},
    "observed_at": "2026-11-02T09:30:00+02:00"}"""
MEANT = NewUpdate(41, "00417", Decimal("12.5"), "available", datetime(2026, 11, 2, 7, 30, tzinfo=UTC))
VERSIONS = {"1": VERSION_1, "2": VERSION_2}


@pytest.mark.parametrize("version", VERSIONS)
def test_both_versions_mean_the_same(version):
    assert SCHEMAS[version].read(json.loads(VERSIONS[version]), "main") == MEANT


def test_each_version_has_its_contract_here():
    assert set(VERSIONS) == set(SCHEMAS)


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_added_later_does_no_harm(version):
    assert SCHEMAS[version].read(json.loads(VERSIONS[version]) | {"lot": "A", "x": [1]}, "main") == MEANT


@pytest.mark.parametrize("version", VERSIONS)
def test_a_field_that_is_missing_is_named(version):
    for name in json.loads(VERSIONS[version]):
        raw = json.loads(VERSIONS[version])
        del raw[name]
        with pytest.raises(Unmappable, match=name) as problem:
            SCHEMAS[version].read(raw, "main")
        assert problem.value.reason in {"unreadable", "wrong_client"}


WRONG = [
    ("quantity", True, "unreadable"), ("quantity", "1e3", "unreadable"), ("quantity", "", "unreadable"),
    ("quantity", "１２", "unreadable"), ("quantity", -0.5, "negative"), ("quantity", "-3", "negative"),
    ("quantity", 0.0005, "not_whole"), ("quantity", 10**11, "too_large"), ("quantity", 1e300, "too_large"),
    ("sequence", -1, "unreadable"), ("sequence", 2**63, "unreadable"), ("sequence", 1.0, "unreadable"),
    ("sequence", True, "unreadable"), ("sku", "", "unreadable"), ("sku", 417, "unreadable"),
    ("sku", "x" * 61, "unknown_sku"),
    ("status", "damaged", "not_sellable"), ("wms_id", "other", "wrong_client"),
    ("received_at", "2026-11-02T07:30:00", "unreadable"), ("received_at", "yesterday", "unreadable"),
    ("received_at", 1793600000, "unreadable"), ("received_at", "0001-01-01T00:00:00+14:00", "unreadable"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value", "reason"), WRONG)
def test_what_cannot_be_meant_is_refused_with_a_sentence(name, value, reason):
    with pytest.raises(Unmappable) as problem:
        SCHEMAS["1"].read(json.loads(VERSION_1) | {name: value}, "main")
    assert problem.value.reason == reason
    assert str(problem.value).endswith(".")


@pytest.mark.parametrize(("value", "meant"), [(0, "0"), ("7", "7"), (-0.0, "0"), (0.125, "0.125"), ("2.500", "2.5")])
def test_quantities_are_exact(value, meant):
    assert SCHEMAS["1"].read(json.loads(VERSION_1) | {"quantity": value}, "main").quantity == Decimal(meant)


def test_an_unknown_version_quarantines_every_update():
    body = map_updates("3", [json.loads(VERSION_1), {}], "main")
    assert [(read.update, read.reason) for read in body.updates] == [(None, "unknown_schema")] * 2
    assert "Send one of: 1, 2." in body.updates[0].why


def test_the_order_of_keys_makes_no_other_payload():
    one = map_updates(1, [{"a": 1, "b": 2}], "main").updates[0]
    other = map_updates(1, [{"b": 2, "a": 1}], "main").updates[0]
    assert one.payload_hash == other.payload_hash


ANYTHING = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats(allow_nan=False, allow_infinity=False) | some.text(),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@given(some.sampled_from(["1", "2"]), some.data())
def test_whatever_is_sent_is_read_or_has_a_reason(version, data):
    raw: Any = json.loads(VERSIONS[version])
    raw |= {data.draw(some.sampled_from(sorted(raw))): data.draw(ANYTHING)}
    read = read_body(json.dumps({"schema_version": version, "updates": [raw]}).encode(), "main").updates[0]
    if read.update is None:
        assert read.reason in WmsUpdate.Reason.values
        assert read.why.endswith((".", "…", "”"))
        assert len(read.why) <= 300
    assert len(read.sku) <= 100
