"""The three delayed checks look at their own run's rows, when they are due, once."""

from datetime import timedelta

import pytest
from django.db import connection

from approvals.models import Alert, VerifyCheck
from approvals.ticking import tick
from inventory.models import Balance
from netsuite.models import Push
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def posted(db):
    sheet, what, home = make.disputed_count()
    make.approve(make.envelope_of(sheet), make.approver())
    return sheet, what


@pytest.fixture
def after(settings):
    def tick_after(minutes):
        settings.CLOCK_OFFSET_SECONDS = timedelta(minutes=minutes).total_seconds()
        return tick().checks_run

    return tick_after


def statuses(sheet):
    return dict(make.run_of(sheet).verify_checks.values_list("name", "status"))


def test_each_is_executed_when_due_and_once(posted, after):
    sheet, _ = posted
    assert [after(minutes) for minutes in (4, 6, 6, 61, 121, 300)] == [0, 1, 0, 1, 1, 0]
    assert set(statuses(sheet).values()) == {"passed"}
    found = dict(VerifyCheck.objects.values_list("name", "actual"))
    assert found["counts_logged"] == "n = 1"
    assert found["adjustments_pushed"] == "n = 1, staged_count = 1, confirmed by NetSuite = 0"
    assert not Alert.objects.exists()


def test_lost_count_lines_are_alerted(posted, after):
    sheet, _ = posted
    with connection.cursor() as cursor:
        cursor.execute("UPDATE inventory_countline SET counted = NULL")
    after(6)
    assert statuses(sheet)["counts_logged"] == "failed"
    assert "Expected n > 0; found n = 0" in Alert.objects.get().message


@pytest.mark.parametrize("status", ["needs_human", "cancelled"])
def test_a_push_that_will_not_arrive_is_alerted(posted, after, status):
    sheet, _ = posted
    Push.objects.update(status=status)
    after(61)
    assert statuses(sheet)["adjustments_pushed"] == "failed"
    assert "n = 0, staged_count = 1" in Alert.objects.get().message


def test_a_balance_that_was_not_dated_is_alerted(posted, after):
    sheet, what = posted
    Balance.objects.filter(item=what).update(last_counted_at=sheet.counted_at - timedelta(seconds=1))
    after(121)
    assert statuses(sheet)["d1_balances_updated"] == "failed"


def test_another_run_does_not_stand_in_for_this_one(posted, after):
    sheet, _ = posted
    Push.objects.update(status="cancelled")
    other, _, _ = make.disputed_count()
    make.approve(make.envelope_of(other), make.approver())
    after(61)
    assert statuses(sheet)["adjustments_pushed"] == "failed"
    assert statuses(other)["adjustments_pushed"] == "passed"


def test_what_still_waits_for_its_approver_is_not_missing(after):
    sheet, _, _ = make.disputed_count()
    after(121)
    assert set(statuses(sheet).values()) == {"passed"}
