"""Sales that the workbook has to be told of: waiting, entered, not entered after all, proved."""

from typing import Any

import pytest

from approvals import audit
from approvals.models import AuditEntry
from approvals.refusals import Refused
from inventory.models import ExcelSync, ExcelUpdate
from inventory.orders.closing import fulfil_order
from inventory.orders.excel_updates import mark_entered, unmark_entered
from tests import factories as make
from tests.orders import selling

pytestmark = pytest.mark.django_db


@pytest.fixture
def updates() -> Any:
    """Three sales that wait to be entered."""
    home = make.zone()
    what = make.stock(10, home=home)
    selling.by_excel(home, what)
    for _ in range(3):
        fulfil_order(order=selling.place(home, (what, 1)).order, by=None)
    return ExcelUpdate.objects.order_by("pk")


def statuses() -> list[str]:
    return list(ExcelUpdate.objects.order_by("pk").values_list("status", flat=True))


def prove(update: ExcelUpdate) -> None:
    sync = ExcelSync.objects.create(location=update.location, source="upload", as_of=update.sold_at)
    ExcelUpdate.objects.filter(pk=update.pk).update(status="proved", proved_by=sync)


def test_what_staff_entered_is_marked_once_with_who_and_when(updates):
    by = make.user("eve")
    chosen = [update.pk for update in updates[:2]]
    assert mark_entered(chosen, by=by) == 2
    assert mark_entered(chosen, by=make.user()) == 0
    assert statuses() == ["entered", "entered", "pending"]
    assert updates[0].entered_by == by
    assert updates[0].entered_at
    entry = AuditEntry.objects.get(verb="excel_update.entered")
    assert (entry.actor, entry.details) == (by, {"updates": chosen})
    assert audit.first_bad_entry() is None


def test_not_entered_after_all_waits_again(updates):
    by = make.user()
    everything = [update.pk for update in updates]
    mark_entered(everything[:2], by=by)
    assert unmark_entered(everything, by=by) == 2
    assert statuses() == ["pending"] * 3
    assert updates[0].entered_by is None
    assert AuditEntry.objects.filter(verb="excel_update.not_entered").count() == 1


def test_what_a_workbook_proved_stays_proved(updates):
    by = make.user()
    everything = [update.pk for update in updates]
    mark_entered(everything, by=by)
    prove(updates[0])
    with pytest.raises(Refused, match="1 of these sales were found in a workbook already"):
        unmark_entered(everything, by=by)
    assert mark_entered(everything, by=by) == 0
    assert statuses() == ["proved", "entered", "entered"]
