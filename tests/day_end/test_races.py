"""Two processes at once make one report, with one mail."""

from datetime import date

import pytest

from approvals.models import AuditEntry, ProposedAction
from inventory.day_end.reporting import make_report
from inventory.models import DayEndReport
from tests import factories as make
from tests.day_end.conftest import Shop, local
from tests.racing import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def test_two_at_once_make_one_report_and_one_mail():
    shop = Shop()
    shop.sells(local(11, 20, 9), (shop.keeps("L", 100), 10))
    by = make.approver()

    def report():
        return make_report(business_date=date(2026, 11, 20), location=shop.location, by=by)

    ends = at_once(*[report] * 4)
    assert {end.pk for end in ends} == {DayEndReport.objects.get().pk}
    assert {end.email_id for end in ends} == {ProposedAction.objects.get().pk}
    assert AuditEntry.objects.filter(verb="day_end.reported").count() == 1
