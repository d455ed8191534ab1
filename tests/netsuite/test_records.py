"""The adjustment as NetSuite gets it."""

import json
from datetime import date
from decimal import Decimal

import pytest

from netsuite.records import (
    AdjustmentLine,
    Reference,
    inventory_adjustment,
    line_count,
    payload_hash,
    quantity_sum,
    stock_keys,
)

MAIN = Reference("MAIN")


def adjustment(*lines: AdjustmentLine, location: Reference = MAIN, account_id: str = "", subsidiary_id: str = ""):
    return inventory_adjustment(
        tran_date=date(2026, 11, 21),
        memo="Cycle count",
        account_id=account_id,
        subsidiary_id=subsidiary_id,
        location=location,
        lines=lines,
    )


def test_the_shape_of_the_contract():
    record = adjustment(
        AdjustmentLine(Reference("000123"), Decimal("-3"), Decimal("12.5"), memo="timing"),
        AdjustmentLine(Reference("000124", internal_id="101"), Decimal("2.5"), Decimal("12.5")),
        location=Reference("MAIN", internal_id="5"),
        account_id="58",
        subsidiary_id="1",
    )
    assert record == {
        "tranDate": "2026-11-21",
        "memo": "Cycle count",
        "account": {"id": "58"},
        "subsidiary": {"id": "1"},
        "adjLocation": {"id": "5"},
        "lines": [
            {
                "item": {"itemid": "000123"},
                "location": {"id": "5"},
                "adjustQtyBy": "-3.000",
                "memo": "timing",
            },
            {
                "item": {"id": "101"},
                "location": {"id": "5"},
                "adjustQtyBy": "2.500",
                "unitCost": "12.5000",
                "memo": "",
            },
        ],
    }


def test_unset_account_and_subsidiary_are_null():
    record = adjustment(AdjustmentLine(Reference("A"), Decimal(1)))
    assert record["account"] is None
    assert record["subsidiary"] is None
    assert record["adjLocation"] == {"name": "MAIN"}
    assert "unitCost" not in record["lines"][0]


def test_lines_that_change_nothing_are_left_out():
    record = adjustment(AdjustmentLine(Reference("A"), Decimal(0)), AdjustmentLine(Reference("B"), Decimal("0.125")))
    assert line_count(record) == 1
    with pytest.raises(ValueError, match="at least one line"):
        adjustment(AdjustmentLine(Reference("A"), Decimal("0.000")))


def test_a_quantity_is_never_rounded():
    with pytest.raises(ValueError, match="B7: quantity 0.0001"):
        adjustment(AdjustmentLine(Reference("B7"), Decimal("0.0001")))


def test_costs_round_half_up_to_four_places():
    record = adjustment(AdjustmentLine(Reference("A"), Decimal(1), Decimal("0.12345")))
    assert record["lines"][0]["unitCost"] == "0.1235"


def test_large_quantities_keep_every_digit_and_no_exponent():
    record = adjustment(
        AdjustmentLine(Reference("A"), Decimal("1E+6")), AdjustmentLine(Reference("B"), Decimal("-.001"))
    )
    assert [line["adjustQtyBy"] for line in record["lines"]] == ["1000000.000", "-0.001"]
    assert quantity_sum(record) == Decimal("999999.999")


def test_the_hash_is_of_the_canonical_content():
    record = adjustment(AdjustmentLine(Reference("Ä-1"), Decimal(1)))
    shuffled = json.loads(json.dumps(dict(reversed(record.items()))))
    first = payload_hash(record_type="inventoryadjustment", external_id="CS-IA-1", record=record)
    assert first == payload_hash(record_type="inventoryadjustment", external_id="CS-IA-1", record=shuffled)
    assert first != payload_hash(record_type="inventoryadjustment", external_id="CS-IA-2", record=record)
    assert payload_hash(record_type="t", external_id="X", record={"a": "ä"}) == (
        "c81496341d637845627b6b0cae680d826b9668dfe8a87da931b7cadfc94cf442"
    )


def test_stock_keys_tell_which_pushes_must_keep_their_order():
    here = stock_keys(
        adjustment(AdjustmentLine(Reference("A1"), Decimal(1)), AdjustmentLine(Reference("B"), Decimal(1)))
    )
    there = stock_keys(adjustment(AdjustmentLine(Reference("A1"), Decimal(1)), location=Reference("EAST")))
    same = stock_keys(adjustment(AdjustmentLine(Reference("a1"), Decimal(-1))))
    assert here & same
    assert not here & there
