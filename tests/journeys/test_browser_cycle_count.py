"""The main job as two people do it: a walk-sheet in, decisions, a record in NetSuite, exactly once."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from netsuite.simulator.running import Running
from tests.journeys.breakfast_zone import COUNTED, EXPECTED, breakfast_zone, walk_sheet
from tests.journeys.browsing import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]
ENVELOPE = re.compile("^Count of MAIN / A")


def test_from_the_walk_sheet_to_netsuite(
    sign_in: Callable[..., Visitor], drain: Callable[[], None], simulator: Running, tmp_path: Path
) -> None:
    breakfast_zone()
    counter = sign_in("carla")
    uploads_and_confirms(counter, walk_sheet(tmp_path))
    approver = sign_in("mike")
    envelope = opens_the_envelope(approver)
    rejects_only_with_a_reason(approver)
    asks_for_a_recount(approver)
    approves_the_rest(approver)

    drain()
    is_confirmed(approver, "INVADJ", times=1)
    held = simulator.control.transactions()
    assert [lines_of(record) for record in held] == [{"000123": "42.000", "000600": "-13.250"}]

    enters_the_recount(counter)
    decides_the_recount(approver, envelope)
    drain()
    is_confirmed(approver, "INVADJ", times=2)
    tells_the_whole_story(approver)
    held = simulator.control.transactions()
    assert [lines_of(record) for record in held] == [{"000300": "-7.000"}, {"000123": "42.000", "000600": "-13.250"}]
    assert not simulator.control.duplicates()["external_ids"]
    assert not simulator.control.duplicates()["committed_by_two_requests"]


def lines_of(record: dict) -> dict[str, str]:
    return {line["item"]: line["quantity"] for line in record["lines"]}
