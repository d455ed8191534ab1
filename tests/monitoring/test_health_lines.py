"""The health page has a line, with the age of its last success, for each thing that must go on happening."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from approvals import clock
from approvals.clock import now
from approvals.models import EditToken, Event, TickMark
from approvals.outbox.delivering import deliver
from approvals.outbox.subscriptions import create_subscription
from inventory.models import MirrorMark
from netsuite.models import DrainLease
from tests import factories as make
from tests.receivers import Receiver
from tests.wms.sending import Wms, fed_stock

pytestmark = pytest.mark.django_db(transaction=True)
AGES = {
    "worker": "last_tick_age_seconds",
    "netsuite_queue": "last_drain_age_seconds",
    "netsuite_mirror": "last_mirror_age_seconds",
    "events_out": "last_delivered_age_seconds",
}


def health(after: timedelta = timedelta()) -> tuple[int, Any]:
    _, token = EditToken.issue(user=make.user("", "integrator"), label="monitoring")
    with clock.at(now() + after):
        answer = Client().get("/health", headers={"X-Edit-Token": token})
    return answer.status_code, answer.json()


def test_the_age_of_each_last_success_is_told():
    home = make.zone()
    wms, what = Wms(home, "main"), fed_stock(5, home=home)
    wms.send(wms.update(1, what, 6))
    receiver = Receiver().start()
    create_subscription(name="reader", url=receiver.url, event_names=["a"], by=make.user("", superuser=True))
    Event.objects.create(name="a", subject="s")
    deliver()
    receiver.stop()
    TickMark.ticked()
    DrainLease.objects.update_or_create(name="netsuite", defaults={"last_drained_at": now()})
    MirrorMark.objects.update_or_create(pk=1, defaults={"succeeded_at": now()})
    status, told = health(timedelta(seconds=100))
    assert status == 200, told["problems"]
    for line, figure in AGES.items():
        assert told["lines"][line][figure] == pytest.approx(100, abs=5), line
    assert told["lines"]["wms_feed"]["last_message_age_seconds"]["main"] == pytest.approx(100, abs=5)


def test_a_wms_that_fell_silent_is_a_problem_and_one_that_never_spoke_is_none():
    home = make.zone()
    wms, what = Wms(home, "main"), fed_stock(5, home=home)
    Wms(make.zone("B", "WEST"), "new")
    TickMark.ticked()
    assert health()[0] == 200
    wms.send(wms.update(1, what, 6))
    status, told = health(timedelta(minutes=16))
    assert status == 503
    line = told["lines"]["wms_feed"]
    assert line["silent"] == ["main"]
    assert "Check that main reaches us" in line["problem"]
    wms.client.is_enabled = False
    wms.client.save()
    assert "main" not in health(timedelta(minutes=16))[1]["lines"]["wms_feed"]["last_message_age_seconds"]
