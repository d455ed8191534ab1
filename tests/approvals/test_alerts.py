"""Alerts: a storm is one line that counts."""

import pytest

from approvals.alerts import raise_alert, resolve_alert
from approvals.models import Alert
from tests import factories as make

pytestmark = pytest.mark.django_db


def test_one_open_alert_for_each_key():
    for n in range(5):
        raise_alert(key="disk", severity="warning", message=f"{n} GB left")
    raise_alert(key="clock", severity="info", message="Late")
    alert = Alert.objects.get(key="disk")
    assert (alert.times_raised, alert.message) == (5, "4 GB left")
    assert alert.last_raised_at > alert.raised_at
    assert Alert.objects.count() == 2


def test_it_can_get_worse():
    raise_alert(key="disk", severity="warning", message="Nearly full")
    raise_alert(key="disk", severity="critical", message="Full", link="/admin/")
    alert = Alert.objects.get()
    assert (alert.severity, alert.link) == ("critical", "/admin/")


def test_a_resolved_alert_stays_and_a_new_one_opens():
    by = make.user()
    raise_alert(key="disk", severity="warning", message="Full")
    resolve_alert(key="disk", by=by)
    raise_alert(key="disk", severity="warning", message="Full again")
    assert list(Alert.objects.order_by("pk").values_list("times_raised", "resolved_by")) == [
        (1, by.pk), (1, None),
    ]  # fmt: skip


def test_resolving_what_is_not_open_does_nothing():
    resolve_alert(key="disk")
    assert not Alert.objects.exists()
