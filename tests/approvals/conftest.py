"""What the gate's tests share."""

from datetime import timedelta
from typing import Any

import pytest

from approvals.alerts import raise_alert
from approvals.clock import now
from approvals.models import Delivery, Event, OutboundEmail, ScheduledSlot, Subscription
from inventory.checking.check import check_stock
from inventory.models import AssemblyComponent, Parity
from tests import factories as make
from tests.inventory.workbook_lines import kept_in_excel


@pytest.fixture
def later(settings):
    def move(**time):
        settings.CLOCK_OFFSET_SECONDS += timedelta(**time).total_seconds()

    return move


@pytest.fixture
def house(db: None) -> Any:
    """A row of nearly everything: a disputed count, decided, with its run, push, journal and mail draft."""
    sheet, what, home = make.disputed_count()
    approver = make.approver("walker-approver")
    make.approve(make.envelope_of(sheet), approver)
    kit = make.item("KIT-1")
    AssemblyComponent.objects.create(assembly=kit, component=what, quantity=2)
    raise_alert(key="walk", severity="warning", message="Look at this.")
    ScheduledSlot.objects.create(schedule="inventory_reconciliation", slot_at=now() - timedelta(days=1))
    draft = make.run_of(sheet).proposed_actions.get(action_type="propose_email_to_customer")
    OutboundEmail.objects.create(action=draft, template="t", recipient="a@example.com", subject="s", body="b")
    make.disputed_count()
    Parity.objects.create(item=what, location=home.location, our_quantity=184, difference=184, state="missing_there")
    kept_in_excel(what, home)
    check_stock(item=what, location=home.location, by=None)
    reader = Subscription.objects.create(name="reader", state="paused", event_names=["*"])
    event = Event.objects.create(name="a", subject="s", position=1)
    Delivery.objects.create(subscription=reader, event=event, position=1, subject="s")
    return home
