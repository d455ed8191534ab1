"""What a report says is still open between Excel and the system, and what it asks for."""

from datetime import date

import pytest

from approvals.clock import at, now
from inventory.day_end.discrepancies import discrepancies
from inventory.day_end.reporting import make_report
from tests import factories as make
from tests.day_end.conftest import local
from tests.day_end.finding import found, synced

pytestmark = pytest.mark.django_db


@pytest.fixture
def tag(shop):
    return shop.keeps("TBALTAG0363N", 250, description="Tag")


def told(shop):
    return [(row.item_code, row.in_excel, row.here, row.action) for row in discrepancies(shop.location)]


def test_the_documents_sentence(shop, tag):
    found(synced(shop.location), tag, "review", 300, 250)
    assert told(shop) == [
        ("TBALTAG0363N", "300", "250", "Excel says 300, the system 250. Please verify the physical stock."),
    ]


@pytest.mark.parametrize(
    ("kind", "counted", "expected", "more", "action"),
    [
        (
            "alert", 900, 250, {},
            "Excel says 900, the system 250. Please verify the physical stock. Nothing changes until it is approved.",
        ),
        (
            "missing_there", None, 250, {},
            "Excel does not have it, the system says 250. Please add its row, or say why it is gone.",
        ),
        (
            "missing_here", 40, None, {},
            "Excel says 40, the system does not have it here. Please verify the item code.",
        ),
        (
            "auto_adjust", 230, 250, {"is_flagged": True},
            "The system was set from 250 to Excel’s 230 by itself. Please look at it and mark it reviewed.",
        ),
    ],
)  # fmt: skip
def test_each_kind_asks_for_its_action(shop, tag, kind, counted, expected, more, action):
    found(synced(shop.location), tag, kind, counted, expected, **more)
    assert [row[3] for row in told(shop)] == [action]


@pytest.mark.parametrize("kind", ["match", "auto_adjust", "new_item", "not_stated", "not_authority"])
def test_what_is_settled_is_not_told(shop, tag, kind):
    found(synced(shop.location), tag, kind, 250, 250)
    assert told(shop) == []


def test_a_decided_proposal_is_not_told(shop, tag):
    line = found(synced(shop.location), tag, "review", 300, 250)
    decided = {"status": "approved", "decided_by": make.approver(), "decided_at": now(), "decided_via": "test"}
    type(line.proposed_action).objects.update(**decided)
    assert told(shop) == []


def test_what_was_reviewed_is_not_told(shop, tag):
    by = make.approver()
    found(synced(shop.location), tag, "auto_adjust", 1, 2, is_flagged=True, reviewed_by=by, reviewed_at=now())
    assert told(shop) == []


def test_the_last_workbook_counts_and_an_undecided_proposal_of_any(shop, tag):
    other = shop.keeps("OTHER", 5)
    first = synced(shop.location)
    found(first, tag, "missing_there", None, 250)
    found(first, other, "review", 30, 5)
    found(synced(shop.location), tag, "match", 250, 250)
    assert [row[0] for row in told(shop)] == ["OTHER"]


def test_looking_at_one_item_again_hides_the_others_not(shop, tag):
    other = shop.keeps("OTHER", 5)
    morning = synced(shop.location)
    found(morning, tag, "missing_there", None, 250)
    found(morning, other, "missing_there", None, 5)
    found(synced(shop.location, "answer"), tag, "match", 250, 250)
    assert [row[0] for row in told(shop)] == ["OTHER"]


def test_another_place_has_its_own(shop, tag):
    found(synced(make.zone("B", "EAST").location), tag, "review", 300, 250)
    assert told(shop) == []


def test_a_report_keeps_them_as_they_were(shop, tag):
    line = found(synced(shop.location), tag, "review", 300, 250)
    with at(local(11, 23, 17)):
        report = make_report(business_date=date(2026, 11, 23), location=shop.location)
    line.classification = "match"
    line.save()
    report.refresh_from_db()
    assert [row["action"] for row in report.discrepancies] == [
        "Excel says 300, the system 250. Please verify the physical stock."
    ]
